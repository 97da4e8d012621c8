// A chat on screen: base rows by two reads, everything after that by its stream.
import { useEffect, useRef, useState } from 'react';
import { branches_list, chat_events, chats_show, type ApiError, type Id } from '../api';
import { empty_chat, fold_chat_all, type ChatState } from '../chat_state';
import { follow, type LinkState, type StreamEvent } from '../live';
import { as_error } from '../load';

export interface LiveChat {
  state: ChatState;
  /** False until the history has been replayed; the page shows bones so long. */
  is_ready: boolean;
  link: LinkState;
  error: ApiError | null;
}

/** The replay is over when nothing came for this long … */
const quiet_ms = 70;
/** … or, while an answer streams, after this long. */
const replay_ms_max = 900;

export function use_chat(chat_id: Id | null): LiveChat {
  const [live, set_live] = useState<LiveChat & { chat_id: Id | null }>({ chat_id, state: empty_chat, is_ready: false, link: 'connecting', error: null });
  const [turn, set_turn] = useState(0);
  const folded = useRef(empty_chat);

  useEffect(() => {
    if (!chat_id) return;
    let stop = () => {};
    let is_over = false;
    let frame = 0;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const change = (part: Partial<LiveChat>) => { if (!is_over) set_live((old) => ({ ...old, ...part })); };
    const draw = () => {
      frame = 0;
      change({ state: folded.current });
    };
    const ready = () => change({ is_ready: true, state: folded.current });
    const begin = (base: ChatState) => {
      folded.current = base;
      const latest = setTimeout(ready, replay_ms_max);
      const unfollow = follow(chat_events(chat_id), {
        on_events: (events: StreamEvent[]) => {
          folded.current = fold_chat_all(folded.current, events);
          if (folded.current.has_gap) {
            set_turn((old) => old + 1);
            return;
          }
          clearTimeout(quiet);
          quiet = setTimeout(ready, quiet_ms);
          frame ||= requestAnimationFrame(draw);
        },
        on_state: (link) => {
          change({ link });
          if (link === 'open') quiet ??= setTimeout(ready, quiet_ms * 4);
        },
        on_refused: (error) => change({ error }),
      });
      return () => {
        clearTimeout(latest);
        unfollow();
      };
    };
    set_live({ chat_id, state: empty_chat, is_ready: false, link: 'connecting', error: null });
    Promise.all([chats_show(chat_id), branches_list(chat_id)]).then(
      ([chat, branches]) => {
        if (is_over) return;
        stop = begin({ ...empty_chat, chat, branches: Object.fromEntries(branches.items.map((branch) => [branch.id, branch])) });
      },
      (cause: unknown) => change({ error: as_error(cause) }),
    );
    return () => {
      is_over = true;
      stop();
      clearTimeout(quiet);
      cancelAnimationFrame(frame);
    };
  }, [chat_id, turn]);

  return live.chat_id === chat_id ? live : { state: empty_chat, is_ready: false, link: 'connecting', error: null };
}
