import { describe, expect, it } from 'vitest';
import type { Block, Branch, Generation, Message, Variant } from '../src/api';
import { beyond, empty_chat, fold_chat_all, load_view, messages_of, open_view, running_generation, type ChatState } from '../src/chat_state';
import { EventReader, type StreamEvent } from '../src/live';

const time = '2026-01-01T00:00:00Z';
const variant = (id: string, message_id: string, over: Partial<Variant> = {}): Variant => ({
  id, message_id, number: 1, kind: 'generation', text: '', blocks: [], is_selected: true, generation: null, version_id: null, created_at: time, ...over,
});
const message = (id: string, seq: number, over: Partial<Message> = {}): Message => ({
  id, chat_id: 'chat_1', branch_id: 'branch_main', seq, role: 'user', text: id, variant: variant(`variant_${id}`, id, { text: id }), variants_count: 1, pinned_at: null, created_at: time, ...over,
});
const generation = (over: Partial<Generation> = {}): Generation => ({
  id: 'generation_1', message_id: 'b', variant_id: 'variant_b', branch_id: 'branch_main', chat_id: 'chat_1', status: 'streaming', provider: 'demo', model: 'demo', model_id: null, tokens_in: 0, tokens_out: 0,
  tokens_cached: 0, cost_usd: 0, error_code: null, error_message: null, attempt: 1, queued_at: time, first_token_at: null, ended_at: null, run_id: 'run_1', citations_count: 0, problems: [], ...over,
});
const branch = (id: string, over: Partial<Branch> = {}): Branch => ({
  id, chat_id: 'chat_1', title: id, is_main: id === 'branch_main', parent_branch_id: null, forked_from_message_id: null, forked_from_variant_id: null, forked_from_seq: null, messages_count: 0,
  last_message_preview: '', current_version_id: null, created_at: time, version: 1, ...over,
});
const block = (content: string, over: Partial<Block> = {}): Block => ({ type: 'answer', content, kind: null, path: null, description: null, status: 'done', ...over });
const event = (id: string, type: string, data: object): StreamEvent => ({ id, type, data: { type, ...data } });
const delta = (text: string, position: number, at = 5): StreamEvent => event(`5~${at}.${position + new TextEncoder().encode(text).length}`, 'block.delta', { block: at, position, text });

const asked: StreamEvent[] = [
  event('1', 'branch.created', { branch: branch('branch_main') }),
  event('2', 'message.created', { message: message('a', 1) }),
  event('3', 'message.created', { message: message('b', 2, { role: 'assistant' }) }),
  event('4', 'generation.started', { generation: generation() }),
  event('5', 'block.started', { generation_id: 'generation_1', message_id: 'b', variant_id: 'variant_b', index: 0, block: { type: 'answer', kind: null, path: null, description: null } }),
];
const said = (state: ChatState) => state.messages.b!.variant.blocks.map((one) => one.content);

/** A chat whose main branch is on screen, empty so far. */
const main_on_screen = load_view(empty_chat, 'branch_main', [], true);

describe('a text grows by byte positions', () => {
  it('cuts what is already there, by bytes of UTF-8', () => {
    expect(beyond('abc', 0, 0)).toBe('abc');
    expect(beyond('abc', 0, 2)).toBe('c');
    expect(beyond('привет', 0, 4)).toBe('ивет');
    expect(beyond('🌱x', 10, 14)).toBe('x');
    expect(beyond('abc', 0, 3)).toBe('');
    expect(beyond('abc', 5, 3)).toBeNull();
  });

  it('whatever pieces overlap, the text is the same', () => {
    const text = 'Ветка 🌱 растёт; const x = 1;\n'.repeat(3);
    const chars = [...text];
    const bytes_before = (count: number) => new TextEncoder().encode(chars.slice(0, count).join('')).length;
    for (let step = 1; step < 9; step++) {
      const events = [...asked];
      for (let at = 0; at < chars.length; at += step) {
        const from = Math.max(0, at - (step % 4)); // resent text, as after a reconnection
        events.push(delta(chars.slice(from, at + step).join(''), bytes_before(from)));
        if (at % 3 === 0) events.push(events[events.length - 1]!); // and the same delta twice
      }
      const state = fold_chat_all(empty_chat, events);
      expect(said(state)).toEqual([text]);
      expect(state.has_gap).toBe(false);
    }
  });

  it('tells a hole instead of closing it', () => {
    expect(fold_chat_all(empty_chat, [...asked, delta('later', 7)]).has_gap).toBe(true);
  });

  it('ignores deltas of blocks that are closed', () => {
    const done = event('6', 'block.done', { generation_id: 'generation_1', message_id: 'b', variant_id: 'variant_b', index: 0, block: block('whole') });
    expect(said(fold_chat_all(empty_chat, [...asked, delta('wh', 0), done, delta('ole', 2)]))).toEqual(['whole']);
  });
});

