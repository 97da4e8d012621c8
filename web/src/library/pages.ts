// Lists that are read page by page until they are complete, and shown meanwhile.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError, Page } from '../api';
import { as_error } from '../load';

export const page_items = 200;

export interface Pages<T> {
  items: T[];
  is_complete: boolean;
  error: ApiError | null;
  reload: () => void;
  change: (change: (items: T[]) => T[]) => void;
}

/** Reads again when `key` changes; a reload keeps the old items on screen until it has as many. */
export function use_pages<T>(key: string, load: (query: { limit: number; cursor?: string }, options: { signal: AbortSignal }) => Promise<Page<T>>): Pages<T> {
  const [state, set_state] = useState<{ key: string; items: T[]; is_complete: boolean; error: ApiError | null }>({ key, items: [], is_complete: false, error: null });
  const [turn, set_turn] = useState(0);
  const current = useRef(load);
  current.current = load;
  // What was changed while the rest was still being read is done again on whatever arrives.
  const changes = useRef<((items: T[]) => T[])[]>([]);
  useEffect(() => {
    const stopper = new AbortController();
    const read = async () => {
      const items: T[] = [];
      changes.current = [];
      set_state((old) => (old.key === key ? { ...old, error: null } : { key, items: [], is_complete: false, error: null }));
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: Page<T> = await current.current({ limit: page_items, ...(cursor ? { cursor } : {}) }, { signal: stopper.signal });
        if (stopper.signal.aborted) return;
        items.push(...page.items);
        cursor = page.next_cursor;
        const shown = changes.current.reduce((all, change) => change(all), [...items]);
        const is_complete = cursor === null;
        set_state((old) => ({ key, items: is_complete || shown.length > old.items.length ? shown : old.items, is_complete, error: null }));
      }
    };
    read().catch((cause: unknown) => { if (!stopper.signal.aborted) set_state((old) => ({ ...old, error: as_error(cause) })); });
    return () => stopper.abort();
  }, [key, turn]);
  const reload = useCallback(() => set_turn((old) => old + 1), []);
  const change = useCallback((act: (items: T[]) => T[]) => {
    changes.current.push(act);
    set_state((old) => ({ ...old, items: act(old.items) }));
  }, []);
  const is_current = state.key === key;
  return { items: is_current ? state.items : [], is_complete: is_current && state.is_complete, error: is_current ? state.error : null, reload, change };
}
