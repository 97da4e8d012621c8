// A preview on screen. `is_live` follows its stream (one connection); otherwise its status is asked for while it changes.
import { useEffect, useRef, useState } from 'react';
import { previews_follow_url, previews_open, previews_show, type ApiError, type Id, type Preview } from '../api';
import { follow } from '../live';
import { as_error } from '../load';
import { empty_preview, fold_preview_all, type PreviewState } from '../preview_state';

export interface LivePreview { state: PreviewState; error: ApiError | null; again: () => void }

const poll_ms = 1200;
const is_settled = (status: Preview['status'] | undefined) => status === 'ready' || status === 'asleep' || status === 'failed' || status === 'stopped';

/** Opens the preview of a branch (or finds the one it has); null opens nothing. */
export function use_preview(app_id: Id, branch_id: Id | null, { is_live }: { is_live: boolean }): LivePreview {
  const [held, set_held] = useState<{ branch_id: Id | null; state: PreviewState; error: ApiError | null }>({ branch_id, state: empty_preview, error: null });
  const [turn, set_turn] = useState(0);
  const folded = useRef(empty_preview);

  useEffect(() => {
    if (!branch_id) return;
    let is_over = false;
    let stop = () => {};
    let frame = 0;
    const draw = () => {
      frame = 0;
      if (!is_over) set_held({ branch_id, state: folded.current, error: null });
    };
    const fail = (error: ApiError) => { if (!is_over) set_held((old) => ({ ...old, branch_id, error })); };
    const poll = (preview_id: Id) => {
      let timer: ReturnType<typeof setTimeout>;
      const ask = () => {
        previews_show(preview_id).then((preview) => {
          folded.current = { ...folded.current, preview, version_id: preview.version_id };
          draw();
          timer = setTimeout(ask, is_settled(preview.status) ? poll_ms * 5 : poll_ms);
        }, (cause: unknown) => {
          fail(as_error(cause));
          timer = setTimeout(ask, poll_ms * 5);
        });
      };
      timer = setTimeout(ask, poll_ms);
      return () => clearTimeout(timer);
    };
    set_held({ branch_id, state: empty_preview, error: null });
    previews_open({ app_id, branch_id }).then((preview) => {
      if (is_over) return;
      folded.current = { ...empty_preview, preview, version_id: preview.version_id };
      draw();
      stop = is_live
        ? follow(previews_follow_url(preview.id), {
          on_events: (events) => {
            folded.current = fold_preview_all(folded.current, events);
            frame ||= requestAnimationFrame(draw);
          },
          on_refused: fail,
        })
        : poll(preview.id);
    }, (cause: unknown) => fail(as_error(cause)));
    return () => {
      is_over = true;
      stop();
      cancelAnimationFrame(frame);
    };
  }, [app_id, branch_id, is_live, turn]);

  const again = () => set_turn((old) => old + 1);
  return held.branch_id === branch_id ? { state: held.state, error: held.error, again } : { state: empty_preview, error: null, again };
}
