// The API as typed functions: one interface per object, one function per operation.
// Names follow the route table: the operation `apps create` is `apps_create`.
// Every function takes its path parameters first, then the body or the query, and throws ApiError.

export type Id = string;
export interface List<T> { items: T[]; next_cursor: string | null }

export interface Session {
  user: { id: Id; name: string; email: string } | null;
  organization: { id: Id; name: string };
  workspace: { id: Id; name: string };
  project: { id: Id; name: string };
  role: string;
  permissions: string[];
  csrf_token: string;
  is_insecure_dev: boolean;
}
export interface LoginSession { id: Id; created_at: string; last_seen_at: string | null; address: string | null; user_agent: string | null; is_current: boolean }
export interface Token { id: Id; name: string; created_at: string; expires_at: string | null; last_used_at: string | null; token?: string }

export type Provider = 'openai' | 'anthropic' | 'gemini' | 'ollama' | 'demo';
export interface Model {
  id: Id; name: string; provider: Provider; base_url: string | null; model: string | null;
  has_api_key: boolean; is_default: boolean; created_at: string | null; updated_at: string | null; version: number;
}
export interface ModelChange { name?: string; base_url?: string; model?: string; api_key?: string; is_default?: boolean }
export interface ModelInput extends ModelChange { name: string; provider: Provider }
export interface ModelTest { ok: boolean; message: string; answer: string | null; first_token_ms: number | null; total_ms: number | null }

export interface Template { name: string; title: string; description: string; stack: string[] }
export interface App {
  id: Id; name: string; template: string; project_id: Id; chat_id: Id; branch_id: Id;
  current_version_id: Id | null; created_at: string; updated_at: string; version: number;
}
export interface Version {
  id: Id; app_id: Id; branch_id: Id; number: number; commit: string; parent_id: Id | null; message_id: Id | null; variant_id: Id | null;
  title: string; note: string | null; is_favorite: boolean; restored_from_id: Id | null; author: string | null; files_changed: number; created_at: string;
}
export interface FileDiff {
  path: string; old_path: string | null; status: 'added' | 'modified' | 'deleted' | 'renamed';
  additions: number; deletions: number; is_binary: boolean; patch: string | null; is_truncated: boolean;
}
export interface FileEntry { path: string; size: number; kind: 'file' | 'symlink' }
export interface FileList extends List<FileEntry> { version_id: Id }

export interface Chat {
  id: Id; title: string; app_id: Id | null; status: 'active' | 'archived'; active_branch_id: Id;
  /** Where to follow the chat's events from so that nothing is missed that its messages do not show yet. */
  position: string;
  last_message_at: string | null; created_at: string; updated_at: string; version: number;
}
export interface Branch {
  id: Id; chat_id: Id; title: string; is_main: boolean; parent_branch_id: Id | null; forked_from_message_id: Id | null;
  forked_from_variant_id: Id | null; forked_from_seq: number | null; messages_count: number; last_message_preview: string | null;
  current_version_id: Id | null; created_at: string; version: number;
}
export type BlockType = 'answer' | 'reasoning' | 'code_change';
export interface Block {
  type: BlockType; content: string; kind: string | null; path: string | null; description: string | null;
  status: 'streaming' | 'done' | 'unfinished';
}
export interface Problem { path: string | null; message: string }
export interface Generation {
  id: Id; message_id: Id; variant_id: Id; branch_id: Id; chat_id: Id;
  status: 'queued' | 'streaming' | 'done' | 'aborted' | 'error';
  provider: string | null; model: string | null; model_id: Id | null;
  tokens_in: number | null; tokens_out: number | null; tokens_cached: number | null; cost_usd: number | null;
  error_code: string | null; error_message: string | null;
  queued_at: string; first_token_at: string | null; ended_at: string | null; run_id: Id | null; problems: Problem[] | null;
}
export interface Variant {
  id: Id; message_id: Id; number: number; kind: 'generation' | 'manual_edit' | 'import'; text: string; blocks: Block[];
  is_selected: boolean; generation: Generation | null; version_id: Id | null; created_at: string;
}
export interface Message {
  id: Id; chat_id: Id; branch_id: Id; seq: number; role: 'user' | 'assistant' | 'system' | 'tool';
  text: string; variant: Variant; variants_count: number; created_at: string;
}
export interface Posted { id: Id; message: Message | null; answer: Message; generation: Generation; stream: string; after: string }

export type PreviewStatus = 'queued' | 'installing' | 'starting' | 'ready' | 'asleep' | 'failed' | 'stopped';
export interface Preview {
  id: Id; app_id: Id; branch_id: Id | null; version_id: Id | null; status: PreviewStatus; url: string | null;
  error: string | null; created_at: string; ready_at: string | null; version: number;
}
export type JobStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export interface Job {
  id: Id; kind: string; status: JobStatus; attempt: number; attempts_max: number; progress: number | null; message: string | null;
  error: string | null; subject: string | null; created_at: string; started_at: string | null; ended_at: string | null;
}

