// The chats that a filter lets through, read page by page as they are wanted.
import { useCallback, useEffect, useRef, useState } from 'react';
import { chats_ls, type ApiError, type Chat, type ListChats } from '../api';
import { as_error } from '../load';

export const page_chats = 50;
/** The most that one request answers. */
const page_chats_max = 200;

export type Filter = Pick<ListChats, 'status' | 'tag' | 'query'>;

export interface Chats {
  items: Chat[];
  is_loaded: boolean;
  is_loading: boolean;
  error: ApiError | null;
  /** Reads the next page; null when there is none. */
  more: (() => void) | null;
  reload: () => void;
  /** Shows what a chat has become, and takes it away when the filter keeps it out by now; null when it is gone. */
  put: (id: string, chat: Chat | null) => void;
}

/** Whether a chat that was listed is still let through; what has its words only the server knows. */
export const is_let_through = (chat: Chat, filter: Filter): boolean => chat.status === filter.status && (!filter.tag || chat.tags.includes(filter.tag));

interface State { key: string; items: Chat[]; cursor: string | null; is_loaded: boolean; is_loading: boolean; error: ApiError | null }

export function use_chats(filter: Filter): Chats {
  const key = JSON.stringify(filter);
  const [state, set_state] = useState<State>({ key, items: [], cursor: null, is_loaded: false, is_loading: true, error: null });
  const current = useRef({ key, filter, shown: 0 });
  current.current = { key, filter, shown: state.key === key ? state.items.length : 0 };

  const read = useCallback((cursor: string | null) => {
    const { key: wanted, filter: by, shown } = current.current;
    const limit = cursor ? page_chats : Math.min(page_chats_max, Math.max(page_chats, shown));
    set_state((old) => (old.key === wanted ? { ...old, is_loading: true, error: null } : { key: wanted, items: [], cursor: null, is_loaded: false, is_loading: true, error: null }));
    chats_ls({ ...by, limit, ...(cursor ? { cursor } : {}) }).then(
      (page) => set_state((old) => (current.current.key !== wanted ? old : { key: wanted, items: cursor ? [...old.items, ...page.items] : page.items, cursor: page.next_cursor, is_loaded: true, is_loading: false, error: null })),
      (cause: unknown) => set_state((old) => (current.current.key !== wanted ? old : { ...old, key: wanted, is_loading: false, error: as_error(cause) })),
    );
  }, []);
  useEffect(() => read(null), [key, read]);

  const reload = useCallback(() => read(null), [read]);
  const put = useCallback((id: string, chat: Chat | null) => set_state((old) => ({
    ...old, items: old.items.flatMap((other) => (other.id !== id ? [other] : chat && is_let_through(chat, current.current.filter) ? [chat] : [])),
  })), []);
  const is_current = state.key === key;
  const { cursor } = state;
  return {
    items: is_current ? state.items : [], is_loaded: is_current && state.is_loaded, is_loading: !is_current || state.is_loading, error: is_current ? state.error : null,
    more: is_current && cursor && !state.is_loading ? () => read(cursor) : null, reload, put,
  };
}
