import type { PromptPiece } from '../api';

export type Source = PromptPiece['source'];

/** How many tokens of a prompt come from where: a piece that is made of parts counts by them. In the order in which they first come. */
export function tokens_by_source(pieces: PromptPiece[]): { source: Source; tokens: number }[] {
  const sums = new Map<Source, number>();
  const add = (source: Source, tokens: number) => sums.set(source, (sums.get(source) ?? 0) + tokens);
  for (const piece of pieces) {
    const known = piece.parts.reduce((sum, part) => sum + part.tokens, 0);
    for (const part of piece.parts) add(part.source, part.tokens);
    add(piece.source, Math.max(0, piece.tokens - known));
  }
  return [...sums].map(([source, tokens]) => ({ source, tokens })).filter(({ tokens }) => tokens > 0);
}
