// Made from the server's table of routes by `./dev gen`; not edited by hand.

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The value, and where the rest will happen. */
export type Following<T> = T & { stream: string; after: string };

export interface StreamEvent {
  id: string;
  type: string;
  seq?: number;
  [member: string]: unknown;
}

export interface EventsQuery {
  after?: string;
  limit?: number;
  cursor?: string;
}

/** Members that hold free JSON, as "Interface.member"; who knows what is in one says so by extending this interface. */
export interface KnownJson {}
type Json<Member extends string> = Member extends keyof KnownJson ? KnownJson[Member] : unknown;

export interface CallOptions {
  signal?: AbortSignal;
  if_match?: string | number;
  idempotency_key?: string;
}

/** A problem document (RFC 9457) that the server answered with; `message` is written for the person. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: { pointer: string; detail: string }[] = [],
    readonly request_id: string | null = null,
    readonly retry_after_s: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Carries every request to the server; what it throws, the caller gets. */
export type Transport = (address: string, request: RequestInit & { headers: Record<string, string> }) => Promise<Response>;
let transport: Transport = (address, request) => fetch(address, request);
export function use_transport(wanted: Transport) {
  transport = wanted;
}

let csrf_token = "";
/** What changes must carry when the session is a cookie; the session's own answer names it. */
export function use_csrf_token(token: string) {
  csrf_token = token;
}

const part = encodeURIComponent;
const parts = (path: string) => path.split("/").map(part).join("/");

function with_query(path: string, query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null) search.set(name, String(value));
  return search.size ? `${path}?${search}` : path;
}

export async function problem_of(response: Response): Promise<ApiError> {
  // A proxy's page is no problem document: the status is then all there is to tell.
  const body = await response.json().catch(() => ({}));
  return new ApiError(
    response.status,
    body.code ?? `http_${response.status}`,
    body.detail ?? body.title ?? `The server answered ${response.status}.`,
    body.errors ?? [],
    body.instance ?? response.headers.get("X-Request-Id"),
    Number(response.headers.get("Retry-After")) || null,
  );
}

async function send(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions, accept = "application/json"): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf_token) headers["X-CSRF-Token"] = csrf_token;
  if (options.if_match !== undefined) headers["If-Match"] = `"${options.if_match}"`;
  if (options.idempotency_key) headers["Idempotency-Key"] = options.idempotency_key;
  const response = await transport(with_query(path, query), { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: options.signal });
  if (!response.ok) throw await problem_of(response);
  return response;
}