/** The answer as the last event of its generation tells it. */
function ended(text: string) {
  const { text: _, blocks: __, generation: ___, ...rest } = variant('variant_b', 'b', {});
  return { ...message('b', 2, { role: 'assistant', text }), variant: rest };
}

describe('a generation', () => {
  it('drops a block that has no end: the attempt that began it died', () => {
    const state = fold_chat_all(main_on_screen, [...asked, delta('half', 0), event('6', 'generation.done', { generation: generation({ status: 'done' }), message: ended('') })]);
    expect(state.messages.b!.variant.blocks).toEqual([]);
  });

  it('resumes in the middle: folding in two parts equals folding at once', () => {
    const events = [...asked, delta('Hel', 0), delta('lo', 3), event('6', 'block.done', { variant_id: 'variant_b', index: 0, block: block('Hello') }),
      event('7', 'generation.done', { generation: generation({ status: 'done' }), message: ended('Hello') })];
    const whole = fold_chat_all(empty_chat, events);
    expect(whole.messages.b!.text).toBe('Hello');
    expect(whole.messages.b!.variant).toMatchObject({ text: 'Hello', blocks: [block('Hello')], generation: { status: 'done' } });
    for (let cut = 0; cut <= events.length; cut++) expect(fold_chat_all(fold_chat_all(empty_chat, events.slice(0, cut)), events.slice(cut))).toEqual(whole);
  });

  it('forgets the blocks of an attempt that is started again', () => {
    const again = [event('6', 'generation.started', { generation: generation(), attempt: 2 }), event('7', 'block.started', { variant_id: 'variant_b', index: 0, block: { type: 'answer' } }), delta('new', 0, 7), delta('old again', 3, 5)];
    expect(said(fold_chat_all(empty_chat, [...asked, delta('old', 0), ...again]))).toEqual(['new']);
  });

  it('that is stopped keeps what was said and marks it unfinished', () => {
    const state = fold_chat_all(main_on_screen, [...asked, delta('half', 0), event('6', 'generation.aborted', { generation: generation({ status: 'aborted' }), message: null })]);
    expect(state.messages.b!.variant.blocks[0]).toMatchObject({ content: 'half', status: 'unfinished' });
    expect(running_generation(messages_of(state, 'branch_main'))).toBeNull();
  });

  it('carries usage and refused changes', () => {
    const state = fold_chat_all(empty_chat, [...asked, event('6', 'usage', { generation_id: 'generation_1', tokens_in: 3, tokens_out: 5, tokens_cached: 0, cost_usd: 0 }),
      event('7', 'changes.refused', { generation_id: 'generation_1', problems: [{ path: 'a.ts', message: 'no such text' }] })]);
    expect(state.messages.b!.variant.generation).toMatchObject({ tokens_out: 5, problems: [{ path: 'a.ts', message: 'no such text' }] });
  });

  it('of a variant that is not selected any more does not come back to the front', () => {
    const other = message('b', 2, { role: 'assistant', variant: variant('variant_c', 'b', { number: 2, text: 'mine' }), variants_count: 2 });
    const ended = message('b', 2, { role: 'assistant', text: 'late', variant: variant('variant_b', 'b', { is_selected: false }), variants_count: 2 });
    const state = fold_chat_all(empty_chat, [...asked, event('6', 'message.updated', { message: other }), event('7', 'generation.done', { generation: generation({ status: 'done' }), message: ended })]);
    expect(state.messages.b!.variant.id).toBe('variant_c');
    expect(state.variants.variant_b!.text).toBe('late');
  });
});

