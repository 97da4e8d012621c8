// The state of a prepare as a pure fold over its events.
import type { DatabaseStepShown, Prepare } from '../api';
import type { StreamEvent } from '../live';

export interface OutputPiece { key: number; step: number; text: string }
export interface PrepareState {
  prepare: Prepare | null;
  /** The step that is being built, from 1. */
  building: number | null;
  output: OutputPiece[];
  pieces_seen: number;
}

export const empty_prepare: PrepareState = { prepare: null, building: null, output: [], pieces_seen: 0 };

/** The server keeps 64 KiB of each step; of all steps together the last 500 pieces are shown. */
const pieces_max = 500;

function with_step(prepare: Prepare | null, step: number, shown: DatabaseStepShown): Prepare | null {
  if (!prepare) return null;
  return { ...prepare, status: 'building', steps: prepare.steps.map((old, index) => (index === step - 1 ? shown : old)) };
}

export function fold_prepare(state: PrepareState, event: StreamEvent): PrepareState {
  switch (event.type) {
    case 'prepare.created': return { ...state, prepare: (event.data as unknown as { prepare: Prepare }).prepare };
    case 'step.started': {
      const { step, shown } = event.data as unknown as { step: number; shown: DatabaseStepShown };
      return { ...state, prepare: with_step(state.prepare, step, shown), building: step };
    }
    case 'step.done': {
      const { step, shown } = event.data as unknown as { step: number; shown: DatabaseStepShown };
      return { ...state, prepare: with_step(state.prepare, step, shown), building: null };
    }
    case 'prepare.log': {
      const { step, text } = event.data as unknown as { step: number; text: string };
      return { ...state, output: [...state.output, { key: state.pieces_seen, step, text }].slice(-pieces_max), pieces_seen: state.pieces_seen + 1 };
    }
    case 'prepare.ended': return { ...state, prepare: (event.data as unknown as { prepare: Prepare }).prepare, building: null };
    default: return state;
  }
}

export const has_ended = (prepare: Prepare): boolean => prepare.status === 'done' || prepare.status === 'failed' || prepare.status === 'cancelled';