async function call<T>(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions): Promise<T> {
  const response = await send(method, path, query, body, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function call_bytes(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions): Promise<Blob> {
  return (await send(method, path, query, body, options, "*/*")).blob();
}

export interface AddImage {
  /** Its name: postgres:17. */
  name: string;
  /** A directory or tar archive on the server's machine that holds bin/postgres and bin/initdb. */
  path: string;
}

export interface App {
  /** Which app. */
  id: string;
  /** Its name. */
  name: string;
  /** The template that it was made from. */
  template: string;
  /** The project that it belongs to. */
  project_id: string | null;
  /** The chat in which it is changed. */
  chat_id: string;
  /** The chat's main branch. */
  branch_id: string;
  /** What the main branch shows. */
  current_version_id: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface AuditEntry {
  /** The entry's id. */
  id: string;
  /** Its place in the organization's chain: 1, 2, 3 … */
  seq: number;
  /** When it was written. */
  at: string;
  /** Who: person:, token: or job: and the user's id. */
  actor: string;
  /** From which IP address, when known. */
  address: string;
  /** What was done, or which permission was refused. */
  action: string;
  /** On what: its kind and id, when named. */
  object: string;
  /** Whether it was done or denied. */
  outcome: "ok" | "denied";
  /** The request it belongs to. */
  request_id: string;
  /** SHA-256 over the previous entry's hash and this entry, in hex. */
  hash: string;
}

export interface AuditVerification {
  /** Whether every entry is there and unchanged. */
  is_valid: boolean;
  /** How many entries were checked. */
  entries: number;
  /** The first entry that is missing, changed or out of place. */
  first_bad_seq: number | null;
}

export interface Branch {
  /** Which branch. */
  id: string;
  /** Its chat. */
  chat_id: string;
  /** Its title. */
  title: string;
  /** Whether it is the branch that the chat began with. */
  is_main: boolean;
  /** The branch that it was forked from. */
  parent_branch_id: string | null;
  /** The last message that it inherits. */
  forked_from_message_id: string | null;
  /** The variant of that message which it inherits. */
  forked_from_variant_id: string | null;
  /** The place of that message in the history. */
  forked_from_seq: number | null;
  /** Messages in its history, the inherited ones included. */
  messages_count: number;
  /** The beginning of its newest message. */
  last_message_preview: string;
  /** The version of the app that it shows. */
  current_version_id: string | null;
  /** When it was created. */
  created_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface BranchDatabase {
  /** Whose it is; also the name of its instance. */
  branch_id: string;
  /** The app. */
  app_id: string;
  /** The version whose data it has; absent until it was made. */
  version_id: string | null;
  /** The branch that it was forked from. */
  from_branch_id: string | null;
  /** The instance: see GET /api/v1/database_instances. */
  instance_id: string | null;
  /** How far it is. */
  status: "making" | "ready" | "failed" | "unavailable";
  /** Why it is not ready and what to do. */
  error: string | null;
  /** When it was created. */
  created_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface BuiltInPromptTemplate {
  /** The language that it is written in. */
  engine: "liquid";
  /** The template. */
  text: string;
}

export interface CacheStatus {
  /** How copies are made. */
  backend: string;
  /** What a copy costs here, and why there is no better way. */
  why: string;
  /** How many states there are, of databases and of packages. */
  states: number;
  /** What they take on the disk. */
  bytes: number;
  /** What they may take. */
  bytes_max: number;
  /** What is free on the disk. */
  bytes_free: number;
  /** What could be evicted now. */
  bytes_reclaimable: number;
  /** How many were evicted so far. */
  evicted: number;
  /** When one was evicted last. */
  last_evicted_at: string | null;
  /** Steps that were there already, since the server started. */
  hits: number;
  /** Steps that had to be built, since the server started. */
  misses: number;
  /** What the hits would have taken to build. */
  saved_ms: number;
  /** How many copies run already for whoever asks next. */
  warm: number;
}

export interface ChangeApp {
  /** The new name. */
  name: string;
}

export interface ChangeBranch {
  /** The new title. */
  title: string;
}

export interface ChangeChat {
  /** The new title. */
  title?: string | null;
  /** archived puts it away; active brings it back. */
  status?: "active" | "archived" | "deleted" | null;
  /** Who the person is in it; empty for the default persona. */
  persona_id?: string | null;
  /** All its tags from now on; [] for none. */
  tags?: string[] | null;
  /** All its variables from now on: an object of 16 KiB at most; {} for none. */
  vars?: Json<"ChangeChat.vars"> | null;
  /** How far what is said in it may go. */
  data_class?: "open" | "internal" | "confidential" | null;
}

export interface ChangeInstance {
  /** Its new name. */
  name?: string | null;
  /** How long after its last use it is kept. */
  ttl_ms?: number | null;
  /** From now on, how long it is kept in any case. */
  lease_ms?: number | null;
}

export interface ChangeKnowledgeSettings {
  /** The name or the id of a model for embeddings; empty for words alone. */
  embedding_model?: string | null;
  /** How close a piece must lie to a question, as the cosine of their angle: models differ (0.3 at first). */
  similarity_min?: number | null;
}

export interface ChangeKnowledgeSource {
  /** The new name. */
  name?: string | null;
  /** Of a note: what it says now. */
  text?: string | null;
}

export interface ChangeLorebook {
  /** The new name. */
  name?: string | null;
  /** The new description. */
  description?: string | null;
  /** How many of the newest messages are looked at. */
  scan_depth?: number | null;
  /** How many tokens its entries may take. */
  token_budget?: number | null;
  /** Whether activated texts activate its entries. */
  recursive_scanning?: boolean | null;
}

export interface ChangeModel {
  /** What people call it here. */
  name?: string | null;
  /** Where its API stands; empty for the provider's own address. */
  base_url?: string | null;
  /** The provider's name of it. */
  model?: string | null;
  /** A new key; empty removes the stored one. */
  api_key?: string | null;
  /** How many tokens a prompt and its answer may have together. */
  context_tokens?: number | null;
  /** true makes it the model that answers when none is named. */
  is_default?: boolean | null;
  /** How long it may take to be reached. */
  connect_timeout_ms?: number | null;
  /** How long the first token may take. */
  first_token_timeout_ms?: number | null;
  /** How long it may be silent between two tokens. */
  between_tokens_timeout_ms?: number | null;
  /** How long an answer may take altogether. */
  total_timeout_ms?: number | null;
  /** What a million tokens of a prompt cost, in US dollars. */
  tokens_in_usd?: number | null;
  /** The same of those that the provider had cached. */
  tokens_cached_usd?: number | null;
  /** The same of an answer's. */
  tokens_out_usd?: number | null;
  /** Whether it can be sent images. */
  takes_images?: boolean | null;
  /** The most confidential class of data that it may be sent. */
  data_class_max?: "open" | "internal" | "confidential" | null;
}

export interface ChangeModelPolicy {
  /** The new name. */
  name?: string | null;
  /** The models, in the order in which they are asked. */
  model_ids?: string[] | null;
  /** Where it stands among the others. */
  position?: number | null;
}

export interface ChangePersona {
  /** The new name. */
  name?: string | null;
  /** What the model is told about the person. */
  description?: string | null;
  /** true makes it the persona of chats that name none. */
  is_default?: boolean | null;
}

export interface ChangePipeline {
  /** Its name, one of a kind. */
  name?: string | null;
  /** What it is for. */
  description?: string | null;
  /** What it does from now on: its next version. */
  definition?: PipelineDefinition | null;
}

export interface ChangeProfile {
  /** The new name, of the card too. */
  name?: string | null;
  /** A character card of any version, instead of the one that it has. */
  spec?: Json<"ChangeProfile.spec"> | null;
  /** What to keep beside it, instead of what is kept: an object. */
  meta?: Json<"ChangeProfile.meta"> | null;
  /** archived puts it away; active brings it back. */
  status?: "active" | "archived" | null;
}

export interface ChangePromptTemplate {
  /** The new name; templates that include it by the old one must be changed too. */
  name?: string | null;
  /** The new text. */
  text?: string | null;
  /** Whether it is chosen. */
  is_enabled?: boolean | null;
}

export interface ChangeServiceAccount {
  /** What it is for. */
  name?: string | null;
  /** Its role in the organization: viewer, developer or admin. */
  role?: "viewer" | "developer" | "admin" | "owner" | null;
}

export interface CharacterFilter {
  /** Whether these characters are left out, instead of being the only ones. */
  is_exclude?: boolean;
  /** Names of characters. */
  names?: string[];
  /** Tags of characters. */
  tags?: string[];
}

export interface Chat {
  /** Which chat. */
  id: string;
  /** Its title; taken from the first message when none was given. */
  title: string;
  /** The project that it belongs to; absent in chats older than projects. */
  project_id: string | null;
  /** The app that the chat is about. */
  app_id: string | null;
  /** Who the person is in it; the default persona, if there is one, when absent. */
  persona_id: string | null;
  /** The profile of the character that the chat is with. */
  entity_profile_id: string | null;
  /** How far what is said in it may go: models that may not be sent it do not answer. */
  data_class: "open" | "internal" | "confidential";
  /** active, archived (put away), or deleted (in the trash). */
  status: "active" | "archived" | "deleted";
  /** What people sort it by. */
  tags: string[];
  /** Its variables, which templates of prompts and pipelines name: an object. */
  vars: Json<"Chat.vars">;
  /** The chat that it was forked from; it may be gone. */
  origin_chat_id: string | null;
  /** The branch of that chat. */
  origin_branch_id: string | null;
  /** The last message that it took along; absent when it took the whole branch. */
  origin_message_id: string | null;
  /** The branch that is shown when none is named. */
  active_branch_id: string;
  /** Where to follow the chat's events from, so that nothing that its messages do not show yet is missed. */
  position: string;
  /** When the newest message was written. */
  last_message_at: string | null;
  /** When it was put into the trash, which is emptied by itself after trash_kept_days. */
  deleted_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface CheckPipeline {
  /** What would be saved. */
  definition: PipelineDefinition;
}

export interface Citations {
  /** Passages of knowledge, by their numbers. */
  passages: CitedPassage[];
  /** Entries of lorebooks. */
  entries: CitedEntry[];
}

export interface CitedEntry {
  /** The lorebook. */
  lorebook_id: string;
  /** Its name. */
  lorebook_name: string;
  /** The entry's number in it. */
  uid: number;
  /** The entry's title. */
  comment: string;
  /** Why it was part of the prompt. */
  reason: "constant" | "keys" | "sticky" | "decorator" | "disabled" | "trigger" | "character_filter" | "delay" | "cooldown" | "waits_for_recursion" | "recursion_off" | "excluded_from_recursion" | "dont_activate" | "only_after" | "only_every" | "greeting" | "user_icon" | "context_full" | "additional_keys" | "exclude_keys" | "no_keys" | "no_match" | "secondary_keys" | "unusable_key" | "group" | "probability" | "budget";
  /** Its keys that were found. */
  matched_keys: string[];
  /** What it said. */
  text: string;
  /** About how many tokens that took. */
  tokens: number;
  /** Where it stood in the prompt. */
  place: PromptPlace;
}

export interface CitedPassage {
  /** Its number for the model: [1], [2] … */
  number: number;
  /** The source. */
  source_id: string;
  /** Its name. */
  source_name: string;
  /** The document in it. */
  document_id: string;
  /** The document's path. */
  document_path: string;
  /** The document's title. */
  document_title: string;
  /** The number of the piece in the document, from 0. */
  position: number;
  /** The byte of the document's text with which it begins. */
  from_byte: number;
  /** The byte behind its last one. */
  to_byte: number;
  /** The heading that it stands under. */
  heading: string;
  /** What it says. */
  text: string;
  /** About how many tokens that takes. */
  tokens: number;
  /** The sum of 1 / (60 + rank) over the ranks that it has. */
  score: number;
  /** Its place among what was found by words, from 1. */
  words_rank: number | null;
  /** What its words weigh together: rare ones weigh more. */
  words_weight: number | null;
  /** The words for which it was found, as the index has them; the rarest first. */
  matched_words: string[];
  /** Its place among what was found by meaning, from 1. */
  vector_rank: number | null;
  /** How close it lies to the question: the cosine of their angle. */
  similarity: number | null;
  /** Where it stood in the prompt. */
  place: PromptPlace;
}

export interface ClusterDatabase {
  /** Its name; a connection string has it behind the instance's, as in shop:billing. */
  name: string;
  /** What it takes. */
  bytes: number;
}

export interface CollectDatabases {
  /** Also states for which there is room, if nothing names them, copies them or comes from them that is needed. */
  is_everything?: boolean;
  /** Only say what would go. */
  is_dry_run?: boolean;
}

export interface CollectedDatabases {
  /** How many instances went, because their time was over. */
  instances: number;
  /** How many states went. */
  states: number;
  /** What that freed on the disk. */
  bytes: number;
  /** Whether nothing was done yet. */
  is_dry_run: boolean;
}

export interface CountTokens {
  /** What to count. */
  text: string;
}

export interface CreateApp {
  /** Its name. */
  name: string;
  /** The template that it begins as: see GET /api/v1/templates. */
  template: string;
  /** The project that it belongs to; the caller's own when absent. */
  project_id?: string | null;
}

export interface CreateBranch {
  /** The last message that the new branch inherits. */
  from_message_id: string;
  /** Its title. */
  title?: string | null;
  /** The branch whose history is inherited; the branch that the message was written on when absent. */
  branch_id?: string | null;
}

export interface CreateChat {
  /** Its title. */
  title?: string | null;
  /** The project that it belongs to; the caller's own when absent. */
  project_id?: string | null;
  /** The app that it is about. */
  app_id?: string | null;
  /** The profile of the character that it is with: the chat begins with the greetings of its card. */
  entity_profile_id?: string | null;
  /** Who the person is in it; the default persona, if there is one, when absent. */
  persona_id?: string | null;
}

export interface CreateKnowledgeSource {
  /** Its name, by which it is cited. */
  name: string;
  /** note: a text that is sent here; url: a page that is fetched; file, folder: PUT …/documents/{path} adds what it has. */
  kind?: "note" | "file" | "url" | "folder";
  /** Of a note: what it says. */
  text?: string | null;
  /** Of a url: a public http or https address. */
  url?: string | null;
}

export interface CreateLorebook {
  /** Its name. */
  name: string;
  /** What it is about; no model sees it. */
  description?: string | null;
  /** How many of the newest messages are looked at; the setting's when absent. */
  scan_depth?: number | null;
  /** How many tokens its entries may take; no limit of its own when absent. */
  token_budget?: number | null;
  /** Whether activated texts activate its entries; the setting's when absent. */
  recursive_scanning?: boolean | null;
}

export interface CreateMessage {
  /** What is said. */
  text?: string | null;
  /** In the place of text: parts that people, models or both see. */
  blocks?: WrittenBlock[] | null;
  /** Images of the chat that belong to it; text and blocks may then be left out. */
  image_ids?: string[] | null;
  /** Who says it; user when absent. */
  role?: "user" | "assistant" | "system" | "tool" | null;
}

export interface CreateModel {
  /** What people call it here. */
  name: string;
  /** openai (chat completions of any compatible endpoint), openai_responses, anthropic, gemini, ollama or demo. */
  provider: string;
  /** Where its API stands; the provider's own address when absent. */
  base_url?: string | null;
  /** The provider's name of it. */
  model?: string | null;
  /** The key; stored encrypted and never shown. */
  api_key?: string | null;
  /** How many tokens a prompt and its answer may have together (64000 when absent). */
  context_tokens?: number | null;
  /** Whether it answers when no model is named. */
  is_default?: boolean | null;
  /** How long it may take to be reached (10 s when absent). */
  connect_timeout_ms?: number | null;
  /** How long the first token may take (2 minutes when absent). */
  first_token_timeout_ms?: number | null;
  /** How long it may be silent between two tokens (a minute when absent). */
  between_tokens_timeout_ms?: number | null;
  /** How long an answer may take altogether (half an hour when absent). */
  total_timeout_ms?: number | null;
  /** What a million tokens of a prompt cost, in US dollars. */
  tokens_in_usd?: number | null;
  /** The same of those that the provider had cached. */
  tokens_cached_usd?: number | null;
  /** The same of an answer's. */
  tokens_out_usd?: number | null;
  /** Whether it can be sent images (true when absent, but for the demo). */
  takes_images?: boolean | null;
  /** The most confidential class of data that it may be sent (confidential when absent). */
  data_class_max?: "open" | "internal" | "confidential" | null;
}

export interface CreateModelPolicy {
  /** What people call it. */
  name: string;
  /** The models, in the order in which they are asked. */
  model_ids: string[];
  /** Where it stands among the others (0 when absent). */
  position?: number | null;
  /** What it is for; everything when absent. */
  task?: "chat" | "app" | "impersonation" | null;
  /** For chats of this class of data alone; all when absent. */
  data_class?: "open" | "internal" | "confidential" | null;
  /** What one answer may cost at most, in US dollars. */
  cost_usd_max?: number | null;
}

export interface CreatePersona {
  /** What the person is called in the chat. */
  name: string;
  /** What the model is told about the person. */
  description?: string | null;
  /** Whether chats that name no persona have it. */
  is_default?: boolean | null;
}

export interface CreatePipeline {
  /** Its name, one of a kind. */
  name: string;
  /** What it is for. */
  description?: string | null;
  /** What it does; it is checked first. */
  definition: PipelineDefinition;
}

export interface CreatePreview {
  /** The app. */
  app_id: string;
  /** The branch to follow; the main branch when neither is given. */
  branch_id?: string | null;
  /** The one version to show, instead of a branch. */
  version_id?: string | null;
}

export interface CreateProfile {
  /** What it is called; the name of its card when absent. */
  name?: string | null;
  /** What it describes. */
  kind?: "CharSpec" | null;
  /** A character card of any version, or the fields of one; an empty one when absent. */
  spec?: Json<"CreateProfile.spec"> | null;
  /** What to keep beside it: an object. */
  meta?: Json<"CreateProfile.meta"> | null;
  /** The project that it belongs to; the caller's own when absent. */
  project_id?: string | null;
}

export interface CreatePromptTemplate {
  /** Its name, by which other templates include it. */
  name: string;
  /** The template, in Liquid. */
  text: string;
  /** Where it is used: global (when absent), entity_profile or chat. */
  scope?: "global" | "entity_profile" | "chat" | null;
  /** The chat or the profile that it is for. */
  scope_id?: string | null;
  /** Whether it is chosen (true when absent); a part that others include need not be. */
  is_enabled?: boolean | null;
}

export interface CreateServiceAccount {
  /** What it is for, such as ci. */
  name: string;
  /** Its role in the organization: viewer, developer or admin. */
  role?: "viewer" | "developer" | "admin" | "owner";
}

export interface CreateToken {
  /** What it is for. */
  name: string;
  /** The most it may do, such as chats.read; without it, whatever you may. */
  permissions?: string[] | null;
  /** When it stops working; without it, never. */
  expires_at?: string | null;
}

export interface CreateTrustRule {
  /** Who signs the ID tokens, such as https://token.actions.githubusercontent.com or https://gitlab.com. */
  issuer: string;
  /** Who they must be for: the address of this server, unless the CI says otherwise. */
  audience: string;
  /** What else they must say, such as repository: acme/shop; all of it, and one at least. */
  claims: TrustedClaim[];
  /** The most that tokens got by this rule may do; without it, whatever the account may. */
  permissions?: string[] | null;
  /** How long such tokens live, in seconds. */
  token_lifetime_s?: number;
}

export interface CreateVariant {
  /** Another text of the message. */
  text?: string | null;
  /** In the place of text: parts that people, models or both see. */
  blocks?: WrittenBlock[] | null;
  /** Whether the message shows it from now on; true when absent. */
  is_selected?: boolean | null;
}

export interface DatabaseClone {
  /** What was cloned: user, host and database, and which part of it. */
  title: string;
  /** The state that its dump made. */
  state_id: string;
  /** The SHA-256 of its dump. */
  sha256: string;
  /** The size of its dump. */
  bytes: number;
  /** When the state was built. */
  created_at: string;
}

export interface DatabaseDiffRequest {
  /** A state, a ref or an instance. */
  from: string;
  /** What it is compared with. */
  to: string;
  /** Which database of the two clusters. */
  database?: string;
  /** Compare the objects: tables, columns, views, functions, and so on. */
  schema?: boolean;
  /** Compare the rows of the tables that both have. */
  data?: boolean;
  /** Only the rows of these tables (public.item); all without it. */
  tables?: string[];
  /** How many rows of each table are shown at most; 20 without it. They are counted all the same. */
  rows_max?: number | null;
  /** How long it may take; one minute without it. */
  timeout_ms?: number | null;
}

export interface DatabaseFailure {
  /** What went wrong, and what to do. */
  message: string;
  /** Which step, from 1. */
  step: number | null;
  /** The file in which. */
  file: string | null;
  /** The line in which. */
  line: number | null;
  /** The statement that failed, or its beginning. */
  statement: string | null;
  /** PostgreSQL's code. */
  sqlstate: string | null;
  /** PostgreSQL's detail. */
  detail: string | null;
  /** PostgreSQL's hint. */
  hint: string | null;
  /** Of a query: at which character of what was sent, from 1. */
  position: number | null;
  /** The last lines of the tool's output. */
  output: string | null;
}

export interface DatabaseImage {
  /** Its name: postgres:15. */
  name: string;
  /** The exact version. */
  version: string;
  /** The hash of its binaries. */
  digest: string;
  /** Where it comes from: host, or added. */
  source: string;
}

export interface DatabaseInput {
  /** Where the step finds it: relative to its working directory, or absolute. */
  path: string;
  /** The SHA-256 of its content: 64 hex digits. */
  sha256: string;
  /** Its size. */
  bytes?: number;
}

export interface DatabaseLimits {
  /** The memory of an instance, in MiB. */
  memory_mb_max: number;
  /** The processes of an instance. */
  processes_max: number;
  /** The connections to an instance. */
  connections_max: number;
  /** What an instance may take beyond its state, in MiB: databases_instance_disk_mb_max. */
  disk_mb_max: number;
  /** What an instance may use of one processor, in percent: databases_instance_cpu_percent_max; 0: no bound. */
  cpu_percent_max: number;
  /** How many run now, of all organizations. */
  running: number;
  /** How many may run at once: databases_running_max. */
  running_max: number;
  /** How many the organization has. */
  instances: number;
  /** How many it may have: databases_max. */
  instances_max: number;
}

export interface DatabaseObjectDiff {
  /** What happened to it. */
  change: "added" | "removed" | "modified";
  /** What it is: table, column, constraint, index, view, function, … */
  kind: string;
  /** Its name, with its schema; of a part of a table, its own name. */
  name: string;
  /** The table that it is a part of. */
  of: string | null;
  /** Its definition in the first database. */
  from: string | null;
  /** Its definition in the second. */
  to: string | null;
}

export interface DatabasePlan {
  /** The PostgreSQL that it would run on, with its exact version. */
  image: string;
  /** The state that it would end with. */
  state_id: string;
  /** Whether nothing has to be built. */
  cached: boolean;
  /** Its steps, in order. */
  steps: DatabaseStepShown[];
  /** What may make the result vary by itself. */
  warnings: string[];
}

export interface DatabaseRowDiff {
  /** What happened to it. */
  change: "added" | "removed" | "modified";
  /** The columns of its key, as texts; empty for a table without one. */
  key: Json<"DatabaseRowDiff.key">;
  /** The row in the first database; of a modified one, the columns that differ. */
  from: Json<"DatabaseRowDiff.from"> | null;
  /** The row in the second. */
  to: Json<"DatabaseRowDiff.to"> | null;
}

export interface DatabaseRun {
  /** Which run. */
  id: string;
  /** What ran. */
  kind: "psql" | "pgbench" | "command";
  /** Its words. */
  command: string[];
  /** The database that was asked for. */
  source: string;
  /** The instance that it ran against. */
  instance_id: string;
  /** The state that the instance was a copy of. */
  state_id: string;
  /** The PostgreSQL that ran it. */
  image: string;
  /** Whether the instance was made for it. */
  is_own: boolean;
  /** The prepare that made the instance for it. */
  prepare_id: string | null;
  /** The run that it was held against. */
  compared_to: string | null;
  /** Where what ran came from. */
  provenance: Json<"DatabaseRun.provenance">;
  /** How it ended. */
  outcome: "running" | "done" | "failed" | "timed_out" | "limited" | "cancelled" | "lost";
  /** Its exit code, as a shell gives it. */
  exit_code: number | null;
  /** How long it took. */
  ms: number | null;
  /** How much it wrote to standard output. */
  stdout_bytes: number;
  /** How much it wrote to standard error. */
  stderr_bytes: number;
  /** When it began. */
  created_at: string;
  /** When it ended. */
  ended_at: string | null;
}

export interface DatabaseRunOutput {
  /** Which of the two. */
  stream?: "stdout" | "stderr";
}

export interface DatabaseState {
  /** The key of what made it: 64 hex digits; a unique beginning of 8 or more is enough to name it. */
  id: string;
  /** The state that its step began with. */
  parent_id: string | null;
  /** The PostgreSQL that made it. */
  image: string;
  /** What made it. */
  kind: "base" | "psql" | "lb" | "pgbench" | "dump" | "snapshot" | "migrations" | "clone";
  /** Its step, in a few words. */
  title: string;
  /** What it added to the disk when it was made. */
  bytes: number;
  /** How long it took to build. */
  build_ms: number;
  /** How often it was handed out. */
  uses: number;
  /** How many instances are copies of it. */
  instances: number;
  /** The refs that name it. */
  refs: string[];
  /** When it was built. */
  created_at: string;
  /** When it was handed out last. */
  last_used_at: string;
}

export interface DatabaseStep {
  /** Which tool makes it. */
  kind?: "base" | "psql" | "lb" | "pgbench" | "dump" | "snapshot" | "migrations" | "clone";
  /** What it is called in plans, instead of its arguments; no part of its key. */
  title: string | null;
  /** The tool's arguments; psql's with one source: -f FILE, -c TEXT, or -f - for stdin. */
  arguments: string[];
  /** What it reads from standard input. */
  stdin: string | null;
  /** The files that it may read. It sees no others. */
  inputs?: DatabaseInput[];
}

export interface DatabaseStepShown {
  /** The state that it makes. */
  state_id: string;
  /** What it does, in a few words. */
  title: string;
  /** Whether the state was there already. */
  cached: boolean;
  /** Why it was not: never_built, changeset_changed, properties_changed, left_out (a changeset that Liquibase did not run), input_changed: FILE, arguments_changed, parent_changed, image_changed, evicted. */
  reason: string | null;
  /** How long it took; of a step that is not built yet, how long it took the last time. */
  ms: number | null;
}

export interface DatabaseTableDiff {
  /** Its name, with its schema. */
  name: string;
  /** The columns that rows are found by: its primary key, or another unique one. Empty: rows are compared whole. */
  key: string[];
  /** How many rows it has in the first database. */
  rows_from: number;
  /** How many it has in the second. */
  rows_to: number;
  /** How many only the second has. */
  rows_added: number;
  /** How many only the first has. */
  rows_removed: number;
  /** How many have another content. */
  rows_modified: number;
  /** Some of them. */
  rows: DatabaseRowDiff[];
  /** Why its rows were not compared, or not to the end. */
  problem: string | null;
}

export interface DatabasesDiff {
  /** The first state; absent for an instance, whose data may have changed. */
  state_id_from: string | null;
  /** The second state. */
  state_id_to: string | null;
  /** How many objects only the second has. */
  objects_added: number;
  /** How many only the first has. */
  objects_removed: number;
  /** How many are defined in another way. */
  objects_modified: number;
  /** They, tables with their parts. */
  objects: DatabaseObjectDiff[];
  /** How many tables' rows were compared. */
  tables_compared: number;
  /** Those whose rows differ, or could not be compared. Sequences are tables of one row. */
  tables: DatabaseTableDiff[];
  /** Whether objects or rows were left out because there are too many. */
  is_truncated: boolean;
  /** How long it took. */
  ms: number;
}

export interface Diff {
  /** The version before; absent when it is the first. */
  from: string | null;
  /** The version after. */
  to: string;
  /** The files that differ, by path. */
  files: FileChange[];
}

export interface EditMessage {
  /** The new text. */
  text?: string | null;
  /** In the place of text: parts that people, models or both see. */
  blocks?: WrittenBlock[] | null;
  /** true changes the shown variant; otherwise the edit is a new variant. */
  in_place?: boolean | null;
}

export interface EndDatabaseRun {
  /** How it ended. */
  outcome: "running" | "done" | "failed" | "timed_out" | "limited" | "cancelled" | "lost";
  /** As a shell gives it. */
  exit_code: number;
  /** How long it took. */
  ms: number;
  /** What it wrote to standard output, or its beginning and end. */
  stdout?: string;
  /** What it wrote to standard error, or its beginning and end. */
  stderr?: string;
  /** How much it wrote to standard output in all. */
  stdout_bytes?: number;
  /** How much it wrote to standard error in all. */
  stderr_bytes?: number;
}

export interface EntityProfile {
  /** Which profile. */
  id: string;
  /** What it is called. */
  name: string;
  /** What it describes: CharSpec is a character. */
  kind: "CharSpec";
  /** The character card, in its third version: {spec, spec_version, data}. */
  spec: Json<"EntityProfile.spec">;
  /** What clients keep beside the card. */
  meta: Json<"EntityProfile.meta">;
  /** Whether it is in use. */
  status: "active" | "archived";
  /** Whether there is a picture: GET …/avatar. */
  has_avatar: boolean;
  /** Of an import: what was wrong with the file and could be mended. */
  warnings: string[];
  /** The lorebook that its card came with: it is kept there, not in spec. */
  lorebook_id: string | null;
  /** The project that it belongs to. */
  project_id: string;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface ExchangeToken {
  /** urn:ietf:params:oauth:grant-type:token-exchange. */
  grant_type: string;
  /** The ID token that the CI signed for the job. */
  subject_token: string;
  /** urn:ietf:params:oauth:token-type:id_token, or …:jwt. */
  subject_token_type: string;
  /** The id of the service account. */
  client_id: string;
}

export interface ExchangedToken {
  /** A token of the service account, rmf_… */
  access_token: string;
  /** urn:ietf:params:oauth:token-type:access_token. */
  issued_token_type: string;
  /** Bearer: send it as Authorization: Bearer … */
  token_type: string;
  /** How long it lives, in seconds. */
  expires_in: number;
}

export interface ExplainPermissions {
  /** Id of an organization, workspace or project; your own project when absent. */
  on?: string | null;
}

export interface ExportChat {
  /** jsonl (the whole chat; the default), or one branch as markdown or sillytavern. */
  format?: "jsonl" | "markdown" | "sillytavern" | null;
  /** The branch that is written as markdown or sillytavern; the active branch when absent. */
  branch_id?: string | null;
}

export interface ExportLorebook {
  /** As which kind of file: SillyTavern's world info when absent. */
  format?: "sillytavern" | "character_book" | "lorebook_v3" | null;
}

export interface ExportProfile {
  /** The file: json (when absent), png or charx. */
  format?: "json" | "png" | "charx" | null;
  /** The version of the card: v3 (when absent) or v2. */
  to?: "v2" | "v3" | null;
}

export interface File {
  /** Where it lies. */
  path: string;
  /** What it is. */
  kind: "file" | "executable" | "symlink" | "submodule";
  /** Its bytes. */
  size: number;
}

export interface FileChange {
  /** Where the file lies afterwards; a deleted one, where it lay. */
  path: string;
  /** Where it lay before. */
  old_path: string;
  /** What happened to it. */
  status: "added" | "modified" | "deleted" | "renamed";
  /** Lines added. */
  additions: number;
  /** Lines deleted. */
  deletions: number;
  /** Whether it is not text; it then has no patch. */
  is_binary: boolean;
  /** Whether the patch was cut at a limit. */
  is_truncated: boolean;
  /** Unified diff. */
  patch: string;
}

export interface Files {
  /** The version whose files they are. */
  version_id: string;
  /** All of its files, by path. */
  items: File[];
  /** Always absent: the list is complete. */
  next_cursor: string | null;
}

export interface ForkBranch {
  /** The last message that the new chat takes along; the newest of the branch when absent. */
  message_id?: string | null;
  /** Its title; that of the chat when absent. */
  title?: string | null;
}

export interface ForkInstance {
  /** A name for the copy. */
  name?: string | null;
  /** How long after its last use the copy is kept. */
  ttl_ms?: number | null;
}

export interface Found {
  /** The chat. */
  chat_id: string;
  /** Its title. */
  chat_title: string;
  /** Whether it is in use or archived. */
  chat_status: "active" | "archived" | "deleted";
  /** The message; absent when it is the title that has the words. */
  message_id: string | null;
  /** A branch that has the message in its history: the active one where it does. */
  branch_id: string | null;
  /** The place of the message in that history: ?before= and ?after= read what is around it. */
  seq: number | null;
  /** Who says it. */
  role: "user" | "assistant" | "system" | "tool" | null;
  /** The text around the words. */
  excerpt: string;
  /** The words as the excerpt has them. */
  matches: string[];
  /** When the message was written, or the chat created. */
  created_at: string;
}

export interface Generate {
  /** The branch whose history is answered; the active branch when absent. */
  branch_id?: string | null;
  /** Name or id of the model that answers; what the policies say, else the default model, when absent. */
  model?: string | null;
  /** How it shall answer. */
  settings?: GenerationSettings | null;
}

export interface Generation {
  /** Which generation. */
  id: string;
  /** Its chat. */
  chat_id: string;
  /** The branch whose history it answers. */
  branch_id: string;
  /** The message that it writes. */
  message_id: string;
  /** The variant that it writes. */
  variant_id: string;
  /** How far it is. */
  status: "queued" | "streaming" | "done" | "aborted" | "error";
  /** Who runs the model. */
  provider: string;
  /** The model's name. */
  model: string;
  /** The model's settings; absent when they were deleted since. */
  model_id: string | null;
  /** Tokens of the prompt. */
  tokens_in: number;
  /** Tokens of the answer. */
  tokens_out: number;
  /** Tokens of the prompt that the provider had cached. */
  tokens_cached: number;
  /** What it cost, in US dollars, where the model's price is known. */
  cost_usd: number;
  /** Why it failed: one of the error codes, or "interrupted". */
  error_code: string | null;
  /** Why it failed and what to do. */
  error_message: string | null;
  /** Changes of the answer that were not applied: [{path, message}]. */
  problems: Json<"Generation.problems">;
  /** Which attempt is or was the last. */
  attempt: number;
  /** When it was asked for. */
  queued_at: string;
  /** When the first piece of the answer came. */
  first_token_at: string | null;
  /** When it ended. */
  ended_at: string | null;
  /** The pipeline run that records its steps. */
  run_id: string;
  /** How much of knowledge and lore stood in its prompt; GET …/citations lists it. */
  citations_count: number;
}

export interface GenerationSettings {
  /** How much chance there is in it. */
  temperature: number | null;
  /** How many tokens the answer may have. */
  tokens_max: number | null;
  /** How much a model that can should think before it answers. */
  thinking: "off" | "low" | "medium" | "high" | null;
  /** A JSON Schema that the answer must follow; the answer is then JSON. */
  output_schema: Json<"GenerationSettings.output_schema"> | null;
}

export interface GraphEdge {
  /** The step that is first. */
  from: string;
  /** The step that waits for it. */
  to: string;
  /** Whether that must be done, or must only have ended. */
  kind: "needs" | "follows";
}

export interface GraphNode {
  /** The step. */
  id: string;
  /** What it does. */
  type: string;
  /** What people call it. */
  title: string;
  /** Its place beside the main model call. */
  stage: "before" | "pre" | "llm" | "after" | "post";
  /** The length of the longest way to it, from 0. */
  level: number;
  /** Whether the run stops when it fails. */
  required: boolean;
  /** When it runs. */
  condition: string | null;
}

export interface Image {
  /** Which image; GET /api/v1/images/{image_id} is the file. */
  id: string;
  /** image/png, image/jpeg, image/webp or image/gif, by its content. */
  media_type: string;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** How large the file is. */
  size_bytes: number;
}

export interface Imported {
  /** What the file was. */
  format: "jsonl" | "sillytavern" | "open_webui" | "chatgpt";
  /** The chats that were made of it, in its order. */
  chat_ids: string[];
  /** How many messages they have. */
  messages_count: number;
  /** What was left out, and why. */
  warnings: string[];
}

export interface ImportedCard {
  /** Its path in the archive. */
  file: string;
  /** The profile that was made of it; absent when it could not be. */
  profile_id: string | null;
  /** What the character is called. */
  name: string;
  /** What was wrong with it and could be mended. */
  warnings: string[];
  /** Why it is no profile now. */
  error: string | null;
}

export interface ImportedCards {
  /** What became of each file, in the order of the archive. */
  items: ImportedCard[];
}

export interface Instance {
  /** Which instance. */
  id: string;
  /** Its name, which also works in connection strings. */
  name: string | null;
  /** The state that it is a copy of. */
  state_id: string;
  /** The PostgreSQL that runs it. */
  image: string;
  /** Whether it runs. One that is asleep starts with the next connection. */
  status: "starting" | "ready" | "asleep" | "failed";
  /** Why it failed, or ended by itself. */
  error: string | null;
  /** What will happen to it, and what to do: its time is nearly over, or it has grown as far as it may. */
  warning: string | null;
  /** What made it. */
  origin: "prepare" | "fork" | "ref" | "app";
  /** How to connect to it. Lists have it not. */
  dsn: string | null;
  /** How long after its last use it is kept. */
  ttl_ms: number;
  /** Until when it is kept in any case. */
  lease_until: string | null;
  /** When it was made. */
  created_at: string;
  /** When somebody was connected last. */
  last_used_at: string;
  /** When it is dropped unless it is used before; absent: it lives as long as the branch of the app whose database it is. */
  expires_at: string | null;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface Job {
  /** The job. */
  id: string;
  /** What it does: <module>.<verb>. */
  kind: string;
  /** Where it is in its life. */
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  /** Which try this is; 0 before the first. */
  attempt: number;
  /** After this many tries it has failed. */
  attempts_max: number;
  /** From 0 to 1. */
  progress: number;
  /** What is being done. */
  message: string | null;
  /** Why the last try did not succeed. */
  error: string | null;
  /** What it is about: chat:chat_… and the like. */
  subject: string | null;
  /** What it yielded. */
  result: Json<"Job.result"> | null;
  /** When it was asked for. */
  created_at: string;
  /** When its last try began. */
  started_at: string | null;
  /** When it ended. */
  ended_at: string | null;
}

export interface JoinBlobs {
  /** The SHA-256 of the whole: 64 hex digits. */
  sha256: string;
  /** The SHA-256 of each part, in order; parts are not kept. */
  parts: string[];
}

export interface KnowledgeBinding {
  /** In all chats, in those with a profile or a persona, or in one. */
  scope: "global" | "entity_profile" | "persona" | "chat";
  /** The profile, the persona or the chat; left out when it is global. */
  scope_id: string;
}

export interface KnowledgeChunk {
  /** Its number in the document, from 0. */
  position: number;
  /** The byte of the document's text with which it begins. */
  from_byte: number;
  /** The byte behind its last one. */
  to_byte: number;
  /** The heading that it stands under. */
  heading: string;
  /** What it says. */
  text: string;
}

export interface KnowledgeDocument {
  /** Which document. */
  id: string;
  /** The source that it is in. */
  source_id: string;
  /** Its place in the source: a path in a folder, a file's name, an address. */
  path: string;
  /** Its title; its path when it has none. */
  title: string;
  /** How long its text is. */
  text_bytes: number;
  /** How many pieces it is cut into. */
  chunks_count: number;
  /** Whether it can be found. */
  is_indexed: boolean;
  /** When it last changed. */
  updated_at: string;
}

export interface KnowledgeFound {
  /** What was found, the best first. */
  passages: KnowledgePassage[];
  /** How many tokens it takes. */
  tokens: number;
  /** Why nothing was looked for by meaning, though there is a model for it. */
  vector_error: string | null;
}

export interface KnowledgePassage {
  /** The source. */
  source_id: string;
  /** Its name. */
  source_name: string;
  /** The document in it. */
  document_id: string;
  /** The document's path. */
  document_path: string;
  /** The document's title. */
  document_title: string;
  /** The number of the piece in the document, from 0. */
  position: number;
  /** The byte of the document's text with which it begins. */
  from_byte: number;
  /** The byte behind its last one. */
  to_byte: number;
  /** The heading that it stands under. */
  heading: string;
  /** What it says. */
  text: string;
  /** About how many tokens that takes. */
  tokens: number;
  /** The sum of 1 / (60 + rank) over the ranks that it has. */
  score: number;
  /** Its place among what was found by words, from 1. */
  words_rank: number | null;
  /** What its words weigh together: rare ones weigh more. */
  words_weight: number | null;
  /** The words for which it was found, as the index has them; the rarest first. */
  matched_words: string[];
  /** Its place among what was found by meaning, from 1. */
  vector_rank: number | null;
  /** How close it lies to the question: the cosine of their angle. */
  similarity: number | null;
}

export interface KnowledgeSettings {
  /** The model by which pieces are found by what they mean; by their words alone when absent. */
  embedding_model_id: string | null;
  /** How close a piece must lie to a question, as the cosine of their angle. */
  similarity_min: number;
  /** How many pieces there are. */
  chunks_count: number;
  /** How many of them have a vector of this model. */
  vectors_count: number;
  /** Whether the database computes with pgvector. */
  has_pgvector: boolean;
  /** Why the others have none, and what to do. */
  error: string | null;
  /** How many tokens models were given for pieces and questions so far. */
  tokens_in: number;
  /** What that cost, by the prices of the time. */
  cost_usd: number;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface KnowledgeSource {
  /** Which source. */
  id: string;
  /** Where its documents come from. */
  kind: "note" | "file" | "url" | "folder";
  /** Its name, by which it is cited. */
  name: string;
  /** Of a url: the address. */
  url: string | null;
  /** Whether it has documents, and whether they can be found. */
  status: "empty" | "indexing" | "ready" | "failed";
  /** Why it failed, and what to do. */
  error: string | null;
  /** How many documents it has. */
  documents_count: number;
  /** How many pieces they are cut into. */
  chunks_count: number;
  /** How long their texts are together. */
  text_bytes: number;
  /** When all of it could last be found. */
  indexed_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface ListApps {
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListAuditEntries {
  /** Only entries of this actor, such as person:user_…. */
  actor?: string | null;
  /** Only this action. */
  action?: string | null;
  /** Only this object, such as app:app_…. */
  object?: string | null;
  /** Only what was done, or only what was denied. */
  outcome?: "ok" | "denied" | null;
  /** Only entries at or after this time. */
  since?: string | null;
  /** Only entries before this time. */
  until?: string | null;
  /** At most this many. */
  limit?: number;
  /** Where the previous page ended: its next_cursor. */
  cursor?: string | null;
}

export interface ListChats {
  /** Only chats about this app. */
  app_id?: string | null;
  /** Only chats with the character of this profile. */
  entity_profile_id?: string | null;
  /** Only chats of this status; all but the deleted ones when absent. */
  status?: "active" | "archived" | "deleted" | null;
  /** Only chats that have this tag. */
  tag?: string | null;
  /** Only chats whose title or messages have these words. */
  query?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListClones {
  /** Of this title only. */
  title?: string | null;
}

export interface ListDatabaseRuns {
  /** How many at most; 50 without it. */
  limit?: number | null;
  /** next_cursor of the page before. */
  cursor?: string | null;
}

export interface ListInstances {
  /** How many at most; 50 without it. */
  limit?: number | null;
  /** next_cursor of the page before. */
  cursor?: string | null;
}

export interface ListJobs {
  /** Only jobs with this status. */
  status?: "queued" | "running" | "done" | "failed" | "cancelled" | null;
  /** Only jobs about this. */
  subject?: string | null;
  /** How many at most; 50 without it. */
  limit?: number | null;
  /** Where the page before ended. */
  cursor?: string | null;
}

export interface ListLorebooks {
  /** Only lorebooks that are used there: in all chats, with a profile, with a persona, or in one chat. */
  scope?: "global" | "entity_profile" | "persona" | "chat" | null;
  /** The profile, the persona or the chat; any when absent. */
  scope_id?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListMessages {
  /** The branch whose history is read; the active branch when absent. */
  branch_id?: string | null;
  /** oldest (first; the default) or newest. */
  order?: "oldest" | "newest" | null;
  /** Only messages before this seq, the newest of them first. */
  before?: number | null;
  /** Only messages after this seq, the oldest of them first. */
  after?: number | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListPrepares {
  /** How many at most; 50 without it. */
  limit?: number | null;
  /** next_cursor of the page before. */
  cursor?: string | null;
}

export interface ListPreviews {
  /** Only previews of this app. */
  app_id?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListProfiles {
  /** Only profiles of this status (active when absent). */
  status?: "active" | "archived" | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListPromptTemplates {
  /** Only templates of this scope. */
  scope?: "global" | "entity_profile" | "chat" | null;
  /** Only templates of this chat or profile. */
  scope_id?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListRefs {
  /** How many at most; 50 without it. */
  limit?: number | null;
  /** next_cursor of the page before. */
  cursor?: string | null;
}

export interface ListStates {
  /** How many at most. */
  limit?: number | null;
  /** next_cursor of the page before. */
  cursor?: string | null;
}

export interface ListVersions {
  /** Only what this branch descends from; all branches when absent. */
  branch_id?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface ListedProfile {
  /** Which profile. */
  id: string;
  /** What it is called. */
  name: string;
  /** What it describes. */
  kind: "CharSpec";
  /** The tags of its card. */
  tags: string[];
  /** Who made its card. */
  creator: string;
  /** Whether it is in use. */
  status: "active" | "archived";
  /** Whether there is a picture. */
  has_avatar: boolean;
  /** The project that it belongs to. */
  project_id: string;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes. */
  version: number;
}

export interface LoreEntry {
  /** Its number within the book. */
  uid: number;
  /** Words that activate it, or regular expressions as /…/flags. */
  keys: string[];
  /** Further words, joined by selective_logic. */
  secondary_keys: string[];
  /** Its title; no model sees it. */
  comment: string;
  /** What the model is told; decorators (@@…) may stand before it. */
  content: string;
  /** Whether it may activate at all. */
  enabled: boolean;
  /** Activates without a key. */
  constant: boolean;
  /** Whether secondary_keys count. */
  selective: boolean;
  /** How secondary_keys are joined. */
  selective_logic: "and_any" | "not_all" | "not_any" | "and_all";
  /** Whether every key is a regular expression. */
  use_regex: boolean;
  /** Higher: considered earlier, and placed nearer to the end. */
  insertion_order: number;
  /** Where its content goes. */
  position: "before" | "after" | "an_top" | "an_bottom" | "at_depth" | "em_top" | "em_bottom" | "outlet" | "personality" | "scenario";
  /** At position at_depth: how many messages come after it. */
  depth: number;
  /** At position at_depth: who says it. */
  role: "system" | "user" | "assistant";
  /** At position outlet: which one. */
  outlet_name: string;
  /** Instead of the setting. */
  case_sensitive: boolean | null;
  /** Instead of the setting. */
  match_whole_words: boolean | null;
  /** How many messages are looked at, instead of the setting. */
  scan_depth: number | null;
  /** Looks into the persona's description, too. */
  match_persona_description: boolean;
  /** Looks into the character's description, too. */
  match_character_description: boolean;
  /** Looks into the character's personality, too. */
  match_character_personality: boolean;
  /** Looks into the character's note, too. */
  match_character_depth_prompt: boolean;
  /** Looks into the scenario, too. */
  match_scenario: boolean;
  /** Looks into the creator's notes, too. */
  match_creator_notes: boolean;
  /** What other entries say does not activate it. */
  exclude_recursion: boolean;
  /** What it says activates no others. */
  prevent_recursion: boolean;
  /** From which level of recursion on it may activate; 0 means at once. */
  delay_until_recursion: number;
  /** In how many of 100 cases it activates. */
  probability: number;
  /** Whether probability counts. */
  use_probability: boolean;
  /** Of entries that share a group one activates; several groups are separated by commas. */
  group: string;
  /** Wins its group without a draw. */
  group_override: boolean;
  /** Its weight when the group draws. */
  group_weight: number;
  /** Whether fewer matched keys lose the group; instead of the setting. */
  use_group_scoring: boolean | null;
  /** For how many messages it stays active. */
  sticky: number;
  /** For how many messages it then rests. */
  cooldown: number;
  /** How many messages the chat must have first. */
  delay: number;
  /** Activates even when the budget is used up. */
  ignore_budget: boolean;
  /** Kinds of generation that it is for: normal, continue, impersonate, swipe, regenerate, quiet; empty for all. */
  triggers: string[];
  /** For which characters it is. */
  character_filter: CharacterFilter;
  /** What other programs keep in its extensions. */
  extensions: Json<"LoreEntry.extensions">;
  /** What else stood in its file; exported as it was. */
  unknown: Json<"LoreEntry.unknown">;
}

export interface LorePiece {
  /** The id of the book. */
  book: string;
  /** The entry's number in it. */
  uid: number;
  /** Where the text goes. */
  position: "before" | "after" | "an_top" | "an_bottom" | "at_depth" | "em_top" | "em_bottom" | "outlet" | "personality" | "scenario";
  /** At position at_depth: how many messages come after it. */
  depth: number;
  /** At position at_depth: who says it. */
  role: "system" | "user" | "assistant";
  /** At position outlet: which one. */
  outlet_name: string;
  /** What the model is told. */
  text: string;
  /** How many tokens that takes. */
  tokens: number;
}

export interface LoreSettings {
  /** How many of the newest messages are looked at. */
  scan_depth: number;
  /** Looks further back until so many entries are active; 0 for not. */
  min_activations: number;
  /** How far back that may go; 0 for all messages. */
  min_activations_depth_max: number;
  /** How much of the model's window lore may take. */
  budget_percent: number;
  /** How many tokens it may take at most; 0 for no such limit. */
  budget_cap: number;
  /** The model's window. */
  context_tokens: number;
  /** Whether the names of those who speak are looked at, too. */
  include_names: boolean;
  /** Whether activated texts activate others; a book may say so itself. */
  recursive: boolean;
  /** How many times all is looked at; 0 for as often as needed. Above 0, min_activations does not count. */
  max_recursion_steps: number;
  /** Whether keys are, unless their entry says. */
  case_sensitive: boolean;
  /** Whether keys are whole words, unless their entry says. */
  match_whole_words: boolean;
  /** Whether the most matched keys win a group, unless its entries say. */
  use_group_scoring: boolean;
  /** Which books are considered first. */
  insertion_strategy: "evenly" | "character_first" | "global_first";
}

export interface LoreTest {
  /** Every entry, with the reason why it activated or did not. */
  entries: LoreVerdict[];
  /** The texts that activated, in the order in which each position has them. */
  pieces: LorePiece[];
  /** How many tokens they take. */
  tokens: number;
  /** How many they may take. */
  budget: number;
  /** Whether entries were left out for want of room. */
  is_overflowed: boolean;
  /** What of the books cannot be used. */
  warnings: string[];
}

export interface LoreVerdict {
  /** The id of the book. */
  book: string;
  /** The entry's number in it. */
  uid: number;
  /** The entry's title. */
  comment: string;
  /** Whether it is part of the prompt. */
  activated: boolean;
  /** Why, or why not. */
  reason: "constant" | "keys" | "sticky" | "decorator" | "disabled" | "trigger" | "character_filter" | "delay" | "cooldown" | "waits_for_recursion" | "recursion_off" | "excluded_from_recursion" | "dont_activate" | "only_after" | "only_every" | "greeting" | "user_icon" | "context_full" | "additional_keys" | "exclude_keys" | "no_keys" | "no_match" | "secondary_keys" | "unusable_key" | "group" | "probability" | "budget";
  /** The reason in words, where there is more to say. */
  detail: string;
  /** Its keys that were found. */
  matched_keys: string[];
}

export interface Lorebook {
  /** Which lorebook. */
  id: string;
  /** Its name. */
  name: string;
  /** What it is about; no model sees it. */
  description: string;
  /** How many of the newest messages are looked at, instead of the setting. */
  scan_depth: number | null;
  /** How many tokens its entries may take. */
  token_budget: number | null;
  /** Whether activated texts activate its entries, instead of the setting. */
  recursive_scanning: boolean | null;
  /** How many entries it has. */
  entries_count: number;
  /** When it was created. */
  created_at: string;
  /** When it or an entry last changed. */
  updated_at: string;
  /** Counts changes, of its entries too; the ETag. */
  version: number;
}

export interface LorebookBinding {
  /** In all chats, in those with a profile or a persona, or in one. */
  scope: "global" | "entity_profile" | "persona" | "chat";
  /** The profile, the persona or the chat; left out when it is global. */
  scope_id: string;
}

export interface MarkVersion {
  /** A note; empty removes it. */
  note?: string | null;
  /** Whether to mark it. */
  is_favorite?: boolean | null;
}

export interface Message {
  /** Which message. */
  id: string;
  /** Its chat. */
  chat_id: string;
  /** The branch that it was written on. */
  branch_id: string;
  /** Its place in the history, from 1, without gaps. */
  seq: number;
  /** Who speaks. */
  role: "user" | "assistant" | "system" | "tool";
  /** The text of the variant that is shown. */
  text: string;
  /** The variant that is shown. */
  variant: Variant;
  /** How many variants there are. */
  variants_count: number;
  /** When it was pinned: models are sent it however long the history grows; absent when it is not. */
  pinned_at: string | null;
  /** When it was written. */
  created_at: string;
}

export interface Model {
  /** Which model. */
  id: string;
  /** What people call it here. */
  name: string;
  /** openai (chat completions of any compatible endpoint), openai_responses, anthropic, gemini, ollama or demo. */
  provider: string;
  /** Where its API stands; empty for the provider's own address. */
  base_url: string;
  /** The provider's name of it. */
  model: string;
  /** How many tokens a prompt and its answer may have together. */
  context_tokens: number;
  /** Whether a key is stored; keys are never shown. */
  has_api_key: boolean;
  /** Whether it answers when no model is named and no policy fits. */
  is_default: boolean;
  /** How long it may take to be reached. */
  connect_timeout_ms: number;
  /** How long the first token may take. */
  first_token_timeout_ms: number;
  /** How long it may be silent between two tokens. */
  between_tokens_timeout_ms: number;
  /** How long an answer may take altogether. */
  total_timeout_ms: number;
  /** What a million tokens of a prompt cost, in US dollars; 0 where unknown or free. */
  tokens_in_usd: number;
  /** The same of those that the provider had cached. */
  tokens_cached_usd: number;
  /** The same of an answer's. */
  tokens_out_usd: number;
  /** Whether it can be sent images. */
  takes_images: boolean;
  /** The most confidential class of data that it may be sent. */
  data_class_max: "open" | "internal" | "confidential";
  /** When it was added. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface ModelPolicy {
  /** Which policy. */
  id: string;
  /** What people call it. */
  name: string;
  /** Policies are looked at in this order; the first that fits says which models are asked. */
  position: number;
  /** What it is for: chat (answers), app (answers in an app's chat) or impersonation; everything when absent. */
  task: "chat" | "app" | "impersonation" | null;
  /** For chats of this class of data alone. */
  data_class: "open" | "internal" | "confidential" | null;
  /** What one answer may cost at most, in US dollars: models that may cost more are passed over. */
  cost_usd_max: number | null;
  /** The models, in the order in which they are asked: the next one when the one before cannot answer. */
  model_ids: string[];
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface ModelTest {
  /** Whether the model answered. */
  ok: boolean;
  /** What happened, and what to do when it did not work. */
  message: string;
  /** What the model said. */
  answer: string | null;
  /** How long it took. */
  total_ms: number;
}

export interface NewToken {
  /** The token's id. */
  id: string;
  /** What it is for. */
  name: string;
  /** The most it may do; null: whatever its owner may. */
  permissions: string[] | null;
  /** When it was made. */
  created_at: string;
  /** When it stops working; null: never. */
  expires_at: string | null;
  /** Null: it was never used. */
  last_used_at: string | null;
  /** The token itself, rmf_…; it is not shown again. */
  token: string;
}

export interface OpenInstance {
  /** An instance by name or id, or a ref. */
  name: string;
  /** How long after its last use it is kept. */
  ttl_ms?: number | null;
}

export interface Organization {
  /** The organization's id. */
  id: string;
  /** Its name. */
  name: string;
}

export interface Paging {
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface PermissionDecision {
  /** The permission's name. */
  permission: string;
  /** What it allows. */
  doc: string;
  /** Whether you have it here. */
  is_allowed: boolean;
  /** The memberships that give it, or what would. */
  because: string[];
}

export interface PermissionExplanation {
  /** The organization, workspace or project that was asked about. */
  on: string;
  /** Your roles there, from anywhere above. */
  roles: string[];
  /** Every permission, and why you have it or not. */
  permissions: PermissionDecision[];
}

export interface Persona {
  /** Which persona. */
  id: string;
  /** What the person is called in the chat. */
  name: string;
  /** What the model is told about the person. */
  description: string;
  /** Whether chats that name no persona have it. */
  is_default: boolean;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface PinDatabaseRef {
  /** Keep the state at least so long, instead of for ever. */
  keep_ms?: number | null;
}

export interface Pipeline {
  /** Which pipeline. */
  id: string;
  /** Its name. */
  name: string;
  /** What it is for. */
  description: string;
  /** Of its newest definition, from 1; runs begin with that one. */
  number: number;
  /** What it does. */
  definition: PipelineDefinition;
  /** When its schedule runs it next. */
  next_run_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface PipelineBinding {
  /** In that chat. */
  chat_id: string | null;
  /** In the chats with that profile; without both, in all. */
  entity_profile_id: string | null;
}

export interface PipelineDefinition {
  /** What may start it. */
  triggers?: ("user_message" | "manual" | "scheduled" | "api")[];
  /** When it runs by itself; needs the trigger scheduled. */
  schedule: Schedule | null;
  /** Its steps, in any order. */
  steps: StepDefinition[];
}

export interface PipelineGraph {
  /** The steps, each after all that it waits for. */
  nodes: GraphNode[];
  /** What waits for what. */
  edges: GraphEdge[];
  /** The steps by level: those of one level may run side by side. */
  levels: string[][];
}

export interface PipelineVersion {
  /** Its pipeline. */
  pipeline_id: string;
  /** 1 for the first definition, 2 for the next. */
  number: number;
  /** What the pipeline did then. */
  definition: PipelineDefinition;
  /** Who wrote it. */
  created_by: string | null;
  /** When it was saved. */
  created_at: string;
}

export interface PostMessage {
  /** What to say. */
  text?: string | null;
  /** In the place of text: parts that people, models or both see. */
  blocks?: WrittenBlock[] | null;
  /** Images of the chat that belong to it; text and blocks may then be left out. */
  image_ids?: string[] | null;
  /** The branch to say it on; the active branch when absent. */
  branch_id?: string | null;
  /** Name or id of the model that answers; what the policies say, else the default model, when absent. */
  model?: string | null;
  /** How it shall answer. */
  settings?: GenerationSettings | null;
}

export interface Posted {
  /** The recorded message. */
  id: string;
  /** The recorded message; absent after regenerate. */
  message: Message | null;
  /** The message that the model is writing. */
  answer: Message;
  /** The attempt that writes it. */
  generation: Generation;
}

export interface Prepare {
  /** Which prepare. */
  id: string;
  /** Which tool made the steps. */
  kind: "base" | "psql" | "lb" | "pgbench" | "dump" | "snapshot" | "migrations" | "clone";
  /** The PostgreSQL that it runs on. */
  image: string;
  /** How far it is. */
  status: "queued" | "building" | "done" | "failed" | "cancelled";
  /** Its steps, in order. */
  steps: DatabaseStepShown[];
  /** Whether nothing had to be built. */
  cached: boolean;
  /** The state that it ended with. */
  state_id: string | null;
  /** The instance that it made. */
  instance_id: string | null;
  /** How to connect to the instance. Shown to who asked; the list has it not. */
  dsn: string | null;
  /** Why it failed. */
  failure: DatabaseFailure | null;
  /** How long it took. */
  ms: number | null;
  /** When it was asked for. */
  created_at: string;
  /** When it ended. */
  ended_at: string | null;
}

export interface PrepareRequest {
  /** What was asked for; each step has the kind of its own tool. */
  kind?: "base" | "psql" | "lb" | "pgbench" | "dump" | "snapshot" | "migrations" | "clone";
  /** The PostgreSQL that the chain runs on: postgres:15; empty: the newest of the host. */
  image?: string;
  /** A state or ref to begin with instead of an empty cluster. */
  from?: string | null;
  /** The chain, in order. */
  steps?: DatabaseStep[];
  /** A name for the instance; one that exists is switched to the state. */
  name?: string | null;
  /** How long after its last use the instance is kept; 2 hours without it. */
  ttl_ms?: number | null;
  /** How long the instance is kept in any case, used or not. */
  lease_ms?: number | null;
  /** Refuse scripts whose result may vary by itself, such as with random(). */
  is_deterministic?: boolean;
}

export interface Preview {
  /** Which preview. */
  id: string;
  /** Its app. */
  app_id: string;
  /** The branch that it follows; absent when it shows one version. */
  branch_id: string | null;
  /** The version that it shows. */
  version_id: string;
  /** How far it is. */
  status: "queued" | "installing" | "starting" | "ready" | "asleep" | "failed" | "stopped";
  /** Where it runs: an origin of its own. */
  url: string;
  /** Why it failed and what to do. */
  error: string | null;
  /** When it was created. */
  created_at: string;
  /** When it first answered. */
  ready_at: string | null;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface PreviewPrompt {
  /** What would be said next; nothing when absent. */
  text?: string | null;
  /** The branch whose history is sent; the active branch when absent. */
  branch_id?: string | null;
  /** An answer: the preview is what regenerating it would send. */
  message_id?: string | null;
  /** Name or id of the model that would answer; the default model when absent. */
  model?: string | null;
}

export interface Project {
  /** The project's id. */
  id: string;
  /** Its name. */
  name: string;
}

export interface PromptPart {
  /** Where it comes from. */
  source: "app" | "prompt_template" | "entity_profile" | "lore" | "knowledge" | "persona" | "history" | "instruction" | "pipeline" | "pinned";
  /** About how many tokens it has. */
  tokens: number;
}

export interface PromptPiece {
  /** Where the message comes from: what the app says, the prompt template, lore, the history, or a pinned message of it. */
  source: "app" | "prompt_template" | "entity_profile" | "lore" | "knowledge" | "persona" | "history" | "instruction" | "pipeline" | "pinned";
  /** Who speaks. */
  role: "user" | "assistant" | "system" | "tool";
  /** The text, exactly as it is sent. */
  text: string;
  /** About how many tokens it takes in the window. */
  tokens: number;
  /** Of a template: which one; absent for the one that is built in. */
  template_name: string | null;
  /** Of the history: which message; absent for a text that was not said yet. */
  message_id: string | null;
  /** Of a template: how much of what it prints is its own, and how much are values. */
  parts: PromptPart[];
  /** Of the history: images that are sent with the text. */
  images: Image[];
}

export interface PromptPlace {
  /** Which message of the prompt, from 0. */
  message: number;
  /** The byte of its text with which it begins. */
  from_byte: number;
  /** The byte behind its last one. */
  to_byte: number;
}

export interface PromptPreview {
  /** The messages as they would be sent, in order. */
  messages: PromptPiece[];
  /** What of knowledge the template could quote, as [1], [2] … */
  passages: KnowledgePassage[];
  /** About how many tokens they are. */
  tokens: number;
  /** How many they may be: the window without what is kept for the answer. */
  tokens_max: number;
  /** The model's window. */
  context_tokens: number;
  /** How many messages of the history did not fit: the oldest that are not pinned. */
  messages_left_out: number;
  /** SHA-256 of the messages; a generation that sends the same has the same. */
  prompt_hash: string;
  /** The model that would answer. */
  model: string;
}

export interface PromptTemplate {
  /** Which template. */
  id: string;
  /** Its name, by which other templates include it. */
  name: string;
  /** Where it is used: in one chat, in the chats with one profile, or in all. */
  scope: "global" | "entity_profile" | "chat";
  /** The chat or the profile; empty when it is global. */
  scope_id: string;
  /** The language that it is written in. */
  engine: "liquid";
  /** The template. */
  text: string;
  /** Whether it is chosen; one that is not may still be included. */
  is_enabled: boolean;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface QueryAnswer {
  /** A result for each statement that was carried out. */
  results: QueryResult[];
  /** What the server said besides, such as RAISE NOTICE, in order. */
  notices: string[];
  /** Why the next one failed. */
  failure: DatabaseFailure | null;
  /** How long it took. */
  ms: number;
}

export interface QueryInstance {
  /** One or more statements; one when there are parameters, and when it is read only. */
  sql: string;
  /** Which database of its cluster. */
  database?: string;
  /** Values of $1, $2 … in it. */
  parameters?: string[];
  /** Whether it may change nothing. */
  is_read_only?: boolean;
  /** How many rows of each result at most; 1,000 without it. */
  rows_max?: number | null;
  /** How long it may take; 30 s without it. */
  timeout_ms?: number | null;
}

export interface QueryResult {
  /** What PostgreSQL says was done: SELECT 3. */
  command: string;
  /** The columns' names. */
  columns: string[];
  /** The columns' types. */
  types: string[];
  /** The rows: arrays of texts, null where SQL has null. */
  rows: Json<"QueryResult.rows">;
  /** How many rows there were. */
  rows_count: number;
  /** Whether rows were left out. */
  is_truncated: boolean;
}

export interface ReadDiff {
  /** The version before; the parent when absent. */
  from?: string | null;
}

export interface ReadFiles {
  /** The version; what the branch shows when absent. */
  version?: string | null;
  /** The branch; the main branch when absent. */
  branch_id?: string | null;
}

export interface Ref {
  /** Its name, such as shop@main; it works in connection strings. */
  name: string;
  /** The state that it names. */
  state_id: string;
  /** Its tags. */
  tags: string[];
  /** Whether the state is kept for ever. */
  is_pinned: boolean;
  /** Until when the state is kept at least. */
  keep_until: string | null;
  /** When it was made. */
  created_at: string;
  /** Counts its changes; the ETag. */
  version: number;
}

export interface Regenerate {
  /** Name or id of the model that answers; what the policies say, else the default model, when absent. */
  model?: string | null;
  /** The branch whose history is answered; the branch that the message was written on when absent. */
  branch_id?: string | null;
  /** How it shall answer. */
  settings?: GenerationSettings | null;
}

export interface Removal {
  /** Whether it was removed. */
  outcome: "removed" | "would_remove" | "blocked";
  /** What was asked for and what comes from it, as a tree. */
  items: RemovalItem[];
}

export interface RemovalItem {
  /** What it is. */
  kind: "state" | "instance" | "prepare";
  /** Its id. */
  id: string;
  /** Its name; of a state, its step in a few words. */
  name: string | null;
  /** How far below the first it stands: it comes from the last one before it that is less deep. */
  depth: number;
  /** How many are connected to it. */
  connections: number;
  /** Why it may not be removed: active_connections, active_tasks, has_descendants, is_of_app, is_pinned, blocked_by_descendant. */
  reason: string | null;
}

export interface RemoveDatabase {
  /** An instance, state, ref or prepare, by name or a unique beginning of its id. */
  name: string;
  /** Also what comes from it: states and instances. */
  is_recursive?: boolean;
  /** Also while somebody is connected, or a prepare needs it. */
  is_forced?: boolean;
  /** Only say what would be removed. */
  is_dry_run?: boolean;
}

export interface RemoveMessage {
  /** true deletes this message alone; otherwise what follows it goes, too. */
  keep_following?: boolean | null;
}

export interface RemoveState {
  /** Also the states that come from it; not while one of them has instances. */
  recurse?: boolean;
}

export interface RenderPromptTemplate {
  /** The template, in Liquid; it may include the organization's templates. */
  text: string;
  /** The values that it may name: an object ({} when absent). */
  context?: Json<"RenderPromptTemplate.context"> | null;
}

export interface RenderedPromptTemplate {
  /** What the template prints. */
  output: string;
}

export interface Restore {
  /** The branch that gets it; where the version was made when absent, or else the main branch. */
  branch_id?: string | null;
}

export interface Retry {
  /** How often it is tried at most. */
  attempts_max?: number;
  /** The pause before the second try; doubled before each further one. */
  backoff_ms?: number;
}

export interface RetryRun {
  /** The step from which on it runs again; what is before it keeps what it yielded. */
  step: string;
}

export interface Run {
  /** Which pipeline run. */
  id: string;
  /** Its chat. */
  chat_id: string | null;
  /** The generation that it made, when it answers. */
  generation_id: string | null;
  /** Its pipeline; absent for the built-in one. */
  pipeline_id: string | null;
  /** The version of the pipeline that it runs. */
  pipeline_number: number | null;
  /** The run that it repeats from a step on. */
  retried_run_id: string | null;
  /** Why it ran. */
  trigger: "user_message" | "manual" | "scheduled" | "api";
  /** How far it is. */
  status: "waiting" | "running" | "done" | "failed" | "cancelled" | "skipped";
  /** What it was given. */
  input: Json<"Run.input">;
  /** Why it failed and what to do. */
  error: string | null;
  /** Its step runs, in order. */
  steps: Step[];
  /** When it was asked for. */
  created_at: string;
  /** When it ended. */
  ended_at: string | null;
}

export interface RunEffect {
  /** Which effect. */
  id: string;
  /** Its run. */
  run_id: string;
  /** The step that had it. */
  step: string;
  /** What it changed. */
  type: "rewrite_prompt" | "add_message" | "replace_answer" | "publish_artifact";
  /** As its definition says, with its text rendered. */
  effect: StepEffect;
  /** When it was applied. */
  created_at: string;
  /** When it was undone. */
  undone_at: string | null;
}

export interface Schedule {
  /** The pause between the beginnings of two runs. */
  every_minutes: number;
  /** What each run is given: an object. */
  input?: Json<"Schedule.input">;
}

export interface SearchChats {
  /** Words, of which all must be there: "a phrase", or, -without; the last may be unfinished. */
  query: string;
  /** Only in this chat. */
  chat_id?: string | null;
  /** How many at most (50 when absent). */
  limit?: number | null;
  /** Continues after the page that gave it. */
  cursor?: string | null;
}

export interface SearchKnowledge {
  /** What to look for. */
  query: string;
  /** In which sources; in all of the organization when it is empty. */
  source_ids?: string[];
  /** How many at most (8 when absent). */
  limit?: number | null;
}

export interface SentMessage {
  /** Who speaks. */
  role: "user" | "assistant" | "system" | "tool";
  /** The text, exactly as it was sent. */
  text: string;
  /** Images that were sent with it. */
  image_ids?: string[];
}

export interface SentPrompt {
  /** SHA-256 of the messages. */
  prompt_hash: string;
  /** How the model was asked to answer. */
  settings: GenerationSettings;
  /** The messages as they were sent, in order. */
  messages: SentMessage[];
}

export interface ServedModel {
  /** The provider's name of it. */
  model: string;
}

export interface ServerVersion {
  /** The server's version. */
  version: string;
}

export interface ServiceAccount {
  /** The account's id: the client_id of a token exchange. */
  id: string;
  /** What it is for. */
  name: string;
  /** Its role in the organization; null: none. */
  role: "viewer" | "developer" | "admin" | "owner" | null;
  /** When it was made. */
  created_at: string;
  /** Whose ID tokens may be exchanged for its tokens. */
  trust_rules: TrustRule[];
}

export interface Session {
  /** Who is signed in. */
  user: User;
  /** Their organization. */
  organization: Organization;
  /** The workspace that new things go to. */
  workspace: Workspace;
  /** The project that new things go to. */
  project: Project;
  /** The highest role in that project. */
  role: "viewer" | "developer" | "admin" | "owner";
  /** What this session or token may do there. */
  permissions: string[];
  /** Send it as X-CSRF-Token with every change; empty when none is asked for. */
  csrf_token: string;
  /** Whether the server signs everybody in as its local user. */
  is_insecure_dev: boolean;
}

export interface SessionSummary {
  /** The session's id. */
  id: string;
  /** When the person signed in. */
  created_at: string;
  /** When it was used last, to some minutes. */
  last_seen_at: string;
  /** When it ends unless it is used. */
  expires_at: string;
  /** From which IP address. */
  address: string;
  /** With which browser. */
  user_agent: string;
  /** Whether it is the one that asks. */
  is_current: boolean;
}

export interface SetRef {
  /** The state that it shall name, by a unique beginning of its id, or by another ref. */
  state_id: string;
  /** Its tags. */
  tags?: string[];
  /** Keep the state for ever. */
  is_pinned?: boolean | null;
  /** Keep the state at least so long. */
  keep_ms?: number | null;
}

export interface SetUp {
  /** From the link on the server's console. */
  setup_token: string;
  /** Your name. */
  name: string;
  /** The address to sign in with. */
  email: string;
  /** At least 8 characters. */
  password: string;
}

export interface SetupState {
  /** Whether the first owner is still to be made, with the link on the server's console. */
  is_needed: boolean;
}

export interface SignIn {
  /** The address you signed up with. */
  email: string;
  /** The password. */
  password: string;
}

export interface SnapshotInstance {
  /** The ref that names the new state. */
  ref: string;
}

export interface StartDatabaseRun {
  /** What runs. */
  kind?: "psql" | "pgbench" | "command";
  /** Its words. */
  command: string[];
  /** The instance that it runs against, by name, id or ref. */
  instance?: string | null;
  /** Instead of one: a state or ref, of which it gets a copy of its own. */
  from?: string | null;
  /** Drop the instance when the run ends, or who runs it is gone. */
  is_own?: boolean;
  /** The prepare that made the instance for it. */
  prepare_id?: string | null;
  /** The run that it is held against. */
  compared_to?: string | null;
  /** Where what runs comes from: a revision, inputs and their hashes. */
  provenance?: Json<"StartDatabaseRun.provenance">;
}

export interface StartRun {
  /** The chat whose values its texts may name. */
  chat_id?: string | null;
  /** What it is given, as {{ input.… }}: an object. */
  input?: Json<"StartRun.input"> | null;
  /** manual (also when absent) or api. */
  trigger?: "user_message" | "manual" | "scheduled" | "api" | null;
  /** The version to run; the newest when absent. */
  number?: number | null;
}

export interface StartedDatabaseRun {
  /** Which run. */
  id: string;
  /** The instance that it runs against. */
  instance_id: string;
  /** The state that the instance is a copy of. */
  state_id: string;
  /** How to connect to it. */
  dsn: string;
}

export interface Step {
  /** Which step run. */
  id: string;
  /** Its id in the pipeline's definition. */
  step: string;
  /** Its type. */
  type: string;
  /** How far it is. */
  status: "waiting" | "running" | "done" | "failed" | "cancelled" | "skipped";
  /** What it was given. */
  input: Json<"Step.input">;
  /** What it gave. */
  output: Json<"Step.output">;
  /** Why it, or its last try, failed and what to do. */
  error: string | null;
  /** Why it was skipped. */
  reason: string | null;
  /** Which try is or was the last. */
  attempt: number;
  /** When it started. */
  started_at: string | null;
  /** When it ended. */
  ended_at: string | null;
}

export interface StepDefinition {
  /** Its name in the pipeline: lower case letters, digits and _. */
  id: string;
  /** What it does: a step type. */
  type: string;
  /** What people call it. */
  title?: string;
  /** Steps that must be done before it begins. */
  depends_on?: string[];
  /** Before or after the main model call; without it, after when it depends on something after, else before. */
  hook: "before_llm" | "after_llm" | null;
  /** A Liquid condition; the step is skipped when it is false. */
  condition: string | null;
  /** Runs by other triggers skip it; none for all. */
  triggers?: ("user_message" | "manual" | "scheduled" | "api")[];
  /** How often it is tried. */
  retry?: Retry;
  /** How long one try may take. */
  timeout_ms?: number;
  /** Whether the run stops when it fails. */
  required?: boolean;
  /** What its type takes; texts are Liquid templates. */
  parameters?: Json<"StepDefinition.parameters">;
  /** What it changes when it is done. */
  effects?: StepEffect[];
}

export interface StepEffect {
  /** What it changes. */
  type: "rewrite_prompt" | "add_message" | "replace_answer" | "publish_artifact";
  /** A template of the text; `output` is what the step yielded. */
  text: string;
  /** Of rewrite_prompt: where the text goes in the first system message. */
  mode?: "replace" | "prepend" | "append";
  /** Of add_message: who says it. */
  role?: "system" | "user" | "assistant";
  /** Of add_message: how many messages of the history come after it. */
  depth?: number;
  /** Of publish_artifact: its file name. */
  name?: string;
  /** Of publish_artifact: what it is. */
  media_type?: string;
}

export interface StepType {
  /** What definitions call it. */
  name: string;
  /** What it does. */
  doc: string;
  /** What later steps may name as steps.<id>.<output>; empty when its parameters say. */
  outputs: string[];
  /** The JSON Schema of its parameters. */
  parameters: Json<"StepType.parameters">;
}

export interface SwitchInstance {
  /** The state or ref whose copy the instance becomes. */
  to: string;
}

export interface TagUse {
  /** The tag. */
  tag: string;
  /** How many chats have it. */
  chats_count: number;
}

export interface Template {
  /** How to name it when an app is created. */
  name: string;
  /** What people read. */
  title: string;
  /** What it is good for. */
  description: string;
  /** What it is made of. */
  stack: string[];
}

export interface TestChatKnowledge {
  /** What would be said next. */
  text: string;
}

export interface TestChatLore {
  /** Which branch; the active one when absent. */
  branch_id?: string | null;
  /** What would be said next, looked at after the messages. */
  text?: string | null;
  /** Of all that is drawn; 0 when absent. */
  seed?: number | null;
  /** How it is looked at; the organization's settings when absent. */
  settings?: LoreSettings | null;
}

export interface TestLorebook {
  /** What is looked at, the oldest message first. */
  messages: string[];
  /** Of all that is drawn; 0 when absent. */
  seed?: number | null;
  /** How it is looked at; the organization's settings when absent. */
  settings?: LoreSettings | null;
}

export interface Token {
  /** The token's id. */
  id: string;
  /** What it is for. */
  name: string;
  /** The most it may do; null: whatever its owner may. */
  permissions: string[] | null;
  /** When it was made. */
  created_at: string;
  /** When it stops working; null: never. */
  expires_at: string | null;
  /** When it was used last, to a minute. */
  last_used_at: string | null;
}

export interface TokenCount {
  /** About how many tokens it is, within some percent of tokenizers of 200,000 entries. */
  tokens: number;
  /** How long it is in UTF-8. */
  bytes: number;
}

export interface TrustRule {
  /** The rule's id. */
  id: string;
  /** Whose it is. */
  service_account_id: string;
  /** Who signs the ID tokens: their claim iss. */
  issuer: string;
  /** Who they must be for: their claim aud. */
  audience: string;
  /** What else they must say; all of it. */
  claims: TrustedClaim[];
  /** The most that tokens got by this rule may do; null: whatever the account may. */
  permissions: string[] | null;
  /** How long such tokens live, in seconds. */
  token_lifetime_s: number;
  /** When it was made. */
  created_at: string;
  /** When a token was last got by it. */
  last_used_at: string | null;
}

export interface TrustedClaim {
  /** The claim's name, such as repository or sub. */
  name: string;
  /** Its value; * stands for any text, also with slashes in it. */
  pattern: string;
}

export interface User {
  /** The user's id. */
  id: string;
  /** The name that others see. */
  name: string;
  /** The address to sign in with. */
  email: string;
}

export interface Variant {
  /** Which variant. */
  id: string;
  /** Its message. */
  message_id: string;
  /** 1 for the first variant of the message, 2 for the next. */
  number: number;
  /** Where it came from. */
  kind: "generation" | "manual_edit" | "import";
  /** The text that models see. */
  text: string;
  /** The parts that it is shown by: [Block]. Models see `text`, which is made of those that are for them. */
  blocks: Json<"Variant.blocks">;
  /** Whether the message shows it. */
  is_selected: boolean;
  /** The attempt of a model that wrote it. */
  generation: Generation | null;
  /** The version of the app that it made. */
  version_id: string | null;
  /** When it was created. */
  created_at: string;
}

export interface Version {
  /** Which version. */
  id: string;
  /** Its app. */
  app_id: string;
  /** The branch that it was made on. */
  branch_id: string;
  /** Counts the app's versions from 1. */
  number: number;
  /** The git commit. */
  commit: string;
  /** The version that it changed. */
  parent_id: string | null;
  /** The answer that made it. */
  message_id: string | null;
  /** The variant of the answer that made it. */
  variant_id: string | null;
  /** What it does. */
  title: string;
  /** What a person noted. */
  note: string | null;
  /** Whether a person marked it. */
  is_favorite: boolean;
  /** The version that it restored. */
  restored_from_id: string | null;
  /** Who made it: a person, or a model. */
  author: string;
  /** How many files it changed. */
  files_changed: number;
  /** When it was made. */
  created_at: string;
}

export interface Workspace {
  /** The workspace's id. */
  id: string;
  /** Its name. */
  name: string;
}

export interface WriteFile {
  /** Where the file lies. */
  path: string;
  /** Its new content. */
  content: string;
  /** The branch that gets the change; the main branch when absent. */
  branch_id?: string | null;
  /** The version whose file was edited; when the branch has another file there by now, the answer is 409. Absent: whatever is there is replaced. */
  base_version_id?: string | null;
}

export interface WrittenBlock {
  /** Its text. */
  content: string;
  /** answer (when absent) or reasoning. */
  type: "answer" | "reasoning" | "code_change" | "image" | null;
  /** Who sees it: people (ui_only), models (prompt_only), or both; people alone of reasoning, both of all else, when absent. */
  visibility: "ui_only" | "prompt_only" | "both" | null;
}

/** Whether the server still waits for its first owner. */
export function get_setup(options: CallOptions = {}): Promise<SetupState> {
  return call("GET", `/api/v1/setup`, undefined, undefined, options);
}

/** Become the first owner, with the token of the set-up link. */
export function post_setup(body: SetUp, options: CallOptions = {}): Promise<Session> {
  return call("POST", `/api/v1/setup`, undefined, body, options);
}

/** Who is signed in, and what they may do. (ramify session show) */
export function session_show(options: CallOptions = {}): Promise<Session> {
  return call("GET", `/api/v1/session`, undefined, undefined, options);
}

/** Sign in with a password. */
export function post_session(body: SignIn, options: CallOptions = {}): Promise<Session> {
  return call("POST", `/api/v1/session`, undefined, body, options);
}

/** Sign out. */
export function delete_session(options: CallOptions = {}): Promise<unknown> {
  return call("DELETE", `/api/v1/session`, undefined, undefined, options);
}

/** Where you are signed in. (ramify sessions ls) */
export function sessions_ls(options: CallOptions = {}): Promise<Page<SessionSummary>> {
  return call("GET", `/api/v1/sessions`, undefined, undefined, options);
}

/** Sign out elsewhere. (ramify sessions rm) */
export function sessions_rm(session_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/sessions/${part(session_id)}`, undefined, undefined, options);
}

/** Your API tokens. (ramify tokens ls) */
export function tokens_ls(options: CallOptions = {}): Promise<Page<Token>> {
  return call("GET", `/api/v1/tokens`, undefined, undefined, options);
}

/** Make an API token; it is shown once. (ramify tokens create) */
export function tokens_create(body: CreateToken, options: CallOptions = {}): Promise<NewToken> {
  return call("POST", `/api/v1/tokens`, undefined, body, options);
}

/** Revoke an API token. (ramify tokens rm) */
export function tokens_rm(token_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/tokens/${part(token_id)}`, undefined, undefined, options);
}

/** What you may do, and why. (ramify me permissions) */
export function me_permissions(query: ExplainPermissions = {}, options: CallOptions = {}): Promise<PermissionExplanation> {
  return call("GET", `/api/v1/me/permissions`, query, undefined, options);
}

/** Who did what, newest first. (ramify audit ls) */
export function audit_ls(query: ListAuditEntries = {}, options: CallOptions = {}): Promise<Page<AuditEntry>> {
  return call("GET", `/api/v1/audit_entries`, query, undefined, options);
}

/** Prove that no entry of the audit log was changed or removed. (ramify audit verify) */
export function audit_verify(options: CallOptions = {}): Promise<AuditVerification> {
  return call("GET", `/api/v1/audit_entries/verify`, undefined, undefined, options);
}

/** Accounts that are no persons, and whose jobs may act as them. (ramify service-accounts ls) */
export function service_accounts_ls(options: CallOptions = {}): Promise<Page<ServiceAccount>> {
  return call("GET", `/api/v1/service_accounts`, undefined, undefined, options);
}

/** Make an account for CI. (ramify service-accounts create) */
export function service_accounts_create(body: CreateServiceAccount, options: CallOptions = {}): Promise<ServiceAccount> {
  return call("POST", `/api/v1/service_accounts`, undefined, body, options);
}

/** A service account with its trust rules. (ramify service-accounts show) */
export function service_accounts_show(service_account_id: string, options: CallOptions = {}): Promise<ServiceAccount> {
  return call("GET", `/api/v1/service_accounts/${part(service_account_id)}`, undefined, undefined, options);
}

/** Give it another name or role. (ramify service-accounts change) */
export function service_accounts_change(service_account_id: string, body: ChangeServiceAccount, options: CallOptions = {}): Promise<ServiceAccount> {
  return call("PATCH", `/api/v1/service_accounts/${part(service_account_id)}`, undefined, body, options);
}

/** Delete it; its tokens end at once. (ramify service-accounts rm) */
export function service_accounts_rm(service_account_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/service_accounts/${part(service_account_id)}`, undefined, undefined, options);
}

/** Trust ID tokens of an issuer that say what you name. (ramify service-accounts trust) */
export function service_accounts_trust(service_account_id: string, body: CreateTrustRule, options: CallOptions = {}): Promise<TrustRule> {
  return call("POST", `/api/v1/service_accounts/${part(service_account_id)}/trust_rules`, undefined, body, options);
}

/** Delete a trust rule. (ramify service-accounts distrust) */
export function service_accounts_distrust(service_account_id: string, trust_rule_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/service_accounts/${part(service_account_id)}/trust_rules/${part(trust_rule_id)}`, undefined, undefined, options);
}

/** Exchange the ID token of a job for a token of a service account (RFC 8693, as JSON). */
export function post_oauth_token(body: ExchangeToken, options: CallOptions = {}): Promise<ExchangedToken> {
  return call("POST", `/api/v1/oauth/token`, undefined, body, options);
}

/** Chats, the one that changed last first. (ramify chats ls) */
export function chats_ls(query: ListChats = {}, options: CallOptions = {}): Promise<Page<Chat>> {
  return call("GET", `/api/v1/chats`, query, undefined, options);
}

/** Start a conversation. (ramify chats create) */
export function chats_create(body: CreateChat, options: CallOptions = {}): Promise<Chat> {
  return call("POST", `/api/v1/chats`, undefined, body, options);
}

/** Titles and messages that have these words, the newest first. (ramify chats search) */
export function chats_search(query: SearchChats, options: CallOptions = {}): Promise<Page<Found>> {
  return call("GET", `/api/v1/chats/search`, query, undefined, options);
}

/** The tags of all chats. (ramify chats tags) */
export function chats_tags(options: CallOptions = {}): Promise<Page<TagUse>> {
  return call("GET", `/api/v1/chats/tags`, undefined, undefined, options);
}

/** A chat. (ramify chats show) */
export function chats_show(chat_id: string, options: CallOptions = {}): Promise<Chat> {
  return call("GET", `/api/v1/chats/${part(chat_id)}`, undefined, undefined, options);
}

/** Change a chat: its title, persona, tags, or whether it is archived. (ramify chats change) */
export function chats_change(chat_id: string, body: ChangeChat, options: CallOptions = {}): Promise<Chat> {
  return call("PATCH", `/api/v1/chats/${part(chat_id)}`, undefined, body, options);
}

/** Put a chat away. (ramify chats archive) */
export function chats_archive(chat_id: string, options: CallOptions = {}): Promise<Chat> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/archive`, undefined, undefined, options);
}

/** Bring a chat back that was archived or deleted. (ramify chats restore) */
export function chats_restore(chat_id: string, options: CallOptions = {}): Promise<Chat> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/restore`, undefined, undefined, options);
}

/** Put a chat into the trash; delete one for good that is there. (ramify chats rm) */
export function chats_rm(chat_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/chats/${part(chat_id)}`, undefined, undefined, options);
}

/** Everything that happens in a chat, live. (ramify chats follow) */
export function chats_follow(chat_id: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/chats/${part(chat_id)}/events`, query, undefined, options);
}
/** The address of chats_follow. */
export function chats_follow_url(chat_id: string): string {
  return `/api/v1/chats/${part(chat_id)}/events`;
}

/** The branches of a chat. (ramify branches ls) */
export function branches_ls(chat_id: string, options: CallOptions = {}): Promise<Page<Branch>> {
  return call("GET", `/api/v1/chats/${part(chat_id)}/branches`, undefined, undefined, options);
}

/** Branch from a message. (ramify branches create) */
export function branches_create(chat_id: string, body: CreateBranch, options: CallOptions = {}): Promise<Branch> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/branches`, undefined, body, options);
}

/** A branch. (ramify branches show) */
export function branches_show(branch_id: string, options: CallOptions = {}): Promise<Branch> {
  return call("GET", `/api/v1/branches/${part(branch_id)}`, undefined, undefined, options);
}

/** Rename a branch. (ramify branches rename) */
export function branches_rename(branch_id: string, body: ChangeBranch, options: CallOptions = {}): Promise<Branch> {
  return call("PATCH", `/api/v1/branches/${part(branch_id)}`, undefined, body, options);
}

/** Make it the branch that is shown first. (ramify branches activate) */
export function branches_activate(branch_id: string, options: CallOptions = {}): Promise<Chat> {
  return call("POST", `/api/v1/branches/${part(branch_id)}/activate`, undefined, undefined, options);
}

/** Delete a branch. (ramify branches rm) */
export function branches_rm(branch_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/branches/${part(branch_id)}`, undefined, undefined, options);
}

/** A page of a branch's history. (ramify chats messages) */
export function chats_messages(chat_id: string, query: ListMessages = {}, options: CallOptions = {}): Promise<Page<Message>> {
  return call("GET", `/api/v1/chats/${part(chat_id)}/messages`, query, undefined, options);
}

/** Say something; follow the answer. (ramify chats say) */
export function chats_say(chat_id: string, body: PostMessage, options: CallOptions = {}): Promise<Following<Posted>> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/messages`, undefined, body, options);
}

/** Add a message, of any role, without asking a model. (ramify messages create) */
export function messages_create(branch_id: string, body: CreateMessage, options: CallOptions = {}): Promise<Message> {
  return call("POST", `/api/v1/branches/${part(branch_id)}/messages`, undefined, body, options);
}

/** Another answer, to the history as it is. (ramify chats generate) */
export function chats_generate(chat_id: string, body: Generate, options: CallOptions = {}): Promise<Following<Posted>> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/generate`, undefined, body, options);
}

/** The rest of the last answer, as a further variant of it. (ramify chats continue) */
export function chats_continue(chat_id: string, body: Generate, options: CallOptions = {}): Promise<Following<Posted>> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/continue`, undefined, body, options);
}

/** Let the model write what the person might say next. (ramify chats impersonate) */
export function chats_impersonate(chat_id: string, body: Generate, options: CallOptions = {}): Promise<Following<Posted>> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/impersonate`, undefined, body, options);
}

/** A message with its shown variant. (ramify messages show) */
export function messages_show(message_id: string, options: CallOptions = {}): Promise<Message> {
  return call("GET", `/api/v1/messages/${part(message_id)}`, undefined, undefined, options);
}

/** Edit a message: a new variant, or in place. (ramify messages edit) */
export function messages_edit(message_id: string, body: EditMessage, options: CallOptions = {}): Promise<Message> {
  return call("PATCH", `/api/v1/messages/${part(message_id)}`, undefined, body, options);
}

/** Delete a message and what follows it from its branch, or the message alone. (ramify messages rm) */
export function messages_rm(message_id: string, query: RemoveMessage = {}, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/messages/${part(message_id)}`, query, undefined, options);
}

/** Keep a message in every prompt, however long the history grows. (ramify messages pin) */
export function messages_pin(message_id: string, options: CallOptions = {}): Promise<Message> {
  return call("POST", `/api/v1/messages/${part(message_id)}/pin`, undefined, undefined, options);
}

/** Let a message go with the rest of the history again. (ramify messages unpin) */
export function messages_unpin(message_id: string, options: CallOptions = {}): Promise<Message> {
  return call("POST", `/api/v1/messages/${part(message_id)}/unpin`, undefined, undefined, options);
}

/** The pinned messages of a branch's history, oldest first. (ramify messages pinned) */
export function messages_pinned(branch_id: string, options: CallOptions = {}): Promise<Page<Message>> {
  return call("GET", `/api/v1/branches/${part(branch_id)}/pinned_messages`, undefined, undefined, options);
}

/** Ask the model for another variant. (ramify messages regenerate) */
export function messages_regenerate(message_id: string, body: Regenerate, options: CallOptions = {}): Promise<Following<Posted>> {
  return call("POST", `/api/v1/messages/${part(message_id)}/regenerate`, undefined, body, options);
}

/** The variants of a message. (ramify variants ls) */
export function variants_ls(message_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<Variant>> {
  return call("GET", `/api/v1/messages/${part(message_id)}/variants`, query, undefined, options);
}

/** Give a message another text. (ramify variants create) */
export function variants_create(message_id: string, body: CreateVariant, options: CallOptions = {}): Promise<Variant> {
  return call("POST", `/api/v1/messages/${part(message_id)}/variants`, undefined, body, options);
}

/** Delete a variant of a message. (ramify variants rm) */
export function variants_rm(message_id: string, variant_id: string, options: CallOptions = {}): Promise<Message> {
  return call("DELETE", `/api/v1/messages/${part(message_id)}/variants/${part(variant_id)}`, undefined, undefined, options);
}

/** Show this variant. (ramify variants select) */
export function variants_select(message_id: string, variant_id: string, options: CallOptions = {}): Promise<Message> {
  return call("POST", `/api/v1/messages/${part(message_id)}/variants/${part(variant_id)}/select`, undefined, undefined, options);
}

/** What a model would be sent, message by message, with tokens and sources. (ramify prompts preview) */
export function prompts_preview(chat_id: string, body: PreviewPrompt, options: CallOptions = {}): Promise<PromptPreview> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/prompt_preview`, undefined, body, options);
}

/** One attempt of a model to answer. (ramify generations show) */
export function generations_show(generation_id: string, options: CallOptions = {}): Promise<Generation> {
  return call("GET", `/api/v1/generations/${part(generation_id)}`, undefined, undefined, options);
}

/** The prompt as the model was sent it. (ramify generations prompt) */
export function generations_prompt(generation_id: string, options: CallOptions = {}): Promise<SentPrompt> {
  return call("GET", `/api/v1/generations/${part(generation_id)}/prompt`, undefined, undefined, options);
}

/** What of knowledge and lore stood in the prompt. (ramify generations citations) */
export function generations_citations(generation_id: string, options: CallOptions = {}): Promise<Citations> {
  return call("GET", `/api/v1/generations/${part(generation_id)}/citations`, undefined, undefined, options);
}

/** Stop it; what was said is kept, nothing is applied. (ramify generations abort) */
export function generations_abort(generation_id: string, options: CallOptions = {}): Promise<Generation> {
  return call("POST", `/api/v1/generations/${part(generation_id)}/abort`, undefined, undefined, options);
}

/** The chats with a character. (ramify profiles chats) */
export function profiles_chats(profile_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<Chat>> {
  return call("GET", `/api/v1/entity_profiles/${part(profile_id)}/chats`, query, undefined, options);
}

/** The recorded pipeline runs of a chat, newest first. (ramify runs ls) */
export function runs_ls(chat_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<Run>> {
  return call("GET", `/api/v1/chats/${part(chat_id)}/runs`, query, undefined, options);
}

/** A pipeline run with its steps. (ramify runs show) */
export function runs_show(run_id: string, options: CallOptions = {}): Promise<Run> {
  return call("GET", `/api/v1/runs/${part(run_id)}`, undefined, undefined, options);
}

/** The language models of the organization. (ramify models ls) */
export function models_ls(query: Paging = {}, options: CallOptions = {}): Promise<Page<Model>> {
  return call("GET", `/api/v1/models`, query, undefined, options);
}

/** Add a language model. (ramify models create) */
export function models_create(body: CreateModel, options: CallOptions = {}): Promise<Model> {
  return call("POST", `/api/v1/models`, undefined, body, options);
}

/** A language model. (ramify models show) */
export function models_show(model_id: string, options: CallOptions = {}): Promise<Model> {
  return call("GET", `/api/v1/models/${part(model_id)}`, undefined, undefined, options);
}

/** Change a language model, its key, or the default. (ramify models change) */
export function models_change(model_id: string, body: ChangeModel, options: CallOptions = {}): Promise<Model> {
  return call("PATCH", `/api/v1/models/${part(model_id)}`, undefined, body, options);
}

/** Delete a language model and its key. (ramify models rm) */
export function models_rm(model_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/models/${part(model_id)}`, undefined, undefined, options);
}

/** Ask the model a word, to see that it works. (ramify models test) */
export function models_test(model_id: string, options: CallOptions = {}): Promise<ModelTest> {
  return call("POST", `/api/v1/models/${part(model_id)}/test`, undefined, undefined, options);
}

/** The names that the model's provider serves. (ramify models served) */
export function models_served(model_id: string, options: CallOptions = {}): Promise<Page<ServedModel>> {
  return call("GET", `/api/v1/models/${part(model_id)}/served`, undefined, undefined, options);
}

/** An image for a message: a PNG, JPEG, WebP or GIF file. (ramify images create) */
export function images_create(chat_id: string, options: CallOptions = {}): Promise<Image> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/images`, undefined, undefined, options);
}

/** The file of an image. (ramify images get) */
export function images_get(image_id: string, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/images/${part(image_id)}`, undefined, undefined, options);
}
/** The address of images_get. */
export function images_get_url(image_id: string): string {
  return `/api/v1/images/${part(image_id)}`;
}

/** Profiles of characters, the one that changed last first. (ramify profiles ls) */
export function profiles_ls(query: ListProfiles = {}, options: CallOptions = {}): Promise<Page<ListedProfile>> {
  return call("GET", `/api/v1/entity_profiles`, query, undefined, options);
}

/** Make the profile of a character. (ramify profiles create) */
export function profiles_create(body: CreateProfile, options: CallOptions = {}): Promise<EntityProfile> {
  return call("POST", `/api/v1/entity_profiles`, undefined, body, options);
}

/** A character card as a profile: a JSON, PNG or CHARX file. (ramify profiles import) */
export function profiles_import(options: CallOptions = {}): Promise<EntityProfile> {
  return call("POST", `/api/v1/entity_profiles/import`, undefined, undefined, options);
}

/** Character cards as profiles: a zip archive of their files. (ramify profiles import_all) */
export function profiles_import_all(options: CallOptions = {}): Promise<ImportedCards> {
  return call("POST", `/api/v1/entity_profiles/import_all`, undefined, undefined, options);
}

/** A profile with its card. (ramify profiles show) */
export function profiles_show(profile_id: string, options: CallOptions = {}): Promise<EntityProfile> {
  return call("GET", `/api/v1/entity_profiles/${part(profile_id)}`, undefined, undefined, options);
}

/** Change a profile, put it away or bring it back. (ramify profiles change) */
export function profiles_change(profile_id: string, body: ChangeProfile, options: CallOptions = {}): Promise<EntityProfile> {
  return call("PATCH", `/api/v1/entity_profiles/${part(profile_id)}`, undefined, body, options);
}

/** Put a profile away; delete one for good that was put away and has no chats. (ramify profiles rm) */
export function profiles_rm(profile_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/entity_profiles/${part(profile_id)}`, undefined, undefined, options);
}

/** The character card as a file. (ramify profiles export) */
export function profiles_export(profile_id: string, query: ExportProfile = {}, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/entity_profiles/${part(profile_id)}/export`, query, undefined, options);
}
/** The address of profiles_export. */
export function profiles_export_url(profile_id: string, query: ExportProfile = {}): string {
  return with_query(`/api/v1/entity_profiles/${part(profile_id)}/export`, query);
}

/** The picture, without the card that it may have come in. (ramify profiles avatar) */
export function profiles_avatar(profile_id: string, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/entity_profiles/${part(profile_id)}/avatar`, undefined, undefined, options);
}
/** The address of profiles_avatar. */
export function profiles_avatar_url(profile_id: string): string {
  return `/api/v1/entity_profiles/${part(profile_id)}/avatar`;
}

/** Another picture: a PNG, JPEG or WebP. (ramify profiles picture) */
export function profiles_picture(profile_id: string, options: CallOptions = {}): Promise<EntityProfile> {
  return call("PUT", `/api/v1/entity_profiles/${part(profile_id)}/avatar`, undefined, undefined, options);
}

/** The prompt templates of the organization. (ramify prompts ls) */
export function prompts_ls(query: ListPromptTemplates = {}, options: CallOptions = {}): Promise<Page<PromptTemplate>> {
  return call("GET", `/api/v1/prompt_templates`, query, undefined, options);
}

/** Keep a prompt template; it is checked first. (ramify prompts create) */
export function prompts_create(body: CreatePromptTemplate, options: CallOptions = {}): Promise<PromptTemplate> {
  return call("POST", `/api/v1/prompt_templates`, undefined, body, options);
}

/** The template of chats for which none is enabled. (ramify prompts built_in) */
export function prompts_built_in(options: CallOptions = {}): Promise<BuiltInPromptTemplate> {
  return call("GET", `/api/v1/prompt_templates/built_in`, undefined, undefined, options);
}

/** A prompt template. (ramify prompts show) */
export function prompts_show(template_id: string, options: CallOptions = {}): Promise<PromptTemplate> {
  return call("GET", `/api/v1/prompt_templates/${part(template_id)}`, undefined, undefined, options);
}

/** Change, rename, enable or disable a prompt template. (ramify prompts change) */
export function prompts_change(template_id: string, body: ChangePromptTemplate, options: CallOptions = {}): Promise<PromptTemplate> {
  return call("PATCH", `/api/v1/prompt_templates/${part(template_id)}`, undefined, body, options);
}

/** Delete a prompt template. (ramify prompts rm) */
export function prompts_rm(template_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/prompt_templates/${part(template_id)}`, undefined, undefined, options);
}

/** What a template prints with these values. (ramify prompts render) */
export function prompts_render(body: RenderPromptTemplate, options: CallOptions = {}): Promise<RenderedPromptTemplate> {
  return call("POST", `/api/v1/prompt_templates/render`, undefined, body, options);
}

/** About how many tokens a text is. (ramify prompts count) */
export function prompts_count(body: CountTokens, options: CallOptions = {}): Promise<TokenCount> {
  return call("POST", `/api/v1/token_counts`, undefined, body, options);
}

/** Who people are in their chats. (ramify personas ls) */
export function personas_ls(query: Paging = {}, options: CallOptions = {}): Promise<Page<Persona>> {
  return call("GET", `/api/v1/personas`, query, undefined, options);
}

/** Make a persona. (ramify personas create) */
export function personas_create(body: CreatePersona, options: CallOptions = {}): Promise<Persona> {
  return call("POST", `/api/v1/personas`, undefined, body, options);
}

/** A persona. (ramify personas show) */
export function personas_show(persona_id: string, options: CallOptions = {}): Promise<Persona> {
  return call("GET", `/api/v1/personas/${part(persona_id)}`, undefined, undefined, options);
}

/** Change a persona, or make it the default. (ramify personas change) */
export function personas_change(persona_id: string, body: ChangePersona, options: CallOptions = {}): Promise<Persona> {
  return call("PATCH", `/api/v1/personas/${part(persona_id)}`, undefined, body, options);
}

/** Delete a persona; its chats have the default one then. (ramify personas rm) */
export function personas_rm(persona_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/personas/${part(persona_id)}`, undefined, undefined, options);
}

/** A chat as a file: JSONL, Markdown, or SillyTavern's. (ramify chats export) */
export function chats_export(chat_id: string, query: ExportChat = {}, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/chats/${part(chat_id)}/export`, query, undefined, options);
}
/** The address of chats_export. */
export function chats_export_url(chat_id: string, query: ExportChat = {}): string {
  return with_query(`/api/v1/chats/${part(chat_id)}/export`, query);
}

/** Chats from a file: our JSONL, SillyTavern's, ChatGPT's conversations.json, Open WebUI's. (ramify chats import) */
export function chats_import(options: CallOptions = {}): Promise<Imported> {
  return call("POST", `/api/v1/chats/import`, undefined, undefined, options);
}

/** Chats with a character from a file, in any of these formats. (ramify profiles take) */
export function profiles_take(profile_id: string, options: CallOptions = {}): Promise<Imported> {
  return call("POST", `/api/v1/entity_profiles/${part(profile_id)}/chats/import`, undefined, undefined, options);
}

/** A new chat with the history of a branch. (ramify branches fork) */
export function branches_fork(branch_id: string, body: ForkBranch, options: CallOptions = {}): Promise<Chat> {
  return call("POST", `/api/v1/branches/${part(branch_id)}/fork`, undefined, body, options);
}

/** The lorebooks of the organization. (ramify lorebooks ls) */
export function lorebooks_ls(query: ListLorebooks = {}, options: CallOptions = {}): Promise<Page<Lorebook>> {
  return call("GET", `/api/v1/lorebooks`, query, undefined, options);
}

/** Begin a lorebook. (ramify lorebooks create) */
export function lorebooks_create(body: CreateLorebook, options: CallOptions = {}): Promise<Lorebook> {
  return call("POST", `/api/v1/lorebooks`, undefined, body, options);
}

/** Take over a lorebook: world info, a card's book, or a lorebook_v3, as JSON. (ramify lorebooks import) */
export function lorebooks_import(options: CallOptions = {}): Promise<Lorebook> {
  return call("POST", `/api/v1/lorebooks/import`, undefined, undefined, options);
}

/** A lorebook. (ramify lorebooks show) */
export function lorebooks_show(lorebook_id: string, options: CallOptions = {}): Promise<Lorebook> {
  return call("GET", `/api/v1/lorebooks/${part(lorebook_id)}`, undefined, undefined, options);
}

/** Rename a lorebook, or change how it is looked for. (ramify lorebooks change) */
export function lorebooks_change(lorebook_id: string, body: ChangeLorebook, options: CallOptions = {}): Promise<Lorebook> {
  return call("PATCH", `/api/v1/lorebooks/${part(lorebook_id)}`, undefined, body, options);
}

/** Delete a lorebook with its entries. (ramify lorebooks rm) */
export function lorebooks_rm(lorebook_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/lorebooks/${part(lorebook_id)}`, undefined, undefined, options);
}

/** The lorebook as a file. (ramify lorebooks export) */
export function lorebooks_export(lorebook_id: string, query: ExportLorebook = {}, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/lorebooks/${part(lorebook_id)}/export`, query, undefined, options);
}
/** The address of lorebooks_export. */
export function lorebooks_export_url(lorebook_id: string, query: ExportLorebook = {}): string {
  return with_query(`/api/v1/lorebooks/${part(lorebook_id)}/export`, query);
}

/** The entries of a lorebook. (ramify lorebooks entries) */
export function lorebooks_entries(lorebook_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<LoreEntry>> {
  return call("GET", `/api/v1/lorebooks/${part(lorebook_id)}/entries`, query, undefined, options);
}

/** Add an entry, or replace the one with its uid. (ramify lorebooks put) */
export function lorebooks_put(lorebook_id: string, body: LoreEntry, options: CallOptions = {}): Promise<Lorebook> {
  return call("PUT", `/api/v1/lorebooks/${part(lorebook_id)}/entries`, undefined, body, options);
}

/** Delete an entry. (ramify lorebooks drop) */
export function lorebooks_drop(lorebook_id: string, uid: string, options: CallOptions = {}): Promise<Lorebook> {
  return call("DELETE", `/api/v1/lorebooks/${part(lorebook_id)}/entries/${part(uid)}`, undefined, undefined, options);
}

/** Where a lorebook is used. (ramify lorebooks bindings) */
export function lorebooks_bindings(lorebook_id: string, options: CallOptions = {}): Promise<Page<LorebookBinding>> {
  return call("GET", `/api/v1/lorebooks/${part(lorebook_id)}/bindings`, undefined, undefined, options);
}

/** Use a lorebook in all chats, with a profile, with a persona, or in one chat. (ramify lorebooks bind) */
export function lorebooks_bind(lorebook_id: string, body: LorebookBinding, options: CallOptions = {}): Promise<LorebookBinding> {
  return call("POST", `/api/v1/lorebooks/${part(lorebook_id)}/bindings`, undefined, body, options);
}

/** Use it there no more. (ramify lorebooks unbind) */
export function lorebooks_unbind(lorebook_id: string, query: LorebookBinding, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/lorebooks/${part(lorebook_id)}/bindings`, query, undefined, options);
}

/** Which entries messages would activate, and why. (ramify lorebooks test) */
export function lorebooks_test(lorebook_id: string, body: TestLorebook, options: CallOptions = {}): Promise<LoreTest> {
  return call("POST", `/api/v1/lorebooks/${part(lorebook_id)}/test`, undefined, body, options);
}

/** How prompts of the organization look for lore. (ramify lorebooks settings) */
export function lorebooks_settings(options: CallOptions = {}): Promise<LoreSettings> {
  return call("GET", `/api/v1/lore_settings`, undefined, undefined, options);
}

/** Change how they do; what is left out gets its usual value. (ramify lorebooks set) */
export function lorebooks_set(body: LoreSettings, options: CallOptions = {}): Promise<LoreSettings> {
  return call("PUT", `/api/v1/lore_settings`, undefined, body, options);
}

/** Which entries of its lorebooks a chat would activate now, and why. (ramify chats lore) */
export function chats_lore(chat_id: string, body: TestChatLore, options: CallOptions = {}): Promise<LoreTest> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/test_lore`, undefined, body, options);
}

/** The knowledge sources of the organization. (ramify knowledge ls) */
export function knowledge_ls(query: Paging = {}, options: CallOptions = {}): Promise<Page<KnowledgeSource>> {
  return call("GET", `/api/v1/knowledge_sources`, query, undefined, options);
}

/** Begin a knowledge source: a note, a page, a file or a folder. (ramify knowledge create) */
export function knowledge_create(body: CreateKnowledgeSource, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("POST", `/api/v1/knowledge_sources`, undefined, body, options);
}

/** What would be found, and why. (ramify knowledge search) */
export function knowledge_search(body: SearchKnowledge, options: CallOptions = {}): Promise<KnowledgeFound> {
  return call("POST", `/api/v1/knowledge_sources/search`, undefined, body, options);
}

/** A knowledge source. (ramify knowledge show) */
export function knowledge_show(source_id: string, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("GET", `/api/v1/knowledge_sources/${part(source_id)}`, undefined, undefined, options);
}

/** Rename a source, or change what a note says. (ramify knowledge change) */
export function knowledge_change(source_id: string, body: ChangeKnowledgeSource, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("PATCH", `/api/v1/knowledge_sources/${part(source_id)}`, undefined, body, options);
}

/** Delete a source with its documents. (ramify knowledge rm) */
export function knowledge_rm(source_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/knowledge_sources/${part(source_id)}`, undefined, undefined, options);
}

/** Index all of a source again; a page is fetched again. (ramify knowledge index) */
export function knowledge_index(source_id: string, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("POST", `/api/v1/knowledge_sources/${part(source_id)}/index`, undefined, undefined, options);
}

/** The documents of a source. (ramify knowledge documents) */
export function knowledge_documents(source_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<KnowledgeDocument>> {
  return call("GET", `/api/v1/knowledge_sources/${part(source_id)}/documents`, query, undefined, options);
}

/** Add a document, or replace the one at its path: the body is the file. */
export function put_knowledge_sources_source_id_documents_path(source_id: string, path: string, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("PUT", `/api/v1/knowledge_sources/${part(source_id)}/documents/${parts(path)}`, undefined, undefined, options);
}

/** Delete a document. (ramify knowledge drop) */
export function knowledge_drop(source_id: string, path: string, options: CallOptions = {}): Promise<KnowledgeSource> {
  return call("DELETE", `/api/v1/knowledge_sources/${part(source_id)}/documents/${parts(path)}`, undefined, undefined, options);
}

/** A document of a source. (ramify knowledge document) */
export function knowledge_document(document_id: string, options: CallOptions = {}): Promise<KnowledgeDocument> {
  return call("GET", `/api/v1/knowledge_documents/${part(document_id)}`, undefined, undefined, options);
}

/** The pieces of a document, in its order. (ramify knowledge chunks) */
export function knowledge_chunks(document_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<KnowledgeChunk>> {
  return call("GET", `/api/v1/knowledge_documents/${part(document_id)}/chunks`, query, undefined, options);
}

/** Where a source is used. (ramify knowledge bindings) */
export function knowledge_bindings(source_id: string, options: CallOptions = {}): Promise<Page<KnowledgeBinding>> {
  return call("GET", `/api/v1/knowledge_sources/${part(source_id)}/bindings`, undefined, undefined, options);
}

/** Use a source in all chats, with a profile, with a persona, or in one chat. (ramify knowledge bind) */
export function knowledge_bind(source_id: string, body: KnowledgeBinding, options: CallOptions = {}): Promise<KnowledgeBinding> {
  return call("POST", `/api/v1/knowledge_sources/${part(source_id)}/bindings`, undefined, body, options);
}

/** Use it there no more. (ramify knowledge unbind) */
export function knowledge_unbind(source_id: string, query: KnowledgeBinding, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/knowledge_sources/${part(source_id)}/bindings`, query, undefined, options);
}

/** What a prompt of a chat would quote of its knowledge, and why. (ramify chats knowledge) */
export function chats_knowledge(chat_id: string, body: TestChatKnowledge, options: CallOptions = {}): Promise<KnowledgeFound> {
  return call("POST", `/api/v1/chats/${part(chat_id)}/test_knowledge`, undefined, body, options);
}

/** By which model knowledge is found by what it means, and how far that is. (ramify knowledge settings) */
export function knowledge_settings(options: CallOptions = {}): Promise<KnowledgeSettings> {
  return call("GET", `/api/v1/knowledge_settings`, undefined, undefined, options);
}

/** Choose the model by which knowledge is found by what it means. (ramify knowledge set) */
export function knowledge_set(body: ChangeKnowledgeSettings, options: CallOptions = {}): Promise<KnowledgeSettings> {
  return call("PATCH", `/api/v1/knowledge_settings`, undefined, body, options);
}

/** Which models are asked when none is named, in order. (ramify policies ls) */
export function policies_ls(options: CallOptions = {}): Promise<Page<ModelPolicy>> {
  return call("GET", `/api/v1/model_policies`, undefined, undefined, options);
}

/** Say which models are asked for what. (ramify policies create) */
export function policies_create(body: CreateModelPolicy, options: CallOptions = {}): Promise<ModelPolicy> {
  return call("POST", `/api/v1/model_policies`, undefined, body, options);
}

/** A policy. (ramify policies show) */
export function policies_show(policy_id: string, options: CallOptions = {}): Promise<ModelPolicy> {
  return call("GET", `/api/v1/model_policies/${part(policy_id)}`, undefined, undefined, options);
}

/** Rename or move a policy, or change its models. (ramify policies change) */
export function policies_change(policy_id: string, body: ChangeModelPolicy, options: CallOptions = {}): Promise<ModelPolicy> {
  return call("PATCH", `/api/v1/model_policies/${part(policy_id)}`, undefined, body, options);
}

/** Say all of a policy anew; its place stays when no position is given. (ramify policies set) */
export function policies_set(policy_id: string, body: CreateModelPolicy, options: CallOptions = {}): Promise<ModelPolicy> {
  return call("PUT", `/api/v1/model_policies/${part(policy_id)}`, undefined, body, options);
}

/** Delete a policy. (ramify policies rm) */
export function policies_rm(policy_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/model_policies/${part(policy_id)}`, undefined, undefined, options);
}

/** The pipelines of the organization. (ramify pipelines ls) */
export function pipelines_ls(query: Paging = {}, options: CallOptions = {}): Promise<Page<Pipeline>> {
  return call("GET", `/api/v1/pipelines`, query, undefined, options);
}

/** Keep a pipeline; its definition is checked first. (ramify pipelines create) */
export function pipelines_create(body: CreatePipeline, options: CallOptions = {}): Promise<Pipeline> {
  return call("POST", `/api/v1/pipelines`, undefined, body, options);
}

/** The graph of a definition, or everything that is wrong with it; nothing is kept. (ramify pipelines check) */
export function pipelines_check(body: CheckPipeline, options: CallOptions = {}): Promise<PipelineGraph> {
  return call("POST", `/api/v1/pipelines/check`, undefined, body, options);
}

/** A pipeline. (ramify pipelines show) */
export function pipelines_show(pipeline_id: string, options: CallOptions = {}): Promise<Pipeline> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}`, undefined, undefined, options);
}

/** Rename a pipeline, or give it a next definition. (ramify pipelines change) */
export function pipelines_change(pipeline_id: string, body: ChangePipeline, options: CallOptions = {}): Promise<Pipeline> {
  return call("PATCH", `/api/v1/pipelines/${part(pipeline_id)}`, undefined, body, options);
}

/** Delete a pipeline; its runs stay. (ramify pipelines rm) */
export function pipelines_rm(pipeline_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/pipelines/${part(pipeline_id)}`, undefined, undefined, options);
}

/** The definitions that a pipeline had, the newest first. (ramify pipelines versions) */
export function pipelines_versions(pipeline_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<PipelineVersion>> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}/versions`, query, undefined, options);
}

/** A definition that a pipeline had. (ramify pipelines version) */
export function pipelines_version(pipeline_id: string, number: string, options: CallOptions = {}): Promise<PipelineVersion> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}/versions/${part(number)}`, undefined, undefined, options);
}

/** The steps of a pipeline with what waits for what, and their levels. (ramify pipelines graph) */
export function pipelines_graph(pipeline_id: string, options: CallOptions = {}): Promise<PipelineGraph> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}/graph`, undefined, undefined, options);
}

/** Where a pipeline answers. (ramify pipelines bindings) */
export function pipelines_bindings(pipeline_id: string, options: CallOptions = {}): Promise<Page<PipelineBinding>> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}/bindings`, undefined, undefined, options);
}

