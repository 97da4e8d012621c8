// Live streams: one connection for all that a tab shows (a browser allows six to one host), by fetch, since EventSource can
// neither be told where to begin nor say why it was refused. Each stream resumes at the byte where it stood. A hidden
// tab gives its connection back.
import { ApiError, problem_of, send } from './api';

/** `stream` says which, when one answer carries several: its place in the request. */
export interface StreamEvent { id: string; type: string; data: Record<string, unknown>; stream?: string }
export type LinkState = 'connecting' | 'open' | 'lost' | 'ended';

const refused = 'stream.refused';

/** An incremental reader of text/event-stream; chunks may end anywhere. */
export class EventReader {
  private rest = '';
  private id = '';
  private type = '';
  private stream = '';
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
    else if (name === 'stream') this.stream = value;
  }

  private finish(): StreamEvent | null {
    const text = this.data.join('\n');
    const type = this.type;
    const stream = this.stream;
    this.data = [];
    this.type = '';
    this.stream = '';
    if (text === '') return null;
    try {
      const data = JSON.parse(text) as Record<string, unknown>;
      return { id: this.id, type: type === refused || typeof data.type !== 'string' ? type : data.type, data, ...(stream && { stream }) };
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

interface Followed extends Required<Following> { stream: string }

const retry_ms_min = 400;
const retry_ms_max = 10_000;
/** How long a hidden tab keeps its connection. */
const hidden_ms_max = 20_000;

/** The tab's one connection, open while something is followed. A change of what is followed opens it anew. */
class Connection {
  private readonly followed = new Set<Followed>();
  private retry_ms = retry_ms_min;
  private controller: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hidden_timer: ReturnType<typeof setTimeout> | undefined;
  private is_paused = false;
  private is_opening = false;

  constructor() {
    document.addEventListener('visibilitychange', () => this.visibility());
    window.addEventListener('online', () => { if (!this.controller) this.open(); });
  }

  add(one: Followed): void {
    this.followed.add(one);
    one.on_state('connecting');
    this.open();
  }

  remove(one: Followed): void {
    if (this.followed.delete(one)) this.open();
  }

  /** What is added and removed in one turn of the browser is one change. */
  private open(): void {
    this.retry_ms = retry_ms_min;
    if (this.is_opening) return;
    this.is_opening = true;
    queueMicrotask(() => {
      this.is_opening = false;
      this.close();
      if (!this.is_paused && this.followed.size > 0) void this.read();
    });
  }

  private close(): void {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
  }

  private async read(): Promise<void> {
    const mine = (this.controller = new AbortController());
    try {
      const order = [...this.followed];
      const streams = order.map((one) => `${one.stream}@${one.last_id ?? ''}`).join(',');
      const response = await send(`/api/v1/events?streams=${encodeURIComponent(streams)}`, { headers: { Accept: 'text/event-stream' }, signal: mine.signal, cache: 'no-store' });
      if (!response.ok || !response.body) {
        const problem = await problem_of(response);
        const is_final = response.status >= 400 && response.status < 500 && response.status !== 429;
        if (is_final) for (const one of [...this.followed]) this.refuse(one, problem);
        throw problem;
      }
      for (const one of this.followed) one.on_state('open');
      const reader = new EventReader();
      const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await chunks.read();
        if (done || mine.signal.aborted) break;
        this.hand_out(reader.read(value), order);
      }
    } catch {
      // The connection broke or the server is restarting: both end in another try below.
    }
    if (this.controller !== mine) return;
    this.controller = null;
    if (this.followed.size > 0) this.later();
  }

  private hand_out(events: StreamEvent[], order: Followed[]): void {
    if (events.length > 0) this.retry_ms = retry_ms_min;
    for (const [place, one] of order.entries()) {
      const mine = events.filter((event) => event.stream === String(place));
      if (!this.followed.has(one)) continue;
      const refusal = mine.find((event) => event.type === refused);
      if (refusal) {
        const { status, code, detail } = refusal.data as { status: number; code: string; detail: string };
        this.refuse(one, new ApiError(status, code, detail));
        continue;
      }
      if (mine.length === 0) continue;
      one.last_id = mine[mine.length - 1]!.id || one.last_id;
      one.on_events(mine);
    }
  }

  private refuse(one: Followed, error: ApiError): void {
    this.followed.delete(one);
    one.on_state('ended');
    one.on_refused(error);
  }

  private later(): void {
    for (const one of this.followed) one.on_state('lost');
    this.timer = setTimeout(() => void this.read(), this.retry_ms * (0.75 + Math.random() / 2));
    this.retry_ms = Math.min(this.retry_ms * 2, retry_ms_max);
  }

  private visibility(): void {
    clearTimeout(this.hidden_timer);
    if (document.visibilityState === 'hidden') {
      this.hidden_timer = setTimeout(() => {
        this.is_paused = true;
        this.close();
      }, hidden_ms_max);
    } else if (this.is_paused) {
      this.is_paused = false;
      this.open();
    }
  }
}

let connection: Connection | undefined;

/** Follows the stream at `url` until the returned function is called. Events are delivered in order, each once, in batches. */
export function follow(url: string, { last_id = null, on_events, on_state = () => {}, on_refused = () => {} }: Following): () => void {
  const stream = url.replace(/^\/api\/v1\//, '').replace(/\/events$/, '');
  const one: Followed = { stream, last_id, on_events, on_state, on_refused };
  connection ??= new Connection();
  connection.add(one);
  return () => connection!.remove(one);
}