/** A problem document (RFC 9457), or the absence of any answer (`status` 0). `message` is written for the person. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: { pointer: string; detail: string }[] = [],
    readonly request_id: string | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

let csrf_token = '';
let on_signed_out: () => void = () => {};

/** The token that every mutation carries; known after `session_show`. */
export function use_csrf_token(token: string): void {
  csrf_token = token;
}
/** Called whenever the server answers 401. */
export function when_signed_out(act: () => void): void {
  on_signed_out = act;
}

type Query = Record<string, string | number | boolean | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

export async function problem_of(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // Not a problem document: a proxy's page, perhaps. The status is all there is to tell.
  }
  if (response.status === 401) on_signed_out();
  const text = (member: string) => (typeof body[member] === 'string' ? (body[member] as string) : '');
  return new ApiError(
    response.status,
    text('code') || `http_${response.status}`,
    text('detail') || text('title') || `The server answered ${response.status}.`,
    Array.isArray(body.errors) ? (body.errors as { pointer: string; detail: string }[]) : [],
    text('instance') || response.headers.get('X-Request-Id'),
  );
}

/** Operations before a session have nobody to keep an idempotency key for. */
const anonymous = ['/api/v1/setup', '/api/v1/session'];

async function send(method: string, path: string, body?: unknown, accept = 'application/json'): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (method !== 'GET') {
    if (!anonymous.includes(path)) headers['Idempotency-Key'] = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    if (csrf_token) headers['X-CSRF-Token'] = csrf_token;
  }
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, 'unreachable', 'unreachable');
  }
  if (!response.ok) throw await problem_of(response);
  return response;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

const root = '/api/v1';
const segment = encodeURIComponent;
const file_path = (path: string) => path.split('/').map(segment).join('/');

// Session, set-up, tokens
export const setup_show = () => call<{ is_needed: boolean }>('GET', `${root}/setup`);
export const setup_run = (body: { setup_token: string; name: string; email: string; password: string }) => call<Session>('POST', `${root}/setup`, body);
export const session_show = () => call<Session>('GET', `${root}/session`);
export const session_create = (body: { email: string; password: string }) => call<Session>('POST', `${root}/session`, body);
export const session_delete = () => call<void>('DELETE', `${root}/session`);
export const sessions_list = () => call<List<LoginSession>>('GET', `${root}/sessions`);
export const sessions_delete = (session_id: Id) => call<void>('DELETE', `${root}/sessions/${segment(session_id)}`);
export const tokens_list = () => call<List<Token>>('GET', `${root}/tokens`);
export const tokens_create = (body: { name: string; expires_at?: string }) => call<Token>('POST', `${root}/tokens`, body);
export const tokens_delete = (token_id: Id) => call<void>('DELETE', `${root}/tokens/${segment(token_id)}`);

// Models
export const models_list = () => call<List<Model>>('GET', `${root}/models`);
export const models_create = (body: ModelInput) => call<Model>('POST', `${root}/models`, body);
export const models_update = (model_id: Id, body: ModelChange) => call<Model>('PATCH', `${root}/models/${segment(model_id)}`, body);
export const models_delete = (model_id: Id) => call<void>('DELETE', `${root}/models/${segment(model_id)}`);
export const models_test = (model_id: Id) => call<ModelTest>('POST', `${root}/models/${segment(model_id)}/test`);

// Templates, apps, files, versions
export const templates_list = () => call<List<Template>>('GET', `${root}/templates`);
export const apps_list = (query: { limit?: number; cursor?: string } = {}) => call<List<App>>('GET', address(`${root}/apps`, query));
export const apps_create = (body: { name: string; template: string; project_id?: Id }) => call<App>('POST', `${root}/apps`, body);
export const apps_show = (app_id: Id) => call<App>('GET', `${root}/apps/${segment(app_id)}`);
export const apps_update = (app_id: Id, body: { name?: string }) => call<App>('PATCH', `${root}/apps/${segment(app_id)}`, body);
export const apps_delete = (app_id: Id) => call<void>('DELETE', `${root}/apps/${segment(app_id)}`);
export const versions_list = (app_id: Id, query: { branch_id?: Id | null; limit?: number; cursor?: string | null } = {}) =>
  call<List<Version>>('GET', address(`${root}/apps/${segment(app_id)}/versions`, query));
export const versions_update = (app_id: Id, version_id: Id, body: { note?: string; is_favorite?: boolean }) =>
  call<Version>('PATCH', `${root}/apps/${segment(app_id)}/versions/${segment(version_id)}`, body);
export const versions_diff = (app_id: Id, version_id: Id, query: { from?: Id } = {}) =>
  call<{ files: FileDiff[] }>('GET', address(`${root}/apps/${segment(app_id)}/versions/${segment(version_id)}/diff`, query));
export const versions_restore = (app_id: Id, version_id: Id, body: { branch_id?: Id } = {}) =>
  call<Version>('POST', `${root}/apps/${segment(app_id)}/versions/${segment(version_id)}/restore`, body);
export const files_list = (app_id: Id, query: { version?: Id | null; branch_id?: Id | null; cursor?: string | null } = {}) =>
  call<FileList>('GET', address(`${root}/apps/${segment(app_id)}/files`, query));
