import { describe, expect, it } from 'vitest';
import type { Chat, Message } from '../src/api';
import { can_continue } from '../src/chat/ask_menu';
import { place_of } from '../src/chat/passage_place';
import { with_tags } from '../src/chat/tags_dialog';
import { is_let_through } from '../src/chat/use_chats';

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
