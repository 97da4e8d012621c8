/** A text in pieces, of which those that `words` name are marked. */
export function marked_pieces(text: string, words: string[]): { text: string; is_marked: boolean }[] {
  const wanted = words.filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).sort((left, right) => right.length - left.length);
  if (wanted.length === 0) return [{ text, is_marked: false }];
  return text.split(new RegExp(`(${wanted.join('|')})`, 'g')).map((piece, index) => ({ text: piece, is_marked: index % 2 === 1 })).filter((piece) => piece.text !== '');
}
