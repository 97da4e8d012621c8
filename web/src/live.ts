// Live streams: replay from a position, then follow, over fetch (EventSource can neither be told where to begin
// nor say why it was refused). A hidden tab gives its connections back: a browser allows six to one host, and a
// stream resumes at the byte where it stood.
import { problem_of, send, type ApiError } from './api';

export interface StreamEvent { id: string; type: string; data: Record<string, unknown> }
export type LinkState = 'connecting' | 'open' | 'lost' | 'ended';

/** An incremental reader of text/event-stream; chunks may end anywhere. */
export class EventReader {
  private rest = '';
  private id = '';
  private type = '';
  private data: string[] = [];

  read(chunk: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.rest += chunk;
    // A lone CR at the end may be half of CRLF: it waits for the next chunk.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        const event = this.finish();
        if (event) events.push(event);
      } else this.field(line);
    }
    return events;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.type = value;
    else if (name === 'id') this.id = value;
  }

  private finish(): StreamEvent | null {
    const text = this.data.join('\n');
    const type = this.type;
    this.data = [];
    this.type = '';
    if (text === '') return null;
    try {
      const data = JSON.parse(text) as Record<string, unknown>;
      return { id: this.id, type: typeof data.type === 'string' ? data.type : type, data };
    } catch {
      return null;
    }
  }
}

export interface Following {
  /** The id of the last event that was folded; null begins at the start. */
  last_id?: string | null;
  on_events: (events: StreamEvent[]) => void;
  on_state?: (state: LinkState) => void;
  /** The server refused: the stream does not exist, or may not be read. Nothing is tried again. */
  on_refused?: (error: ApiError) => void;
}

const retry_ms_min = 400;
const retry_ms_max = 10_000;
/** How long a hidden tab keeps its connection. */
const hidden_ms_max = 20_000;

/** Follows `url` until the returned function is called. Events are delivered in order, each once, in batches. */
export function follow(url: string, { last_id = null, on_events, on_state = () => {}, on_refused = () => {} }: Following): () => void {
  let stopped = false;
  let retry_ms = retry_ms_min;
  let controller: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hidden_timer: ReturnType<typeof setTimeout> | undefined;
  let paused = false;

  const later = () => {
    on_state('lost');
    timer = setTimeout(connect, retry_ms * (0.75 + Math.random() / 2));
    retry_ms = Math.min(retry_ms * 2, retry_ms_max);
  };

  async function connect(): Promise<void> {
    if (stopped || paused || controller) return;
    const mine = (controller = new AbortController());
    on_state('connecting');
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (last_id !== null) headers['Last-Event-ID'] = last_id;
      const response = await send(url, { headers, signal: mine.signal, cache: 'no-store' });
      if (!response.ok || !response.body) {
        const problem = await problem_of(response);
        if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          stopped = true;
          on_state('ended');
          on_refused(problem);
          return;
        }
        throw problem;
      }
      on_state('open');
      const reader = new EventReader();
      const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await chunks.read();
        if (done) break;
        const events = reader.read(value);
        if (events.length === 0) continue;
        retry_ms = retry_ms_min;
        last_id = events[events.length - 1]!.id || last_id;
        if (!mine.signal.aborted) on_events(events);
      }
    } catch {
      // The connection broke or the server is restarting: both end in another try below.
    }
    if (controller === mine) controller = null;
    if (!stopped && !paused) later();
  }

  const visibility = () => {
    clearTimeout(hidden_timer);
    if (document.visibilityState === 'hidden') {
      hidden_timer = setTimeout(() => {
        paused = true;
        controller?.abort();
        controller = null;
      }, hidden_ms_max);
    } else if (paused) {
      paused = false;
      retry_ms = retry_ms_min;
      clearTimeout(timer);
      void connect();
    }
  };
  const online = () => {
    if (controller) return;
    clearTimeout(timer);
    retry_ms = retry_ms_min;
    void connect();
  };

  document.addEventListener('visibilitychange', visibility);
  window.addEventListener('online', online);
  void connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(hidden_timer);
    document.removeEventListener('visibilitychange', visibility);
    window.removeEventListener('online', online);
    controller?.abort();
  };
}
