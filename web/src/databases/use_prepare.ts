// A prepare on screen: all of its stream, from the beginning.
import { useEffect, useRef, useState } from 'react';
import { db_logs_url, db_show_prepare, type ApiError, type Id } from '../api';
import { follow } from '../live';
import { as_error } from '../load';
import { empty_prepare, fold_prepare, has_ended, type PrepareState } from './prepare_state';

export function use_prepare(prepare_id: Id): { state: PrepareState; error: ApiError | null } {
  const [state, set_state] = useState(empty_prepare);
  const [error, set_error] = useState<ApiError | null>(null);
  const folded = useRef(empty_prepare);
  useEffect(() => {
    let frame = 0;
    let stop = () => {};
    let is_over = false;
    const draw = () => {
      frame = 0;
      set_state(folded.current);
    };
    folded.current = empty_prepare;
    set_state(empty_prepare);
    set_error(null);
    // The row first: what the stream kept may have been trimmed since.
    db_show_prepare(prepare_id).then((prepare) => {
      if (is_over) return;
      folded.current = { ...empty_prepare, prepare };
      draw();
      stop = follow(db_logs_url(prepare_id), {
        on_events: (events) => {
          folded.current = events.reduce(fold_prepare, folded.current);
          frame ||= requestAnimationFrame(draw);
          if (folded.current.prepare && has_ended(folded.current.prepare) && events.some((event) => event.type === 'prepare.ended')) stop();
        },
        on_refused: set_error,
      });
    }, (cause: unknown) => { if (!is_over) set_error(as_error(cause)); });
    return () => {
      is_over = true;
      stop();
      cancelAnimationFrame(frame);
    };
  }, [prepare_id]);
  return { state, error };
}