/** Let a pipeline answer in one chat, in the chats with a profile, or in all. (ramify pipelines bind) */
export function pipelines_bind(pipeline_id: string, body: PipelineBinding, options: CallOptions = {}): Promise<PipelineBinding> {
  return call("POST", `/api/v1/pipelines/${part(pipeline_id)}/bindings`, undefined, body, options);
}

/** Let it answer there no more. (ramify pipelines unbind) */
export function pipelines_unbind(pipeline_id: string, query: PipelineBinding, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/pipelines/${part(pipeline_id)}/bindings`, query, undefined, options);
}

/** The types that steps may have, with their parameters. (ramify pipelines types) */
export function pipelines_types(options: CallOptions = {}): Promise<Page<StepType>> {
  return call("GET", `/api/v1/step_types`, undefined, undefined, options);
}

/** Run a pipeline; follow what it does. (ramify pipelines run) */
export function pipelines_run(pipeline_id: string, body: StartRun, options: CallOptions = {}): Promise<Following<Run>> {
  return call("POST", `/api/v1/pipelines/${part(pipeline_id)}/runs`, undefined, body, options);
}

/** The runs of a pipeline, newest first. (ramify pipelines runs) */
export function pipelines_runs(pipeline_id: string, query: Paging = {}, options: CallOptions = {}): Promise<Page<Run>> {
  return call("GET", `/api/v1/pipelines/${part(pipeline_id)}/runs`, query, undefined, options);
}

/** Run again from a step on; what is before it keeps what it yielded. (ramify runs retry) */
export function runs_retry(run_id: string, body: RetryRun, options: CallOptions = {}): Promise<Following<Run>> {
  return call("POST", `/api/v1/runs/${part(run_id)}/retry`, undefined, body, options);
}

/** Stop a run. (ramify runs cancel) */
export function runs_cancel(run_id: string, options: CallOptions = {}): Promise<Run> {
  return call("POST", `/api/v1/runs/${part(run_id)}/cancel`, undefined, undefined, options);
}

/** Everything that happens in a run, live. (ramify runs follow) */
export function runs_follow(run_id: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/runs/${part(run_id)}/events`, query, undefined, options);
}
/** The address of runs_follow. */
export function runs_follow_url(run_id: string): string {
  return `/api/v1/runs/${part(run_id)}/events`;
}

