// A preview on screen: its row, and from then on its stream.
import { useEffect, useRef, useState } from 'react';
import { previews_follow_url, previews_open, type ApiError, type Id } from '../api';
import { follow } from '../live';
import { as_error } from '../load';
import { empty_preview, fold_preview_all, type PreviewState } from '../preview_state';

export interface LivePreview { state: PreviewState; error: ApiError | null; again: () => void }

/** Opens the preview of a branch (or finds the one it has); null opens nothing. */
export function use_preview(app_id: Id, branch_id: Id | null): LivePreview {
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
    set_held({ branch_id, state: empty_preview, error: null });
    previews_open({ app_id, branch_id }).then((preview) => {
      if (is_over) return;
      folded.current = { ...empty_preview, preview, version_id: preview.version_id };
      draw();
      stop = follow(previews_follow_url(preview.id), {
        on_events: (events) => {
          folded.current = fold_preview_all(folded.current, events);
          frame ||= requestAnimationFrame(draw);
        },
        on_refused: fail,
      });
    }, (cause: unknown) => fail(as_error(cause)));
    return () => {
      is_over = true;
      stop();
      cancelAnimationFrame(frame);
    };
  }, [app_id, branch_id, turn]);

  const again = () => set_turn((old) => old + 1);
  return held.branch_id === branch_id ? { state: held.state, error: held.error, again } : { state: empty_preview, error: null, again };
}
