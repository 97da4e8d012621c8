// One read of the API per screen part: its value, its error, and a way to ask again.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from './api';

export interface Loaded<T> {
  value: T | null;
  error: ApiError | null;
  is_loading: boolean;
  reload: () => void;
  set: (value: T) => void;
}

export function as_error(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError(0, 'internal', cause instanceof Error ? cause.message : String(cause));
}

/**
 * Loads when `key` changes; null loads nothing. A late answer to an older key is dropped; a reload keeps the old value on
 * screen, and with `keeps_old` so does another key, until its own value is here.
 */
export function use_load<T>(key: string | null, load: () => Promise<T>, { keeps_old = false } = {}): Loaded<T> {
  const [state, set_state] = useState<{ key: string | null; value: T | null; error: ApiError | null; is_loading: boolean }>({ key, value: null, error: null, is_loading: key !== null });
  const [turn, set_turn] = useState(0);
  const current = useRef(load);
  current.current = load;
  useEffect(() => {
    if (key === null) return;
    let is_stale = false;
    set_state((old) => (old.key === key ? { ...old, is_loading: true } : { key, value: keeps_old ? old.value : null, error: null, is_loading: true }));
    current.current().then(
      (value) => { if (!is_stale) set_state({ key, value, error: null, is_loading: false }); },
      (cause: unknown) => { if (!is_stale) set_state((old) => ({ ...old, error: as_error(cause), is_loading: false })); },
    );
    return () => { is_stale = true; };
  }, [key, turn]);
  const reload = useCallback(() => set_turn((old) => old + 1), []);
  const set = useCallback((value: T) => set_state((old) => ({ ...old, value })), []);
  const is_current = state.key === key;
  return { value: is_current || keeps_old ? state.value : null, error: is_current ? state.error : null, is_loading: is_current ? state.is_loading : key !== null, reload, set };
}
