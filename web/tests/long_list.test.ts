import { describe, expect, it } from 'vitest';
import type { Message } from '../src/api';
import { Heights, rows_in_view } from '../src/chat/heights';
import { empty_chat, fold_chat_all, kept_messages_max, load_view, messages_of, missing_pages, page_messages, trim_view, type View } from '../src/chat_state';

const count = 100_000;

describe('the heights of a long list', () => {
  it('are sums of what was measured and what is guessed', () => {
    const heights = new Heights(count);
    const plain = Array.from({ length: count }, () => heights.guess);
    for (let step = 0; step < 3000; step++) {
      const row = 1 + ((step * 7919) % count);
      const height = 20 + ((step * 131) % 900);
      heights.set(row, height);
      plain[row - 1] = height;
    }
    let top = 0;
    for (let row = 1; row <= count; row++) {
      if (row % 97 === 0 || row < 20) {
        expect(heights.top_of(row)).toBe(top);
        expect(heights.row_at(top, count)).toBe(row);
        expect(heights.row_at(top + plain[row - 1]! - 1, count)).toBe(row);
      }
      top += plain[row - 1]!;
    }
    expect(heights.top_of(count + 1)).toBe(top);
    expect(heights.row_at(top + 1e6, count)).toBe(count);
    expect(heights.row_at(-5, count)).toBe(1);
  });

  it('grow with the list, and can be measured again', () => {
    const heights = new Heights(2);
    for (let row = 1; row <= 500; row++) heights.set(row, 10);
    heights.set(500, 30);
    expect(heights.top_of(501)).toBe(499 * 10 + 30);
  });

  it('stay below what browsers lay out, and few rows are drawn of any list', () => {
    for (const many of [1, 50, 3000, count, 300_000]) {
      const heights = new Heights(many);
      expect(heights.top_of(many + 1)).toBeLessThan(8_000_001);
      const { first, last } = rows_in_view(heights, many, heights.top_of(many + 1) / 2, 900, 1400);
      expect(last - first).toBeLessThan(170);
    }
  });
});

const message = (seq: number): Message => ({ id: `m${seq}`, chat_id: 'c', branch_id: 'b', seq, role: 'user', text: String(seq), variants_count: 1, pinned_at: null, created_at: '',
  variant: { id: `v${seq}`, message_id: `m${seq}`, number: 1, kind: 'import', text: String(seq), blocks: [], is_selected: true, generation: null, version_id: null, created_at: '' } });
const page = (first: number) => Array.from({ length: page_messages }, (_, index) => message(first + index));

describe('the history that is here', () => {
  it('has holes, which are whole pages to read', () => {
    const view: View = { at: { 99: 'x', 100: 'y' }, count: 130, is_loaded: true };
    expect(missing_pages(view, 95, 102)).toEqual([51, 101]);
    expect(missing_pages(view, 99, 100)).toEqual([]);
    expect(missing_pages(view, -3, 400)).toEqual([1, 51, 101]);
  });

  it('is bounded, and keeps its end', () => {
    let state = load_view(empty_chat, 'b', page(count - page_messages + 1).toReversed(), true);
    for (let first = 1; first < 5000; first += page_messages) state = trim_view(load_view(state, 'b', page(first), false), 'b', first);
    const here = messages_of(state, 'b');
    expect(here.length).toBeLessThanOrEqual(kept_messages_max + page_messages);
    expect(Object.keys(state.messages)).toHaveLength(here.length);
    expect(Object.keys(state.variants)).toHaveLength(here.length);
    expect(here.at(-1)!.seq).toBe(count);
    expect(here.map((one) => one.seq)).toEqual(here.map((one) => one.seq).toSorted((left, right) => left - right));
    expect(state.views.b).toMatchObject({ count, is_loaded: true });
  });

  it('is read again behind a message that left it alone', () => {
    const event = (message_seq: number, keeps_following: boolean) => [{ id: '1', type: 'message.deleted', data: { branch_id: 'b', message_seq, keeps_following } }];
    const state = load_view(empty_chat, 'b', page(1).toReversed(), true);
    const alone = fold_chat_all(state, event(48, true)).views.b!;
    expect([alone.count, missing_pages(alone, 40, 49)]).toEqual([49, [1]]);
    expect(missing_pages(alone, 40, 47)).toEqual([]);
    const all = fold_chat_all(state, event(48, false)).views.b!;
    expect([all.count, missing_pages(all, 40, 49)]).toEqual([47, []]);
  });
});