/** What the steps of a run changed, artifacts too. (ramify runs effects) */
export function runs_effects(run_id: string, options: CallOptions = {}): Promise<Page<RunEffect>> {
  return call("GET", `/api/v1/runs/${part(run_id)}/effects`, undefined, undefined, options);
}

/** Undo what a step changed. (ramify runs undo) */
export function runs_undo(effect_id: string, options: CallOptions = {}): Promise<RunEffect> {
  return call("POST", `/api/v1/run_effects/${part(effect_id)}/undo`, undefined, undefined, options);
}

/** The steps of a run with what waited for what. (ramify runs graph) */
export function runs_graph(run_id: string, options: CallOptions = {}): Promise<PipelineGraph> {
  return call("GET", `/api/v1/runs/${part(run_id)}/graph`, undefined, undefined, options);
}

/** What an app can begin as. (ramify templates ls) */
export function templates_ls(options: CallOptions = {}): Promise<Page<Template>> {
  return call("GET", `/api/v1/templates`, undefined, undefined, options);
}

/** Apps, the one that changed last first. (ramify apps ls) */
export function apps_ls(query: ListApps = {}, options: CallOptions = {}): Promise<Page<App>> {
  return call("GET", `/api/v1/apps`, query, undefined, options);
}

/** Create an app from a template. (ramify apps create) */
export function apps_create(body: CreateApp, options: CallOptions = {}): Promise<App> {
  return call("POST", `/api/v1/apps`, undefined, body, options);
}

