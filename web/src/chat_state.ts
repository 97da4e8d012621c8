// The state of a chat as a pure fold over its events: fold(events) is what the page shows.
import type { Block, Branch, Chat, Generation, Id, Message, Problem, Variant } from './api';
import type { StreamEvent } from './live';

export interface OpenBlock { variant_id: Id; index: number; bytes: number }

/** What of a branch's history is here: messages by their seq. There may be holes anywhere but at the end. */
export interface View {
  at: Record<number, Id>;
  /** How many messages the history has, whether they are here or not. */
  count: number;
  /** False until the end of the history was read; messages that are written meanwhile are kept already. */
  is_loaded: boolean;
}

const empty_view: View = { at: {}, count: 0, is_loaded: false };
/** The history is read in pages of so many. */
export const page_messages = 50;
/** So many messages of a branch are kept at most: some ten screens in each direction stay without reading them again. */
export const kept_messages_max = 1000;

export interface ChatState {
  chat: Chat | null;
  is_deleted: boolean;
  branches: Record<Id, Branch>;
  /** The branches on screen. */
  views: Record<Id, View>;
  messages: Record<Id, Message>;
  /** Every variant seen, so that a branch can show the variant it was forked from. */
  variants: Record<Id, Variant>;
  /** Blocks that still grow, by the seq of their block.started. */
  open: Record<string, OpenBlock>;
  /** A delta arrived beyond the text that is here: the stream must be read again from its start. */
  has_gap: boolean;
  /** How many version.created were seen; a change means that lists of versions are stale. */
  versions_seen: number;
  databases_seen: number;
}

export const empty_chat: ChatState = { chat: null, is_deleted: false, branches: {}, views: {}, messages: {}, variants: {}, open: {}, has_gap: false, versions_seen: 0, databases_seen: 0 };

/** Branches of branches are followed no deeper. */
const depth_max = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The part of `text`, which stands at byte `position`, that lies beyond byte `bytes`; null when there is a hole between. */
export function beyond(text: string, position: number, bytes: number): string | null {
  if (position > bytes) return null;
  if (position === bytes) return text;
  const encoded = encoder.encode(text);
  return position + encoded.length <= bytes ? '' : decoder.decode(encoded.subarray(bytes - position));
}

/** Messages with the variants that they show; those are selected, and others of them are not any more. */
function put_messages(state: ChatState, put: Message[]): ChatState {
  const messages = { ...state.messages };
  const variants = { ...state.variants };
  const selected = new Map(put.map((message) => [message.id, message.variant.id]));
  for (const variant of Object.values(state.variants)) {
    const wanted = selected.get(variant.message_id);
    if (wanted && variant.is_selected && variant.id !== wanted) variants[variant.id] = { ...variant, is_selected: false };
  }
  for (const message of put) {
    messages[message.id] = message;
    variants[message.variant.id] = message.variant;
  }
  return { ...state, messages, variants };
}

const put_message = (state: ChatState, message: Message): ChatState => put_messages(state, [message]);

/** A new message stands at the end of its branch. */
function add_message(state: ChatState, message: Message): ChatState {
  const next = put_message(state, message);
  const view = state.views[message.branch_id];
  return view ? with_view(next, message.branch_id, { ...view, at: { ...view.at, [message.seq]: message.id }, count: Math.max(view.count, message.seq) }) : next;
}

const with_view = (state: ChatState, branch_id: Id, view: View): ChatState => ({ ...state, views: { ...state.views, [branch_id]: view } });

/** A branch comes on screen: from now on its new messages are kept; its history follows by `load_view`. */
export function open_view(state: ChatState, branch_id: Id): ChatState {
  return state.views[branch_id] ? state : with_view(state, branch_id, empty_view);
}

/** A page of a branch's history, as the server shows it; `is_end` says that it has the newest message. What streams here is newer and is kept. */
export function load_view(state: ChatState, branch_id: Id, page: Message[], is_end: boolean): ChatState {
  const view = state.views[branch_id] ?? empty_view;
  const at = { ...view.at };
  for (const message of page) at[message.seq] = message.id;
  const settled = page.filter((message) => !is_running(state.messages[message.id]?.variant.generation));
  // Reading a branch may show a variant that is pinned there and not selected: the selected one stays the message's.
  const is_pinned = (message: Message) => !message.variant.is_selected && !!state.messages[message.id];
  const next = put_messages(state, settled.filter((message) => !is_pinned(message)));
  const variants = { ...next.variants, ...Object.fromEntries(settled.filter(is_pinned).map(({ variant }) => [variant.id, variant])) };
  const count = is_end ? page.reduce((most, message) => Math.max(most, message.seq), view.count) : view.count;
  return with_view({ ...next, variants }, branch_id, { at, count, is_loaded: view.is_loaded || is_end });
}

