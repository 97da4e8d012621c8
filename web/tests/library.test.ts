import { describe, expect, it } from 'vitest';
import type { CharacterCard, EntityProfile } from '../src/api';
import { fields_of, greetings_of, is_found, rest_of, tags_of, with_changes } from '../src/library/card';
import { holds_in } from '../src/library/chat_setting';
import { open_changes, read_changes } from '../src/library/drafts';
import { empty_entry, lines_of, messages_of, next_uid, set_in, sorted_verdicts, title_of } from '../src/library/entry';
import { fault_of, offset_at, place_at, rival_of, sample_values } from '../src/library/template';
import { rows_in_view } from '../src/library/window_rows';

const card: CharacterCard = {
  spec: 'chara_card_v3', spec_version: '3.0',
  data: { name: 'Vera', description: 'keeps the light', first_mes: 'Come in.', alternate_greetings: ['Morning.', ' ', 'Evening.'], tags: ['sea'], extensions: { world: 'Harbour' }, assets: [], group_only_greetings: ['All of you.'], of_others: 7 },
};

describe('a card as a form', () => {
  it('has every text, empty where the card has none', () => {
    expect(fields_of(card)).toMatchObject({ name: 'Vera', description: 'keeps the light', nickname: '', greetings: ['Come in.', 'Morning.', ' ', 'Evening.'], tags: ['sea'] });
  });
  it('changes what was changed, and nothing else', () => {
    const changed = with_changes(card, { nickname: 'Vee', greetings: ['Evening.', 'Come in.'] });
    expect(changed).toEqual({ ...card, data: { ...card.data, nickname: 'Vee', first_mes: 'Evening.', alternate_greetings: ['Come in.'] } });
    expect(with_changes(card, {})).toEqual(card);
    expect(with_changes(card, { greetings: [] }).data).toMatchObject({ first_mes: '', alternate_greetings: [] });
  });
  it('shows what it does not edit, when there is something in it', () => {
    expect(rest_of(card)).toEqual({ extensions: { world: 'Harbour' }, group_only_greetings: ['All of you.'], of_others: 7 });
  });
  it('counts greetings as the server does: those that say something', () => {
    expect(greetings_of(card)).toEqual(['Come in.', 'Morning.', 'Evening.']);
  });
  it('reads tags between commas, each once', () => {
    expect(tags_of(' sea, slow burn,,sea ,')).toEqual(['sea', 'slow burn']);
  });
  it('is found by all words, in any letters', () => {
    expect(is_found('МАЯ вер', ['Вера Маяк', 'sea'])).toBe(true);
    expect(is_found('vera osk', ['Vera', 'sea'])).toBe(false);
    expect(is_found('  ', ['Vera'])).toBe(true);
  });
});

describe('unsaved changes', () => {
  const saved = { name: 'Vera', tags: ['sea'], depth: null as number | null };
  it('are those that differ from what is saved', () => {
    expect(open_changes(saved, { name: 'Vera', tags: ['sea'] })).toEqual({});
    expect(open_changes(saved, { name: 'Vee', tags: ['sea', 'storm'], depth: 4 })).toEqual({ name: 'Vee', tags: ['sea', 'storm'], depth: 4 });
  });
  it('of a member that there is no more are none', () => {
    expect(open_changes(saved, { gone: 1 } as object)).toEqual({});
  });
  it('are read from anything that a browser may have kept', () => {
    for (const text of [null, '', 'x', '7', '[1]', 'null']) expect(read_changes(text)).toEqual({});
    expect(read_changes('{"name":"Vee"}')).toEqual({ name: 'Vee' });
  });
});