/** An app. (ramify apps show) */
export function apps_show(app_id: string, options: CallOptions = {}): Promise<App> {
  return call("GET", `/api/v1/apps/${part(app_id)}`, undefined, undefined, options);
}

/** Rename an app. (ramify apps rename) */
export function apps_rename(app_id: string, body: ChangeApp, options: CallOptions = {}): Promise<App> {
  return call("PATCH", `/api/v1/apps/${part(app_id)}`, undefined, body, options);
}

/** Delete an app with its chat, its versions and its previews. (ramify apps rm) */
export function apps_rm(app_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/apps/${part(app_id)}`, undefined, undefined, options);
}

/** The files of a version. (ramify files ls) */
export function files_ls(app_id: string, query: ReadFiles = {}, options: CallOptions = {}): Promise<Files> {
  return call("GET", `/api/v1/apps/${part(app_id)}/files`, query, undefined, options);
}

/** Edit a file by hand: makes a version. (ramify files write) */
export function files_write(app_id: string, body: WriteFile, options: CallOptions = {}): Promise<Version> {
  return call("PUT", `/api/v1/apps/${part(app_id)}/files`, undefined, body, options);
}

/** A file as it is. (ramify files cat) */
export function files_cat(app_id: string, path: string, query: ReadFiles = {}, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/apps/${part(app_id)}/files/${parts(path)}`, query, undefined, options);
}
/** The address of files_cat. */
export function files_cat_url(app_id: string, path: string, query: ReadFiles = {}): string {
  return with_query(`/api/v1/apps/${part(app_id)}/files/${parts(path)}`, query);
}

