// The state of a preview as a pure fold over its events.
import type { Id, Preview } from './api';
import type { StreamEvent } from './live';

export interface LogLine { key: number; source: 'server' | 'install' | 'proxy' | 'browser'; text: string }
export interface PreviewFault { message: string; file: string | null; line: number | null; column: number | null; fingerprint: string | null; count: number }
export interface PreviewState {
  preview: Preview | null;
  version_id: Id | null;
  log: LogLine[];
  /** Errors of the version that is shown, each once. */
  faults: PreviewFault[];
  lines_seen: number;
}

export const empty_preview: PreviewState = { preview: null, version_id: null, log: [], faults: [], lines_seen: 0 };

/** 2,000 lines of at most 4 kB: 8 MB at worst. */
const log_lines_max = 2000;
const line_chars_max = 4000;
const faults_max = 50;

// eslint-disable-next-line no-control-regex -- terminal colours are what is removed
const colours = /\u001b\[[0-9;?]*[A-Za-z]/g;

function add_lines(state: PreviewState, source: LogLine['source'], text: string): PreviewState {
  const lines = text.replace(colours, '').replace(/\n$/, '').split('\n');
  const added = lines.map((line, index) => ({ key: state.lines_seen + index, source, text: line.slice(0, line_chars_max) }));
  return { ...state, log: [...state.log, ...added].slice(-log_lines_max), lines_seen: state.lines_seen + lines.length };
}

function add_fault(state: PreviewState, fault: Omit<PreviewFault, 'count'>): PreviewState {
  const key = fault.fingerprint ?? fault.message;
  const known = state.faults.find((other) => (other.fingerprint ?? other.message) === key);
  if (known) return { ...state, faults: state.faults.map((other) => (other === known ? { ...other, count: other.count + 1 } : other)) };
  return { ...state, faults: [...state.faults, { ...fault, count: 1 }].slice(-faults_max) };
}

export function fold_preview(state: PreviewState, event: StreamEvent): PreviewState {
  const data = event.data as never;
  switch (event.type) {
    case 'preview.status': {
      const { preview } = data as { preview: Preview };
      const is_restarted = preview.status === 'queued' || preview.status === 'installing' || preview.status === 'starting';
      return { ...state, preview, version_id: preview.version_id ?? state.version_id, faults: is_restarted ? [] : state.faults };
    }
    case 'preview.version': return { ...state, version_id: (data as { version_id: Id }).version_id, faults: [] };
    case 'preview.log': {
      const { source, text } = data as { source: LogLine['source']; text: string };
      return add_lines(state, source, text);
    }
    case 'preview.error': return add_fault(state, data);
    default: return state;
  }
}

export const fold_preview_all = (state: PreviewState, events: StreamEvent[]): PreviewState => events.reduce(fold_preview, state);