/** Forgets what is far from `seq`, when much is here. The end stays, and what is being written. */
export function trim_view(state: ChatState, branch_id: Id, seq: number): ChatState {
  const view = state.views[branch_id];
  if (!view || Object.keys(view.at).length <= kept_messages_max) return state;
  const is_kept = ([place, id]: [string, Id]) => Math.abs(Number(place) - seq) <= kept_messages_max / 4 || Number(place) > view.count - page_messages || is_running(state.messages[id]?.variant.generation);
  const next = with_view(state, branch_id, { ...view, at: Object.fromEntries(Object.entries(view.at).filter(is_kept)) });
  const shown = new Set(Object.values(next.views).flatMap((other) => Object.values(other.at)));
  const messages = Object.fromEntries(Object.entries(state.messages).filter(([id]) => shown.has(id)));
  const variants = Object.fromEntries(Object.entries(state.variants).filter(([, variant]) => shown.has(variant.message_id)));
  return { ...next, messages, variants };
}

function change_variant(state: ChatState, variant_id: Id, change: (variant: Variant) => Variant): ChatState {
  const old = state.variants[variant_id];
  if (!old) return state;
  const variant = change(old);
  const message = state.messages[variant.message_id];
  const messages = message && message.variant.id === variant_id ? { ...state.messages, [message.id]: { ...message, variant } } : state.messages;
  return { ...state, variants: { ...state.variants, [variant_id]: variant }, messages };
}

function close_blocks(state: ChatState, variant_id: Id): ChatState {
  const open = Object.fromEntries(Object.entries(state.open).filter(([, block]) => block.variant_id !== variant_id));
  return { ...state, open };
}

function start_generation(state: ChatState, generation: Generation): ChatState {
  const next = close_blocks(state, generation.variant_id);
  return change_variant(next, generation.variant_id, (variant) => ({ ...variant, generation, blocks: [], text: '' }));
}

function with_block(variant: Variant, index: number, block: Block): Variant {
  const blocks = variant.blocks.slice();
  blocks[index] = block;
  return { ...variant, blocks };
}

function start_block(state: ChatState, seq: string, data: { variant_id: Id; index: number; block: Partial<Block> }): ChatState {
  const block: Block = {
    type: data.block.type ?? 'answer', content: '', kind: data.block.kind ?? null, path: data.block.path ?? null,
    description: data.block.description ?? null, status: 'streaming',
  };
  const next = change_variant(state, data.variant_id, (variant) => with_block(variant, data.index, block));
  return { ...next, open: { ...next.open, [seq]: { variant_id: data.variant_id, index: data.index, bytes: 0 } } };
}

function grow_block(state: ChatState, data: { block: number | string; position: number; text: string }): ChatState {
  const key = String(data.block);
  const open = state.open[key];
  if (!open) return state;
  const added = beyond(data.text, data.position, open.bytes);
  if (added === null) return { ...state, has_gap: true };
  if (added === '') return state;
  const next = change_variant(state, open.variant_id, (variant) => {
    const block = variant.blocks[open.index];
    return block ? with_block(variant, open.index, { ...block, content: block.content + added }) : variant;
  });
  return { ...next, open: { ...next.open, [key]: { ...open, bytes: open.bytes + encoder.encode(added).length } } };
}

function finish_block(state: ChatState, data: { variant_id: Id; index: number; block: Block }): ChatState {
  const open = Object.fromEntries(
    Object.entries(state.open).filter(([, block]) => block.variant_id !== data.variant_id || block.index !== data.index),
  );
  return change_variant({ ...state, open }, data.variant_id, (variant) => with_block(variant, data.index, data.block));
}

function change_generation(state: ChatState, generation_id: Id, change: Partial<Generation>): ChatState {
  for (const variant of Object.values(state.variants))
    if (variant.generation?.id === generation_id)
      return change_variant(state, variant.id, (old) => ({ ...old, generation: { ...old.generation!, ...change } }));
  return state;
}

/** A message as the last event of its generation tells it: its variant's text is the message's, its blocks were told as they came. */
export type EndedMessage = Omit<Message, 'variant'> & { variant: Omit<Variant, 'text' | 'blocks' | 'generation'> };

function end_generation(state: ChatState, generation: Generation, message: EndedMessage | null): ChatState {
  const next = close_blocks(state, generation.variant_id);
  if (!message || message.variant.id !== generation.variant_id)
    return change_variant(next, generation.variant_id, (old) => ({
      ...old, generation,
      blocks: old.blocks.map((block) => (block.status === 'streaming' ? { ...block, status: 'unfinished' } : block)),
    }));
  // A block that has no end is not part of the answer.
  const blocks = (next.variants[generation.variant_id]?.blocks ?? []).filter((block) => block.status !== 'streaming');
  const whole: Variant = { blocks, ...message.variant, text: message.text, generation };
  if (next.messages[whole.message_id]?.variant.id !== whole.id && !whole.is_selected) return { ...next, variants: { ...next.variants, [whole.id]: whole } };
  return put_message(next, { ...message, variant: whole });
}

/**
 * The message at `seq` and what follows it leave this branch; branches that were forked from it keep what they inherited. Where
 * it leaves alone, what follows moves up a place: it is read again.
 */
