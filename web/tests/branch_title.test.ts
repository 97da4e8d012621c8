import { describe, expect, it } from 'vitest';
import type { Branch } from '../src/api';
import { title_from } from '../src/chat/branch_tree';

const named = (...titles: string[]) => Object.fromEntries(titles.map((title, index) => [`branch_${index}`, { title } as Branch]));

describe('the title of a new branch', () => {
  it('is what was said, in one line', () => {
    expect(title_from('  Make it\n green ', {})).toBe('Make it green');
  });

  it('is cut between words when it is long', () => {
    expect(title_from('Plan the page, then build it with a hero, three cards and the opening hours', {})).toBe('Plan the page, then build it with a…');
    expect(title_from('Ответвитесь от любого сообщения этого разговора', {})).toBe('Ответвитесь от любого сообщения этого…');
  });

  it('is told apart from those that there are', () => {
    expect(title_from('Red', named('main', 'Red'))).toBe('Red (2)');
    expect(title_from('Red', named('Red', 'Red (2)'))).toBe('Red (3)');
  });
});