/** The versions of an app, newest first. (ramify versions ls) */
export function versions_ls(app_id: string, query: ListVersions = {}, options: CallOptions = {}): Promise<Page<Version>> {
  return call("GET", `/api/v1/apps/${part(app_id)}/versions`, query, undefined, options);
}

/** A version. (ramify versions show) */
export function versions_show(app_id: string, version_id: string, options: CallOptions = {}): Promise<Version> {
  return call("GET", `/api/v1/apps/${part(app_id)}/versions/${part(version_id)}`, undefined, undefined, options);
}

/** Note or favourite a version. (ramify versions mark) */
export function versions_mark(app_id: string, version_id: string, body: MarkVersion, options: CallOptions = {}): Promise<Version> {
  return call("PATCH", `/api/v1/apps/${part(app_id)}/versions/${part(version_id)}`, undefined, body, options);
}

/** What a version changed. (ramify versions diff) */
export function versions_diff(app_id: string, version_id: string, query: ReadDiff = {}, options: CallOptions = {}): Promise<Diff> {
  return call("GET", `/api/v1/apps/${part(app_id)}/versions/${part(version_id)}/diff`, query, undefined, options);
}

/** Make a new version that equals this one. (ramify versions restore) */
export function versions_restore(app_id: string, version_id: string, body: Restore, options: CallOptions = {}): Promise<Version> {
  return call("POST", `/api/v1/apps/${part(app_id)}/versions/${part(version_id)}/restore`, undefined, body, options);
}