function delete_message(state: ChatState, branch_id: Id, seq: number, keeps_following: boolean): ChatState {
  const view = state.views[branch_id];
  if (!view) return state;
  const at = Object.fromEntries(Object.entries(view.at).filter(([place]) => Number(place) < seq));
  return with_view(state, branch_id, { ...view, at, count: keeps_following ? view.count - 1 : Math.min(view.count, seq - 1) });
}

function delete_branch(state: ChatState, branch_id: Id): ChatState {
  const { [branch_id]: branch, ...branches } = state.branches;
  const { [branch_id]: view, ...views } = state.views;
  return branch || view ? { ...state, branches, views } : state;
}

export function fold_chat(state: ChatState, event: StreamEvent): ChatState {
  const data = event.data as never;
  switch (event.type) {
    case 'chat.updated': return { ...state, chat: (data as { chat: Chat }).chat };
    case 'branch.created':
    case 'branch.updated': {
      const { branch } = data as { branch: Branch };
      return { ...state, branches: { ...state.branches, [branch.id]: branch } };
    }
    case 'branch.deleted': return delete_branch(state, (data as { branch_id: Id }).branch_id);
    case 'chat.deleted': return { ...state, is_deleted: true };
    case 'message.created': return add_message(state, (data as { message: Message }).message);
    case 'message.updated': return put_message(state, (data as { message: Message }).message);
    case 'message.deleted': {
      const { branch_id, message_seq, keeps_following = false } = data as { branch_id: Id; message_seq: number; keeps_following?: boolean };
      return delete_message(state, branch_id, message_seq, keeps_following);
    }
    case 'generation.started': return start_generation(state, (data as { generation: Generation }).generation);
    case 'block.started': return start_block(state, event.id.split('~')[0]!, data);
    case 'block.delta': return grow_block(state, data);
    case 'block.done': return finish_block(state, data);
    case 'usage': {
      const { generation_id, tokens_in, tokens_out, tokens_cached, cost_usd } = data as Generation & { generation_id: Id };
      return change_generation(state, generation_id, { tokens_in, tokens_out, tokens_cached, cost_usd });
    }
    case 'changes.refused': {
      const { generation_id, problems } = data as { generation_id: Id; problems: Problem[] };
      return change_generation(state, generation_id, { problems });
    }
    case 'version.created': return { ...state, versions_seen: state.versions_seen + 1 };
    case 'database.created':
    case 'database.forked':
    case 'database.migrated':
    case 'database.restored':
    case 'database.failed': return { ...state, databases_seen: state.databases_seen + 1 };
    case 'generation.done':
    case 'generation.aborted':
    case 'generation.error': {
      const { generation, message } = data as { generation: Generation; message: EndedMessage | null };
      return end_generation(state, generation, message);
    }
    default: return state;
  }
}

export const fold_chat_all = (state: ChatState, events: StreamEvent[]): ChatState => events.reduce(fold_chat, state);

/** Where a branch was forked it shows the variant of that moment, whatever is selected elsewhere since. */
export function pinned_variants(branches: Record<Id, Branch>, branch_id: Id): Map<Id, Id> {
  const pinned = new Map<Id, Id>();
  let branch = branches[branch_id];
  for (let depth = 0; branch && depth < depth_max; depth++) {
    if (branch.forked_from_message_id && branch.forked_from_variant_id && !pinned.has(branch.forked_from_message_id))
      pinned.set(branch.forked_from_message_id, branch.forked_from_variant_id);
    branch = branch.parent_branch_id ? branches[branch.parent_branch_id] : undefined;
  }
  return pinned;
}

function shown_message(state: ChatState, id: Id, pinned: Map<Id, Id>): Message {
  const message = state.messages[id]!;
  const variant = state.variants[pinned.get(id) ?? ''];
  return variant && variant.id !== message.variant.id ? { ...message, variant, text: variant.text } : message;
}

/** The messages of a branch that are here, oldest first. */
export function messages_of(state: ChatState, branch_id: Id): Message[] {
  const pinned = pinned_variants(state.branches, branch_id);
  return Object.values(state.views[branch_id]?.at ?? {}).map((id) => shown_message(state, id, pinned));
}

/** The first seq of each page that rows `first` to `last` of a branch are on and that is not here. */
export function missing_pages(view: View, first: number, last: number): number[] {
  const pages = new Set<number>();
  for (let seq = Math.max(1, first); seq <= Math.min(last, view.count); seq++)
    if (!view.at[seq]) pages.add(seq - ((seq - 1) % page_messages));
  return [...pages];
}

export const is_running = (generation: Generation | null | undefined): boolean =>
  generation?.status === 'queued' || generation?.status === 'streaming';

/** The generation that is under way on a branch, if any. */
export function running_generation(messages: Message[]): Generation | null {
  for (let index = messages.length - 1; index >= 0; index--) {
    const generation = messages[index]!.variant.generation;
    if (is_running(generation)) return generation;
  }
  return null;
}
