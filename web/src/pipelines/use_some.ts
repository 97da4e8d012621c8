// A list that is longer than anybody looks at: its first page, and more when they are asked for.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError, Page } from '../api';
import { as_error } from '../load';

export interface Some<T> { items: T[]; is_loaded: boolean; has_more: boolean; is_loading: boolean; error: ApiError | null; more: () => void; reload: () => void }

/** Reads anew when `key` changes; a reload reads as many as there were. */
export function use_some<T>(key: string, page_items: number, load: (query: { limit: number; cursor?: string }) => Promise<Page<T>>): Some<T> {
  const [state, set_state] = useState<{ key: string; items: T[]; cursor: string | null; is_loaded: boolean }>({ key, items: [], cursor: null, is_loaded: false });
  const [error, set_error] = useState<ApiError | null>(null);
  const [is_loading, set_loading] = useState(false);
  const [turn, set_turn] = useState(0);
  const current = useRef({ load, state });
  current.current = { load, state };
  const is_current = state.key === key;
  useEffect(() => {
    let is_stale = false;
    const read = async () => {
      const { state: old, load: ask } = current.current;
      const wanted = old.key === key ? Math.max(page_items, old.items.length) : page_items;
      const items: T[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<T> = await ask({ limit: page_items, ...(cursor ? { cursor } : {}) });
        if (is_stale) return;
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor && items.length < wanted);
      set_state({ key, items, cursor, is_loaded: true });
      set_error(null);
    };
    read().catch((cause: unknown) => { if (!is_stale) set_error(as_error(cause)); });
    return () => { is_stale = true; };
  }, [key, turn, page_items]);
  const more = () => {
    if (!state.cursor || is_loading) return;
    set_loading(true);
    load({ limit: page_items, cursor: state.cursor }).then((page) => set_state((old) => (old.key === key && old.cursor === state.cursor ? { ...old, items: [...old.items, ...page.items], cursor: page.next_cursor } : old)), (cause: unknown) => set_error(as_error(cause))).finally(() => set_loading(false));
  };
  return { items: is_current ? state.items : [], is_loaded: is_current && state.is_loaded, has_more: is_current && state.cursor !== null, is_loading, error, more, reload: useCallback(() => set_turn((old) => old + 1), []) };
}