/** The databases of an app's branches. (ramify apps databases) */
export function apps_databases(app_id: string, options: CallOptions = {}): Promise<Page<BranchDatabase>> {
  return call("GET", `/api/v1/apps/${part(app_id)}/databases`, undefined, undefined, options);
}

/** Previews, newest first. (ramify previews ls) */
export function previews_ls(query: ListPreviews = {}, options: CallOptions = {}): Promise<Page<Preview>> {
  return call("GET", `/api/v1/previews`, query, undefined, options);
}

/** Run a branch or a version of an app; the one that runs already is returned. (ramify previews open) */
export function previews_open(body: CreatePreview, options: CallOptions = {}): Promise<Preview> {
  return call("POST", `/api/v1/previews`, undefined, body, options);
}

/** A preview. (ramify previews show) */
export function previews_show(preview_id: string, options: CallOptions = {}): Promise<Preview> {
  return call("GET", `/api/v1/previews/${part(preview_id)}`, undefined, undefined, options);
}

/** Status, logs and errors of a preview, live. (ramify previews follow) */
export function previews_follow(preview_id: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/previews/${part(preview_id)}/events`, query, undefined, options);
}
/** The address of previews_follow. */
export function previews_follow_url(preview_id: string): string {
  return `/api/v1/previews/${part(preview_id)}/events`;
}

/** End it and start it anew. (ramify previews restart) */
export function previews_restart(preview_id: string, options: CallOptions = {}): Promise<Preview> {
  return call("POST", `/api/v1/previews/${part(preview_id)}/restart`, undefined, undefined, options);
}

/** End its program until the next request. (ramify previews sleep) */
export function previews_sleep(preview_id: string, options: CallOptions = {}): Promise<Preview> {
  return call("POST", `/api/v1/previews/${part(preview_id)}/sleep`, undefined, undefined, options);
}

/** Start its program again. (ramify previews wake) */
export function previews_wake(preview_id: string, options: CallOptions = {}): Promise<Preview> {
  return call("POST", `/api/v1/previews/${part(preview_id)}/wake`, undefined, undefined, options);
}

/** End it and forget it. (ramify previews rm) */
export function previews_rm(preview_id: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/previews/${part(preview_id)}`, undefined, undefined, options);
}

