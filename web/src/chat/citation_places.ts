// Where what is cited comes from, and which numbers an answer names. Pure.
import type { CitedEntry, CitedPassage } from '../api';

export const passage_href = ({ source_id, document_id, position }: Pick<CitedPassage, 'source_id' | 'document_id' | 'position'>): string => `/library/knowledge/${source_id}?document=${document_id}&piece=${position}`;
export const entry_href = ({ lorebook_id, uid }: Pick<CitedEntry, 'lorebook_id' | 'uid'>): string => `/library/lorebooks/${lorebook_id}?entry=${uid}`;

/** [1], [2, 3] and 【4】 as models write them; not the number of a link or of an array in code. */
export function numbers_named(answer: string): Set<number> {
  const prose = answer.replace(/```[\s\S]*?(?:```|$)|`[^`\n]*`/g, ' ');
  const named = new Set<number>();
  for (const [, list] of prose.matchAll(/(?<!\w)[[【](\d{1,3}(?:\s*[,;]\s*\d{1,3})*)[\]】](?!\()/g)) for (const number of list!.split(/[,;]/)) named.add(Number(number));
  return named;
}