export const files_show = async (app_id: Id, path: string, query: { version?: Id | null; branch_id?: Id | null } = {}): Promise<Blob> =>
  (await send('GET', address(`${root}/apps/${segment(app_id)}/files/${file_path(path)}`, query), undefined, '*/*')).blob();
export const files_write = (app_id: Id, path: string, body: Blob, query: { branch_id?: Id } = {}) =>
  call<Version>('PUT', address(`${root}/apps/${segment(app_id)}/files/${file_path(path)}`, query), body);

// Chats
export const chats_list = (query: { app_id?: Id; limit?: number } = {}) => call<List<Chat>>('GET', address(`${root}/chats`, query));
export const chats_create = (body: { title?: string; app_id?: Id } = {}) => call<Chat>('POST', `${root}/chats`, body);
export const chats_show = (chat_id: Id) => call<Chat>('GET', `${root}/chats/${segment(chat_id)}`);
export const chats_update = (chat_id: Id, body: { title?: string; status?: Chat['status'] }) => call<Chat>('PATCH', `${root}/chats/${segment(chat_id)}`, body);
export const chats_delete = (chat_id: Id) => call<void>('DELETE', `${root}/chats/${segment(chat_id)}`);
export const branches_list = (chat_id: Id) => call<List<Branch>>('GET', `${root}/chats/${segment(chat_id)}/branches`);
export const branches_create = (chat_id: Id, body: { from_message_id: Id; branch_id?: Id; title?: string }) =>
  call<Branch>('POST', `${root}/chats/${segment(chat_id)}/branches`, body);
export const branches_update = (branch_id: Id, body: { title?: string }) => call<Branch>('PATCH', `${root}/branches/${segment(branch_id)}`, body);
export const branches_delete = (branch_id: Id) => call<void>('DELETE', `${root}/branches/${segment(branch_id)}`);
export const branches_activate = (branch_id: Id) => call<Chat>('POST', `${root}/branches/${segment(branch_id)}/activate`);
export const messages_list = (chat_id: Id, query: { branch_id?: Id; limit?: number; cursor?: string | null; order?: 'oldest' | 'newest' } = {}) =>
  call<List<Message>>('GET', address(`${root}/chats/${segment(chat_id)}/messages`, query));
export const messages_create = (chat_id: Id, body: { text: string; branch_id?: Id; model?: string }) =>
  call<Posted>('POST', `${root}/chats/${segment(chat_id)}/messages`, body);
export const messages_update = (message_id: Id, body: { text: string; in_place?: boolean }) =>
  call<Message>('PATCH', `${root}/messages/${segment(message_id)}`, body);
export const messages_delete = (message_id: Id) => call<void>('DELETE', `${root}/messages/${segment(message_id)}`);
export const messages_regenerate = (message_id: Id, body: { model?: string; branch_id?: Id } = {}) =>
  call<Posted>('POST', `${root}/messages/${segment(message_id)}/regenerate`, body);
export const variants_list = (message_id: Id) => call<List<Variant>>('GET', `${root}/messages/${segment(message_id)}/variants`);
export const variants_select = (message_id: Id, variant_id: Id) =>
  call<Message>('POST', `${root}/messages/${segment(message_id)}/variants/${segment(variant_id)}/select`);
export const generations_abort = (generation_id: Id) => call<Generation>('POST', `${root}/generations/${segment(generation_id)}/abort`);
export const chat_events = (chat_id: Id) => `${root}/chats/${segment(chat_id)}/events`;

// Previews
export const previews_create = (body: { app_id: Id; branch_id?: Id; version_id?: Id }) => call<Preview>('POST', `${root}/previews`, body);
export const previews_list = (app_id: Id) => call<List<Preview>>('GET', address(`${root}/previews`, { app_id }));
export const previews_show = (preview_id: Id) => call<Preview>('GET', `${root}/previews/${segment(preview_id)}`);
export const previews_delete = (preview_id: Id) => call<void>('DELETE', `${root}/previews/${segment(preview_id)}`);
export const previews_restart = (preview_id: Id) => call<Preview>('POST', `${root}/previews/${segment(preview_id)}/restart`);
export const previews_sleep = (preview_id: Id) => call<Preview>('POST', `${root}/previews/${segment(preview_id)}/sleep`);
export const previews_wake = (preview_id: Id) => call<Preview>('POST', `${root}/previews/${segment(preview_id)}/wake`);
export const preview_events = (preview_id: Id) => `${root}/previews/${segment(preview_id)}/events`;

// Jobs
export const jobs_list = (query: { status?: JobStatus; limit?: number; cursor?: string | null } = {}) => call<List<Job>>('GET', address(`${root}/jobs`, query));
export const jobs_cancel = (job_id: Id) => call<Job>('POST', `${root}/jobs/${segment(job_id)}/cancel`);
export const jobs_retry = (job_id: Id) => call<Job>('POST', `${root}/jobs/${segment(job_id)}/retry`);

export const server_version = () => call<{ version: string }>('GET', `${root}/version`);
