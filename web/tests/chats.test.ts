import { describe, expect, it } from 'vitest';
import type { Chat, Message } from '../src/api';
import { can_continue } from '../src/chat/ask_menu';
import { numbers_named } from '../src/chat/citation_places';
import { place_of } from '../src/chat/passage_place';
import { with_tags } from '../src/chat/tags_dialog';
import { is_let_through } from '../src/chat/use_chats';
import { as_kind, faults_of, reference_of, rows_of, vars_of } from '../src/chat/vars';

describe('tags', () => {
  it.each([
    [['sea'], ' work ', ['sea', 'work']], [['sea'], 'sea', ['sea']], [[], 'a, b,, a ,', ['a', 'b']], [['sea'], '  ', ['sea']],
  ])('%j with “%s” are %j', (tags, typed, expected) => expect(with_tags(tags, typed)).toEqual(expected));
});

describe('a list of chats', () => {
  const chat = { status: 'active', tags: ['sea'] } as Chat;
  it.each([
    [{ status: 'active' }, true], [{ status: 'archived' }, false], [{ status: 'active', tag: 'sea' }, true], [{ status: 'active', tag: 'work' }, false],
  ] as const)('of %j keeps a chat that changed: %s', (filter, expected) => expect(is_let_through(chat, filter)).toBe(expected));
});

describe('an answer goes on', () => {
  const said = (role: Message['role'], text: string, status = 'done') => ({ role, text, variant: { generation: { status } } }) as Message;
  it.each([
    ['an answer', said('assistant', 'So far'), null, true], ['an answer about an app', said('assistant', 'So far'), 'app_1', false], ['one that is being written', said('assistant', 'So far', 'streaming'), null, false],
    ['an empty one', said('assistant', ' '), null, false], ['a question', said('user', 'Why?'), null, false], ['nothing', undefined, null, false],
  ] as const)('from %s', (_, last, app_id, expected) => expect(can_continue(last, app_id)).toBe(expected));
});

describe('the place of a passage', () => {
  it.each([
    ['Depot rules', 'Depot rules', '', 'Depot rules'], ['Depot rules', 'hours.md', 'Opening hours', 'Depot rules, hours.md, Opening hours'], ['Depot', 'Opening hours', 'Opening hours', 'Depot, Opening hours'],
  ])('%s, %s, %s', (source_name, document_title, heading, expected) => expect(place_of({ source_name, document_title, heading })).toBe(expected));
});

describe('the variables of a chat', () => {
  const vars = { mood: 'calm', count: 3, is_on: false, list: [1, { a: null }], nothing: null, number_text: '5' };
  it('are rows, and come back from them as they were', () => expect(vars_of(rows_of(vars))).toEqual(vars));
  it('may have a row that is still empty', () => {
    const rows = [...rows_of(vars), { name: ' ', kind: 'text' as const, text: '' }];
    expect(faults_of(rows)).toEqual(rows.map(() => null));
    expect(vars_of(rows)).toEqual(vars);
  });
  it.each([
    [{ name: '', kind: 'text', text: 'x' }, 'var_unnamed'], [{ name: ' mood ', kind: 'text', text: 'x' }, 'var_twice'], [{ name: 'n', kind: 'number', text: 'three' }, 'var_no_number'], [{ name: 'n', kind: 'number', text: '' }, 'var_no_number'],
    [{ name: 'n', kind: 'json', text: '{' }, 'var_no_json'], [{ name: 'n', kind: 'json', text: '[1]' }, null], [{ name: 'n', kind: 'number', text: ' -1.5 ' }, null],
  ] as const)('%j is told %s', (row, fault) => expect(faults_of([...rows_of({ mood: 'calm' }), row]).at(-1)).toBe(fault));
  it.each([
    ['text', '5', 'number', '5'], ['text', 'calm', 'json', '"calm"'], ['number', '5', 'yes_no', 'false'], ['text', 'true', 'yes_no', 'true'], ['yes_no', 'true', 'json', 'true'],
  ] as const)('as %s “%s” become as %s “%s”', (kind, text, wanted, becomes) => expect(as_kind({ name: 'n', kind, text }, wanted)).toEqual({ name: 'n', kind: wanted, text: becomes }));
  it('are named as Liquid takes it', () => expect(['mood', 'two words'].map(reference_of)).toEqual(['{{ vars.mood }}', '{{ vars["two words"] }}']));
});

describe('the numbers that an answer names', () => {
  it.each([
    ['At six [1].', [1]], ['Both [1][3], and [2, 4].', [1, 3, 2, 4]], ['【5】', [5]], ['rows[1] and `[2]` and [3](https://example.org)', []], ['```\n[1]\n``` then [2]', [2]], ['nothing', []],
  ])('“%s”: %j', (answer, expected) => expect([...numbers_named(answer)]).toEqual(expected));
});
