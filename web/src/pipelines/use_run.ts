// A run on screen, live until it has ended.
import { useCallback, useEffect, useRef, useState } from 'react';
import { runs_effects, runs_follow_url, runs_show, type ApiError, type Id, type RunEffect } from '../api';
import { follow } from '../live';
import { as_error } from '../load';
import { empty_run, fold_run, has_ended, with_effect, type RunState } from './run_state';

/** The parts of an answer that every chat has tell nothing by themselves: they are read again so often. */
const answer_ms = 2000;

async function read(run_id: Id): Promise<RunState> {
  const [run, effects] = await Promise.all([runs_show(run_id), runs_effects(run_id)]);
  return { run, effects: effects.items };
}

export function use_run(run_id: Id): { state: RunState; error: ApiError | null; reload: () => void; set_effect: (effect: RunEffect) => void } {
  const [state, set_state] = useState(empty_run);
  const [error, set_error] = useState<ApiError | null>(null);
  const [turn, set_turn] = useState(0);
  const folded = useRef(empty_run);
  const show = useCallback((next: RunState) => { folded.current = next; set_state(next); }, []);
  useEffect(() => {
    let is_over = false;
    let stop = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (next: RunState) => {
      if (is_over) return;
      show(next);
      if (!next.run || has_ended(next.run)) return stop();
      if (next.run.generation_id) timer = setTimeout(() => void read(run_id).then(look, () => look(folded.current)), answer_ms);
    };
    set_error(null);
    read(run_id).then((first) => {
      look(first);
      if (is_over || !first.run || has_ended(first.run)) return;
      stop = follow(runs_follow_url(run_id), {
        on_events: (events) => {
          show(events.reduce(fold_run, folded.current));
          if (events.some((event) => event.type === 'run.ended')) void read(run_id).then(look, () => {});
        },
        on_refused: set_error,
      });
    }, (cause: unknown) => { if (!is_over) set_error(as_error(cause)); });
    return () => {
      is_over = true;
      stop();
      clearTimeout(timer);
    };
  }, [run_id, turn, show]);
  return { state, error, reload: useCallback(() => set_turn((old) => old + 1), []), set_effect: useCallback((effect) => show(with_effect(folded.current, effect)), [show]) };
}