describe('an entry of a lorebook', () => {
  const entry = { ...empty_entry(4), keys: ['sea', 'storm'] };
  it('is called by its title, else by its keys, else by its number', () => {
    expect([title_of({ ...entry, comment: ' Sea ' }), title_of(entry), title_of(empty_entry(4))]).toEqual(['Sea', 'sea, storm', '#4']);
  });
  it('counts the options that are set, by the group that shows them', () => {
    const set = { ...entry, probability: 40, group: 'weather', sticky: 2, character_filter: { is_exclude: false, names: ['Vera'], tags: [] } };
    expect([set_in(set, 'chance'), set_in(set, 'time'), set_in(set, 'whom'), set_in(set, 'keys')]).toEqual([2, 1, 1, 0]);
  });
  it('that is new has the next number', () => {
    expect([next_uid([]), next_uid([entry, empty_entry(2)])]).toEqual([0, 5]);
  });
  it('has keys by lines, and is tested with messages between dashes', () => {
    expect(lines_of(' sea \n\n/a,b/i\n')).toEqual(['sea', '/a,b/i']);
    expect(messages_of('one\ntwo\n---\nthree\n---\n')).toEqual(['one\ntwo', 'three']);
  });
  it('is listed by the test where the prompt has it, and after those that are active when it is not', () => {
    const verdict = (uid: number, activated: boolean) => ({ book: 'b', uid, activated, comment: '', reason: 'keys' as const, detail: '', matched_keys: [] });
    const piece = (uid: number) => ({ book: 'b', uid, position: 'before' as const, depth: 0, role: 'system' as const, outlet_name: '', text: '', tokens: 1 });
    const { active, passive } = sorted_verdicts({ entries: [verdict(1, true), verdict(2, false), verdict(3, true)], pieces: [piece(3), piece(1)], tokens: 2, budget: 9, is_overflowed: false, warnings: [] });
    expect([active.map((one) => one.uid), passive.map((one) => one.uid)]).toEqual([[3, 1], [2]]);
  });
});

describe('a windowed list', () => {
  it('draws what is in view, and some more', () => {
    expect(rows_in_view(10_000, 50, 0, 500)).toEqual({ first: 0, last: 18 });
    expect(rows_in_view(10_000, 50, 5000, 500)).toEqual({ first: 92, last: 118 });
    expect(rows_in_view(10_000, 50, 499_500, 500)).toEqual({ first: 9982, last: 10_000 });
    expect(rows_in_view(3, 50, 9000, 500)).toEqual({ first: 0, last: 3 });
  });
});

describe('a prompt template', () => {
  const told = (message: string) => fault_of({ message, errors: [{ pointer: '/text', detail: message }] });
  it('is wrong at a line and a column, of its own or of one that it includes', () => {
    expect(told('3:14: tag "fo" not found')).toEqual({ template: null, line: 3, column: 14, message: 'tag "fo" not found' });
    expect(told('House: style:1:2: odd: 4:5: x')).toMatchObject({ template: 'House: style', line: 1, column: 2 });
    expect(fault_of({ message: 'a prompt template is called "x" already', errors: [] })).toBeNull();
  });
  it('shows the place: the whole tag when one begins there', () => {
    const text = 'one\n{% fo x %} two\nthree';
    expect([offset_at(text, 1, 2), offset_at(text, 3, 1), offset_at(text, 3, 99), offset_at(text, 9, 1)]).toEqual([1, 19, 24, 19]);
    expect(place_at(text, 2, 1)).toEqual({ from: 4, to: 14 });
    expect(place_at(text, 1, 2)).toEqual({ from: 1, to: 1 });
  });
  it('is tried with a character as a chat would give it', () => {
    const profile = { spec: { ...card, data: { ...card.data, nickname: 'Vee', scenario: '{{user}} knocks at the door of {{char}}.' } } } as unknown as EntityProfile;
    expect(sample_values(profile, null)).toMatchObject({ char: { name: 'Vee' }, scenario: 'Anna knocks at the door of Vee.', lastAssistantMessage: 'Come in.' });
  });
  it('steps back for another one of the same scope only', () => {
    const template = (id: string, scope_id: string, is_enabled: boolean) => ({ id, name: id, scope: 'chat' as const, scope_id, engine: 'liquid' as const, text: '', is_enabled, created_at: '', updated_at: '', version: 1 });
    const all = [template('a', 'one', true), template('b', 'two', true), template('c', 'one', false)];
    expect([rival_of(all[2]!, all)?.id, rival_of(all[0]!, all)]).toEqual(['a', null]);
  });
});

describe('a lorebook', () => {
  const chat = { id: 'chat_1', entity_profile_id: 'profile_1' };
  it.each([
    ['global', '', true], ['chat', 'chat_1', true], ['chat', 'chat_2', false], ['entity_profile', 'profile_1', true], ['entity_profile', 'profile_2', false], ['persona', 'persona_1', true], ['persona', 'persona_2', false],
  ] as const)('of %s %s is used in a chat: %s', (scope, scope_id, expected) => {
    expect(holds_in({ scope, scope_id }, chat, 'persona_1')).toBe(expected);
  });
  it('of a persona is used by nobody who has none', () => {
    expect(holds_in({ scope: 'persona', scope_id: 'persona_1' }, chat, null)).toBe(false);
  });
});