/** The PostgreSQL distributions that databases can run on. (ramify db images) */
export function db_images(options: CallOptions = {}): Promise<Page<DatabaseImage>> {
  return call("GET", `/api/v1/database_images`, undefined, undefined, options);
}

/** Add a relocatable PostgreSQL distribution that lies on the server's machine. (ramify db add-image) */
export function db_add_image(body: AddImage, options: CallOptions = {}): Promise<DatabaseImage> {
  return call("POST", `/api/v1/database_images`, undefined, body, options);
}

/** Remove a distribution that was added. (ramify db remove-image) */
export function db_remove_image(name: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/database_images/${part(name)}`, undefined, undefined, options);
}

/** Which steps of a chain are cached, and why the others are not; starts nothing. (ramify db plan-steps) */
export function db_plan_steps(body: PrepareRequest, options: CallOptions = {}): Promise<DatabasePlan> {
  return call("POST", `/api/v1/database_plans`, undefined, body, options);
}

/** Bring a database into a state and hand out an instance of it. (ramify db prepare-steps) */
export function db_prepare_steps(body: PrepareRequest, options: CallOptions = {}): Promise<Following<Prepare>> {
  return call("POST", `/api/v1/database_prepares`, undefined, body, options);
}

/** Prepares, newest first. (ramify db prepares) */
export function db_prepares(query: ListPrepares = {}, options: CallOptions = {}): Promise<Page<Prepare>> {
  return call("GET", `/api/v1/database_prepares`, query, undefined, options);
}

/** A prepare with its steps and, when it is done, the instance's DSN. (ramify db show-prepare) */
export function db_show_prepare(prepare_id: string, options: CallOptions = {}): Promise<Prepare> {
  return call("GET", `/api/v1/database_prepares/${part(prepare_id)}`, undefined, undefined, options);
}

/** The steps and the output of a prepare, live. (ramify db logs) */
export function db_logs(prepare_id: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/database_prepares/${part(prepare_id)}/events`, query, undefined, options);
}
/** The address of db_logs. */
export function db_logs_url(prepare_id: string): string {
  return `/api/v1/database_prepares/${part(prepare_id)}/events`;
}

/** Stop a prepare; the states that it made stay. (ramify db cancel) */
export function db_cancel(prepare_id: string, options: CallOptions = {}): Promise<Prepare> {
  return call("POST", `/api/v1/database_prepares/${part(prepare_id)}/cancel`, undefined, undefined, options);
}

/** The content of an input of a step, as it is, under its SHA-256. */
export function put_blobs_sha256(sha256: string, options: CallOptions = {}): Promise<void> {
  return call("PUT", `/api/v1/blobs/${part(sha256)}`, undefined, undefined, options);
}

/** Put the parts of a large input together; each was sent as a blob of its own. */
export function post_blobs(body: JoinBlobs, options: CallOptions = {}): Promise<void> {
  return call("POST", `/api/v1/blobs`, undefined, body, options);
}

/** States, newest first. (ramify db states) */
export function db_states(query: ListStates = {}, options: CallOptions = {}): Promise<Page<DatabaseState>> {
  return call("GET", `/api/v1/database_states`, query, undefined, options);
}

/** A state, by a unique beginning of its id or by a ref. (ramify db show-state) */
export function db_show_state(state: string, options: CallOptions = {}): Promise<DatabaseState> {
  return call("GET", `/api/v1/database_states/${part(state)}`, undefined, undefined, options);
}

/** Remove a state that nothing uses. (ramify db remove-state) */
export function db_remove_state(state: string, query: RemoveState = {}, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/database_states/${part(state)}`, query, undefined, options);
}

/** What the states take, how copies are made, hits and misses. (ramify db cache) */
export function db_cache(options: CallOptions = {}): Promise<CacheStatus> {
  return call("GET", `/api/v1/database_cache`, undefined, undefined, options);
}

/** What instances may use. (ramify db limits) */
export function db_limits(options: CallOptions = {}): Promise<DatabaseLimits> {
  return call("GET", `/api/v1/database_limits`, undefined, undefined, options);
}

/** The clones of running servers, each as it was taken last. (ramify db clones) */
export function db_clones(query: ListClones = {}, options: CallOptions = {}): Promise<Page<DatabaseClone>> {
  return call("GET", `/api/v1/database_clones`, query, undefined, options);
}

/** The names of states. (ramify db refs) */
export function db_refs(query: ListRefs = {}, options: CallOptions = {}): Promise<Page<Ref>> {
  return call("GET", `/api/v1/database_refs`, query, undefined, options);
}

/** A name of a state. (ramify db show-ref) */
export function db_show_ref(name: string, options: CallOptions = {}): Promise<Ref> {
  return call("GET", `/api/v1/database_refs/${part(name)}`, undefined, undefined, options);
}

/** Name a state, or pin what a name means. (ramify db tag) */
export function db_tag(name: string, body: SetRef, options: CallOptions = {}): Promise<Ref> {
  return call("PUT", `/api/v1/database_refs/${part(name)}`, undefined, body, options);
}

/** Forget a name; the state stays until it is evicted. (ramify db untag) */
export function db_untag(name: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/database_refs/${part(name)}`, undefined, undefined, options);
}

/** Keep the state of a name for ever, or for a time. (ramify db pin) */
export function db_pin(name: string, body: PinDatabaseRef, options: CallOptions = {}): Promise<Ref> {
  return call("POST", `/api/v1/database_refs/${part(name)}/pin`, undefined, body, options);
}

/** Let the state of a name be evicted again. (ramify db unpin) */
export function db_unpin(name: string, options: CallOptions = {}): Promise<Ref> {
  return call("POST", `/api/v1/database_refs/${part(name)}/unpin`, undefined, undefined, options);
}

/** Remove an instance, a prepare, or a state with what comes from it: all of it, or nothing. */
export function post_database_removals(body: RemoveDatabase, options: CallOptions = {}): Promise<Removal> {
  return call("POST", `/api/v1/database_removals`, undefined, body, options);
}

/** Drop instances whose time is over, and states that nothing needs. */
export function post_database_cache_collect(body: CollectDatabases, options: CallOptions = {}): Promise<CollectedDatabases> {
  return call("POST", `/api/v1/database_cache/collect`, undefined, body, options);
}

/** Instances, newest first. (ramify db instances) */
export function db_instances(query: ListInstances = {}, options: CallOptions = {}): Promise<Page<Instance>> {
  return call("GET", `/api/v1/database_instances`, query, undefined, options);
}

/** The instance of a name or id or, for a ref or state, a new one; running, with its DSN. (ramify db open) */
export function db_open(body: OpenInstance, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances`, undefined, body, options);
}

/** An instance with its DSN, by name or a unique beginning of its id. (ramify db show) */
export function db_show(instance: string, options: CallOptions = {}): Promise<Instance> {
  return call("GET", `/api/v1/database_instances/${part(instance)}`, undefined, undefined, options);
}

/** Rename an instance, or keep it longer. (ramify db change) */
export function db_change(instance: string, body: ChangeInstance, options: CallOptions = {}): Promise<Instance> {
  return call("PATCH", `/api/v1/database_instances/${part(instance)}`, undefined, body, options);
}

/** Drop an instance with its data. (ramify db drop) */
export function db_drop(instance: string, options: CallOptions = {}): Promise<void> {
  return call("DELETE", `/api/v1/database_instances/${part(instance)}`, undefined, undefined, options);
}

/** Back to the state that it is a copy of; its DSN stays. (ramify db reset) */
export function db_reset(instance: string, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/reset`, undefined, undefined, options);
}

/** Make it a copy of another state; its DSN stays. (ramify db switch) */
export function db_switch(instance: string, body: SwitchInstance, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/switch`, undefined, body, options);
}

/** A new instance with its current data, while it runs on. (ramify db fork) */
export function db_fork(instance: string, body: ForkInstance, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/fork`, undefined, body, options);
}

/** Its current data as a new state with a name, while it runs on. (ramify db snapshot) */
export function db_snapshot(instance: string, body: SnapshotInstance, options: CallOptions = {}): Promise<Ref> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/snapshot`, undefined, body, options);
}

/** Stop its server until the next connection. (ramify db sleep) */
export function db_sleep(instance: string, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/sleep`, undefined, undefined, options);
}

/** Start its server. (ramify db wake) */
export function db_wake(instance: string, options: CallOptions = {}): Promise<Instance> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/wake`, undefined, undefined, options);
}

/** The databases of its cluster; one that sleeps is woken. (ramify db databases) */
export function db_databases(instance: string, options: CallOptions = {}): Promise<Page<ClusterDatabase>> {
  return call("GET", `/api/v1/database_instances/${part(instance)}/databases`, undefined, undefined, options);
}

/** Run SQL on it and show the rows; a query whose client is gone is cancelled. (ramify db query) */
export function db_query(instance: string, body: QueryInstance, options: CallOptions = {}): Promise<QueryAnswer> {
  return call("POST", `/api/v1/database_instances/${part(instance)}/query`, undefined, body, options);
}

/** What differs between two states or instances: objects and, when asked for, rows. (ramify db diff-databases) */
export function db_diff_databases(body: DatabaseDiffRequest, options: CallOptions = {}): Promise<DatabasesDiff> {
  return call("POST", `/api/v1/database_diffs`, undefined, body, options);
}

/** Which instances, prepares and runs were made, changed or dropped, live. (ramify db changes) */
export function db_changes(query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/databases/events`, query, undefined, options);
}
/** The address of db_changes. */
export function db_changes_url(): string {
  return `/api/v1/databases/events`;
}

/** A run begins: an instance for it, with its DSN. The program runs where the caller is. */
export function post_database_runs(body: StartDatabaseRun, options: CallOptions = {}): Promise<StartedDatabaseRun> {
  return call("POST", `/api/v1/database_runs`, undefined, body, options);
}

/** The run goes on: at least every minute, else it is lost and its own instance is dropped. */
export function post_database_runs_run_id_renew(run_id: string, options: CallOptions = {}): Promise<void> {
  return call("POST", `/api/v1/database_runs/${part(run_id)}/renew`, undefined, undefined, options);
}

/** The run has ended; its own instance is dropped. */
export function post_database_runs_run_id_end(run_id: string, body: EndDatabaseRun, options: CallOptions = {}): Promise<DatabaseRun> {
  return call("POST", `/api/v1/database_runs/${part(run_id)}/end`, undefined, body, options);
}

/** Programs that ran with a database, newest first. (ramify db runs) */
export function db_runs(query: ListDatabaseRuns = {}, options: CallOptions = {}): Promise<Page<DatabaseRun>> {
  return call("GET", `/api/v1/database_runs`, query, undefined, options);
}

/** A run: what ran on which state, how long, and how it ended. (ramify db show-run) */
export function db_show_run(run_id: string, options: CallOptions = {}): Promise<DatabaseRun> {
  return call("GET", `/api/v1/database_runs/${part(run_id)}`, undefined, undefined, options);
}

/** What a run wrote, or its beginning and end. (ramify db run-output) */
export function db_run_output(run_id: string, query: DatabaseRunOutput = {}, options: CallOptions = {}): Promise<Blob> {
  return call_bytes("GET", `/api/v1/database_runs/${part(run_id)}/output`, query, undefined, options);
}
/** The address of db_run_output. */
export function db_run_output_url(run_id: string, query: DatabaseRunOutput = {}): string {
  return with_query(`/api/v1/database_runs/${part(run_id)}/output`, query);
}

/** Background jobs, newest first. (ramify jobs ls) */
export function jobs_ls(query: ListJobs = {}, options: CallOptions = {}): Promise<Page<Job>> {
  return call("GET", `/api/v1/jobs`, query, undefined, options);
}

/** A job. (ramify jobs show) */
export function jobs_show(job_id: string, options: CallOptions = {}): Promise<Job> {
  return call("GET", `/api/v1/jobs/${part(job_id)}`, undefined, undefined, options);
}

/** Progress and log of a job, live. (ramify jobs follow) */
export function jobs_follow(job_id: string, query: EventsQuery = {}, options: CallOptions = {}): Promise<Page<StreamEvent>> {
  return call("GET", `/api/v1/jobs/${part(job_id)}/events`, query, undefined, options);
}
/** The address of jobs_follow. */
export function jobs_follow_url(job_id: string): string {
  return `/api/v1/jobs/${part(job_id)}/events`;
}

/** Stop a job. (ramify jobs cancel) */
export function jobs_cancel(job_id: string, options: CallOptions = {}): Promise<Job> {
  return call("POST", `/api/v1/jobs/${part(job_id)}/cancel`, undefined, undefined, options);
}

/** Try a failed or cancelled job once more. (ramify jobs retry) */
export function jobs_retry(job_id: string, options: CallOptions = {}): Promise<Job> {
  return call("POST", `/api/v1/jobs/${part(job_id)}/retry`, undefined, undefined, options);
}

/** The server's version. */
export function get_version(options: CallOptions = {}): Promise<ServerVersion> {
  return call("GET", `/api/v1/version`, undefined, undefined, options);
}
