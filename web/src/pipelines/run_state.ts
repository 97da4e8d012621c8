// The state of a run as a pure fold over its events.
import type { Run, RunEffect, Step } from '../api';
import type { StreamEvent } from '../live';

export interface RunState { run: Run | null; effects: RunEffect[] }
export const empty_run: RunState = { run: null, effects: [] };

export const has_ended = (run: Pick<Run, 'status'>): boolean => run.status !== 'waiting' && run.status !== 'running';

function with_run(state: RunState, run: Run): RunState {
  // Of an answer the event has no steps.
  return { ...state, run: { ...run, steps: run.steps.length ? run.steps : (state.run?.steps ?? []) } };
}

function with_step(state: RunState, step: Step): RunState {
  if (!state.run) return state;
  const { steps } = state.run;
  const is_there = steps.some((old) => old.step === step.step);
  return { ...state, run: { ...state.run, steps: is_there ? steps.map((old) => (old.step === step.step ? step : old)) : [...steps, step] } };
}

export function with_effect(state: RunState, effect: RunEffect): RunState {
  const is_there = state.effects.some((old) => old.id === effect.id);
  return { ...state, effects: is_there ? state.effects.map((old) => (old.id === effect.id ? effect : old)) : [...state.effects, effect] };
}

export function fold_run(state: RunState, event: StreamEvent): RunState {
  const data = event.data as { run?: Run; step?: Step; effect?: RunEffect };
  switch (event.type) {
    case 'run.updated':
    case 'run.ended': return data.run ? with_run(state, data.run) : state;
    case 'step.updated': return data.step ? with_step(state, data.step) : state;
    case 'effect.applied':
    case 'effect.undone': return data.effect ? with_effect(state, data.effect) : state;
    default: return state;
  }
}

/** The step that is looked at first: what failed, else what runs, else the last that did something. */
export function step_of_interest(run: Run): string | null {
  const first = (status: Step['status']) => run.steps.find((step) => step.status === status)?.step;
  return first('failed') ?? first('running') ?? run.steps.findLast((step) => step.status === 'done')?.step ?? run.steps[0]?.step ?? null;
}
