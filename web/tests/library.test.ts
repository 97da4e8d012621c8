import { describe, expect, it } from 'vitest';
import type { CharacterCard } from '../src/api';
import { fields_of, greetings_of, is_found, rest_of, tags_of, with_changes } from '../src/library/card';
import { open_changes, read_changes } from '../src/library/drafts';

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