describe('branches', () => {
  const side = branch('branch_side', { parent_branch_id: 'branch_main', forked_from_message_id: 'b', forked_from_variant_id: 'variant_b', forked_from_seq: 2 });
  const leaf = branch('branch_leaf', { parent_branch_id: 'branch_side', forked_from_message_id: 'x', forked_from_variant_id: 'variant_x', forked_from_seq: 3 });
  const history = [...asked,
    event('6', 'message.created', { message: message('c', 3) }),
    event('7', 'branch.created', { branch: side }),
    event('8', 'message.created', { message: message('x', 3, { branch_id: 'branch_side' }) }),
    event('9', 'message.created', { message: message('y', 4, { branch_id: 'branch_side' }) }),
    event('10', 'branch.created', { branch: leaf }),
    event('11', 'message.created', { message: message('z', 4, { branch_id: 'branch_leaf' }) })];
  const shown = (state: ChatState, id: string) => messages_of(state, id).map((one) => one.id);

  const on_screen = load_view(load_view(main_on_screen, 'branch_side', [message('b', 2, { role: 'assistant' }), message('a', 1)], true), 'branch_leaf',
    [message('x', 3, { branch_id: 'branch_side' }), message('b', 2, { role: 'assistant' }), message('a', 1)], true);

  it('get only what is said on them', () => {
    const state = fold_chat_all(on_screen, history);
    expect(shown(state, 'branch_main')).toEqual(['a', 'b', 'c']);
    expect(shown(state, 'branch_side')).toEqual(['a', 'b', 'x', 'y']);
    expect(shown(state, 'branch_leaf')).toEqual(['a', 'b', 'x', 'z']);
  });

  it('show the variant that they were forked from', () => {
    const state = fold_chat_all(on_screen, [...history, event('12', 'message.updated', { message: message('b', 2, { role: 'assistant', variant: variant('variant_c', 'b', { number: 2, text: 'other' }), variants_count: 2 }) })]);
    expect(messages_of(state, 'branch_main')[1]!.variant.id).toBe('variant_c');
    expect(messages_of(state, 'branch_side')[1]!.variant.id).toBe('variant_b');
    expect(messages_of(state, 'branch_leaf')[1]!.variant.id).toBe('variant_b');
  });

  it('keep what they inherited when it is deleted where it was written', () => {
    const state = fold_chat_all(on_screen, [...history, event('12', 'message.deleted', { message_id: 'x', branch_id: 'branch_side', message_seq: 3 })]);
    expect(shown(state, 'branch_side')).toEqual(['a', 'b']);
    expect(shown(state, 'branch_leaf')).toEqual(['a', 'b', 'x', 'z']);
  });

  it('read their history in pages, and lose nothing that is said meanwhile', () => {
    let state = fold_chat_all(open_view(empty_chat, 'branch_main'), [event('9', 'message.created', { message: message('d', 4) })]);
    state = load_view(state, 'branch_main', [message('c', 3), message('b', 2, { role: 'assistant' })], true);
    expect(shown(state, 'branch_main')).toEqual(['b', 'c', 'd']);
    state = load_view(state, 'branch_main', [message('a', 1)], false);
    expect(shown(state, 'branch_main')).toEqual(['a', 'b', 'c', 'd']);
    expect(state.views.branch_main).toMatchObject({ count: 4, is_loaded: true });
  });

  it('an answer that streams is not set back by a page that was read', () => {
    let state = fold_chat_all(open_view(empty_chat, 'branch_main'), [...asked, delta('Hello', 0)]);
    state = load_view(state, 'branch_main', [message('b', 2, { role: 'assistant', variant: variant('variant_b', 'b', { blocks: [block('He')], generation: generation() }) }), message('a', 1)], true);
    expect(said(fold_chat_all(state, [delta(' you', 5)]))).toEqual(['Hello you']);
  });

  it('are gone when deleted', () => {
    expect(fold_chat_all(empty_chat, [...history, event('12', 'branch.deleted', { branch_id: 'branch_leaf' })]).branches.branch_leaf).toBeUndefined();
  });
});

describe('an event stream', () => {
  const wire = ': heartbeat\r\n\r\nid: 1\r\nevent: message.created\r\ndata: {"type":"message.created","n":1}\r\n\r\nid: 2~1.5\nevent: block.delta\ndata: {"type":"block.delta",\ndata: "text":"э"}\n\ndata: not json\n\nid: 3\ndata: {"type":"x"}\n\n';

  it('reads the same however its text is cut', () => {
    const whole = new EventReader().read(wire);
    expect(whole.map((one) => [one.id, one.type])).toEqual([['1', 'message.created'], ['2~1.5', 'block.delta'], ['3', 'x']]);
    expect(whole[1]!.data.text).toBe('э');
    for (let cut = 0; cut <= wire.length; cut++) {
      const reader = new EventReader();
      expect([...reader.read(wire.slice(0, cut)), ...reader.read(wire.slice(cut))]).toEqual(whole);
    }
  });
});
