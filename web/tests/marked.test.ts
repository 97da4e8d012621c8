import { expect, it } from 'vitest';
import { marked_pieces } from '../src/chat/marked';

const shown = (text: string, words: string[]) => marked_pieces(text, words).map((piece) => (piece.is_marked ? `[${piece.text}]` : piece.text)).join('');

it('found words are marked, the longer before the shorter, whatever letters they have', () => {
  expect(shown('Moss is mossy (moss).', ['moss', 'mossy'])).toBe('Moss is [mossy] ([moss]).');
  expect(shown('a+b (a+b)', ['a+b', ''])).toBe('[a+b] ([a+b])');
  expect(shown('Мох и камни', ['камни'])).toBe('Мох и [камни]');
  expect(shown('nothing', [])).toBe('nothing');
});
