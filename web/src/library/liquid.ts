// How Liquid is coloured. It is read line by line; what is within comments and raw blocks is no Liquid.
import { StreamLanguage, type StringStream } from '@codemirror/language';

interface Place {
  within: 'text' | 'tag' | 'output';
  /** The next word is the tag's name. */
  is_first: boolean;
  /** The next word is a filter's name. */
  is_filter: boolean;
  tag: string;
  /** `comment` or `raw`, until its end tag. */
  block: string | null;
}

const words = new Set(['and', 'or', 'not', 'contains', 'in', 'with', 'for', 'as', 'by', 'reversed', 'limit', 'offset', 'cols']);
const values = new Set(['true', 'false', 'nil', 'null', 'blank', 'empty']);

function read_text(stream: StringStream, place: Place): string | null {
  const opening = place.block ? new RegExp(`^\\{%-?\\s*end${place.block}\\b`) : /^\{[{%]-?/;
  if (stream.match(opening, false)) {
    stream.match(/^\{[{%]-?/);
    place.within = stream.current().startsWith('{%') ? 'tag' : 'output';
    place.is_first = place.within === 'tag';
    place.tag = '';
    place.block = null;
    return 'keyword';
  }
  stream.next();
  stream.eatWhile(/[^{]/);
  return place.block === 'comment' ? 'comment' : null;
}

function read_liquid(stream: StringStream, place: Place): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^-?[}%]\}/)) {
    place.within = 'text';
    if (place.tag === 'comment' || place.tag === 'raw') place.block = place.tag;
    return 'keyword';
  }
  if (place.tag === '#') {
    stream.eatWhile(/[^%]/);
    stream.eat('%');
    if (stream.peek() === '}') stream.backUp(1);
    return 'comment';
  }
  if (stream.match(/^"[^"]*"?|^'[^']*'?/)) return 'string';
  if (stream.match(/^-?\d+(\.\d+)?/)) return 'number';
  const word = stream.match(/^#|^[\p{L}_][\p{L}\p{N}_-]*/u) as RegExpMatchArray | null;
  if (!word) {
    place.is_filter = stream.next() === '|';
    return null;
  }
  const is_filter = place.is_filter;
  place.is_filter = false;
  if (place.is_first) {
    place.is_first = false;
    place.tag = word[0];
    return place.tag === '#' ? 'comment' : 'keyword';
  }
  if (is_filter) return 'propertyName';
  return words.has(word[0]) ? 'keyword' : values.has(word[0]) ? 'bool' : null;
}

export const liquid = StreamLanguage.define<Place>({
  name: 'liquid',
  startState: () => ({ within: 'text', is_first: false, is_filter: false, tag: '', block: null }),
  copyState: (place) => ({ ...place }),
  token: (stream, place) => (place.within === 'text' ? read_text(stream, place) : read_liquid(stream, place)),
});
