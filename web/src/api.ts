// The API for the UI: the generated client, what its table of routes does not know about the JSON inside, and how requests go out.
import { ApiError, problem_of, use_csrf_token as give_csrf_token, use_transport, type EntityProfile, type Image, type Imported, type KnowledgeSource, type Lorebook } from './api.gen';

export * from './api.gen';

export type Id = string;

/** A part of a message, as Variant.blocks has it. */
export interface Block {
  type: 'answer' | 'reasoning' | 'code_change' | 'image';
  content: string;
  kind: string | null;
  path: string | null;
  description: string | null;
  status: 'streaming' | 'done' | 'unfinished';
  /** Who sees it; absent: people alone of reasoning, both of all else. */
  visibility?: 'ui_only' | 'prompt_only' | 'both' | null;
  image?: Image | null;
}
/** A change of an answer that was not applied. */
export interface Problem { path: string | null; message: string }

/** A character card as profiles have it; `data` has more members than are named here. */
export interface CharacterCard { spec: string; spec_version: string; data: CardData }
export interface CardData { name: string; tags: string[]; first_mes: string; alternate_greetings: string[]; [member: string]: unknown }

declare module './api.gen' {
  interface KnownJson {
    'EntityProfile.spec': CharacterCard;
    'ChangeProfile.spec': CharacterCard;
    'LoreEntry.extensions': Record<string, unknown>;
    'LoreEntry.unknown': Record<string, unknown>;
    'RenderPromptTemplate.context': Record<string, unknown>;
    'DatabaseRowDiff.key': Record<string, string | null>;
    'DatabaseRowDiff.from': Record<string, string | null>;
    'DatabaseRowDiff.to': Record<string, string | null>;
    'QueryResult.rows': (string | null)[][];
    'Variant.blocks': Block[];
    'Chat.vars': Record<string, unknown>;
    'ChangeChat.vars': Record<string, unknown>;
    'Generation.problems': Problem[] | null;
    'GenerationSettings.output_schema': Record<string, unknown>;
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

/** Sends bytes as they are; the server looks at them, and not at what the browser takes them for. */
async function send_bytes(method: string, address: string, content: Blob): Promise<Response> {
  const response = await send(address, { method, headers: { 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': csrf_token }, body: content });
  if (!response.ok) throw await problem_of(response);
  return response;
}

/** Keeps the content of an input of a step. */
export async function put_blob(sha256: string, content: Blob): Promise<void> {
  await send_bytes('PUT', `/api/v1/blobs/${sha256}`, content);
}
export const import_profile = (file: Blob): Promise<EntityProfile> => send_bytes('POST', '/api/v1/entity_profiles/import', file).then((response) => response.json());
export const put_avatar = (profile_id: Id, picture: Blob): Promise<EntityProfile> => send_bytes('PUT', `/api/v1/entity_profiles/${profile_id}/avatar`, picture).then((response) => response.json());
export const post_image = (chat_id: Id, file: Blob): Promise<Image> => send_bytes('POST', `/api/v1/chats/${chat_id}/images`, file).then((response) => response.json());
export const import_lorebook = (file: Blob): Promise<Lorebook> => send_bytes('POST', '/api/v1/lorebooks/import', file).then((response) => response.json());
export const import_chats = (file: Blob): Promise<Imported> => send_bytes('POST', '/api/v1/chats/import', file).then((response) => response.json());
export const put_document = (source_id: Id, path: string, file: Blob): Promise<KnowledgeSource> =>
  send_bytes('PUT', `/api/v1/knowledge_sources/${source_id}/documents/${path.split('/').map(encodeURIComponent).join('/')}`, file).then((response) => response.json());
