import { expect, it } from 'vitest';
import type { PromptPiece } from '../src/api';
import { tokens_by_source } from '../src/chat/prompt_shares';

const piece = (source: PromptPiece['source'], tokens: number, parts: PromptPiece['parts'] = []): PromptPiece => ({ source, tokens, parts, role: 'system', text: '', template_name: null, message_id: null, images: [] });

it('the tokens of a prompt are counted by where they come from, parts by theirs', () => {
  expect(tokens_by_source([piece('prompt_template', 35, [{ source: 'prompt_template', tokens: 20 }, { source: 'lore', tokens: 10 }]), piece('history', 9), piece('history', 51), piece('app', 0)]))
    .toEqual([{ source: 'prompt_template', tokens: 25 }, { source: 'lore', tokens: 10 }, { source: 'history', tokens: 60 }]);
});
