// The API for the UI: the generated client, what its table of routes does not know about the JSON inside, and how requests go out.
import { ApiError, problem_of, use_csrf_token as give_csrf_token, use_transport } from './api.gen';

export * from './api.gen';

export type Id = string;

/** A part of an answer, as the parser of answers writes it into Variant.blocks. */
export interface Block {
  type: 'answer' | 'reasoning' | 'code_change';
  content: string;
  kind: string | null;
  path: string | null;
  description: string | null;
  status: 'streaming' | 'done' | 'unfinished';
}
/** A change of an answer that was not applied. */
export interface Problem { path: string | null; message: string }

declare module './api.gen' {
  interface KnownJson {
    'DatabaseRowDiff.key': Record<string, string | null>;
    'DatabaseRowDiff.from': Record<string, string | null>;
    'DatabaseRowDiff.to': Record<string, string | null>;
    'QueryResult.rows': (string | null)[][];
    'Variant.blocks': Block[];
    'Generation.problems': Problem[] | null;
  }
}

let on_signed_out: () => void = () => {};
/** Called whenever the server answers 401. */
export function when_signed_out(act: () => void): void {
  on_signed_out = act;
}

/** Operations before a session have nobody to keep an idempotency key for. */
const anonymous = ['/api/v1/setup', '/api/v1/session'];

/** Sends a request: a change once only, whatever the network does to it; no answer at all is an ApiError of status 0. */
export async function send(address: string, request: RequestInit & { headers: Record<string, string> }): Promise<Response> {
  const headers = { ...request.headers };
  if ((request.method ?? 'GET') !== 'GET' && !anonymous.includes(address)) headers['Idempotency-Key'] ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  let response: Response;
  try {
    response = await fetch(address, { ...request, headers });
  } catch {
    throw new ApiError(0, 'unreachable', 'unreachable');
  }
  if (response.status === 401) on_signed_out();
  return response;
}
use_transport(send);

let csrf_token = '';
export function use_csrf_token(token: string): void {
  csrf_token = token;
  give_csrf_token(token);
}

/** Keeps the content of an input of a step. */
export async function put_blob(sha256: string, content: Blob): Promise<void> {
  const response = await send(`/api/v1/blobs/${sha256}`, { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': csrf_token }, body: content });
  if (!response.ok) throw await problem_of(response);
}
