// A chat on screen: its rows by a few reads, and from the position that they name on by its stream.
import { useCallback, useEffect, useRef, useState } from 'react';
import { branches_ls, chats_follow_url, chats_messages, chats_show, type ApiError, type Id } from '../api';
import { empty_chat, fold_chat_all, load_view, open_view, page_messages, trim_view, type ChatState } from '../chat_state';
import { follow, type LinkState } from '../live';
import { as_error } from '../load';

export interface LiveChat {
  state: ChatState;
  link: LinkState;
  error: ApiError | null;
  /** Brings the end of a branch's history here. */
  read_end: (branch_id: Id) => void;
  /** Brings the page here that begins with message `seq` of a branch. */
  read_page: (branch_id: Id, seq: number) => void;
}

export function use_chat(chat_id: Id): LiveChat {
  const [live, set_live] = useState<Omit<LiveChat, 'read_end' | 'read_page'>>({ state: empty_chat, link: 'connecting', error: null });
  // A gap in a text is closed by reading everything again.
  const [turn, set_turn] = useState(0);
  const folded = useRef(empty_chat);
  const reading = useRef(new Set<string>());
  const is_over = useRef(false);

  const change = useCallback((next: ChatState) => {
    folded.current = next;
    if (!is_over.current) set_live((old) => ({ ...old, state: next }));
  }, []);

  useEffect(() => {
    let unfollow = () => {};
    let frame = 0;
    is_over.current = false;
    reading.current.clear();
    change(empty_chat);
    const fail = (error: ApiError) => { if (!is_over.current) set_live((old) => ({ ...old, error })); };
    const draw = () => {
      frame = 0;
      change(folded.current);
    };
    Promise.all([chats_show(chat_id), branches_ls(chat_id)]).then(([chat, branches]) => {
      if (is_over.current) return;
      change({ ...empty_chat, chat, branches: Object.fromEntries(branches.items.map((branch) => [branch.id, branch])) });
      unfollow = follow(chats_follow_url(chat_id), {
        last_id: chat.position,
        on_events: (events) => {
          folded.current = fold_chat_all(folded.current, events);
          if (folded.current.has_gap) set_turn((old) => old + 1);
          else frame ||= requestAnimationFrame(draw);
        },
        on_state: (link) => { if (!is_over.current) set_live((old) => ({ ...old, link })); },
        on_refused: fail,
      });
    }, (cause: unknown) => fail(as_error(cause)));
    return () => {
      is_over.current = true;
      unfollow();
      cancelAnimationFrame(frame);
    };
  }, [chat_id, turn, change]);

  const read = useCallback((branch_id: Id, after: number | null) => {
    const key = `${branch_id}:${after}`;
    if (reading.current.has(key)) return;
    reading.current.add(key);
    change(open_view(folded.current, branch_id));
    const query = after === null ? { order: 'newest' as const } : { after };
    chats_messages(chat_id, { branch_id, limit: page_messages, ...query }).then(
      (page) => {
        change(trim_view(load_view(folded.current, branch_id, page.items, after === null), branch_id, (after ?? page.items[0]?.seq ?? 0) + page_messages / 2));
        set_live((old) => (old.error ? { ...old, error: null } : old));
      },
      (cause: unknown) => set_live((old) => ({ ...old, error: as_error(cause) })),
    ).finally(() => reading.current.delete(key));
  }, [chat_id, change]);
  const read_end = useCallback((branch_id: Id) => read(branch_id, null), [read]);
  const read_page = useCallback((branch_id: Id, seq: number) => read(branch_id, seq - 1), [read]);

  return { ...live, read_end, read_page };
}
