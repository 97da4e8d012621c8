// What is wrong with a definition, at its place in the text.
import type { ApiError } from '../api';
import { place_at } from '../library/template';
import { source_offset, type MemberPlace, type Place } from './json_places';

export interface DefinitionFault extends Place { line: number; column: number; pointer: string; message: string }

type Places = ReadonlyMap<string, MemberPlace>;
const root = '/definition';

/** Both from 1. */
export function line_and_column(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line_start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - line_start + 1 };
}

/** A member as far as its line goes. */
function first_line(text: string, { name_from, to }: MemberPlace): Place {
  const end = text.indexOf('\n', name_from);
  return { from: name_from, to: end < 0 ? to : Math.min(to, end) };
}

/** Of a member that is not there: of what it should be in, the id, or else the beginning. */
function nearest(text: string, places: Places, pointer: string): Place {
  for (let above = pointer; above !== '';) {
    above = above.slice(0, above.lastIndexOf('/'));
    const id = places.get(`${above}/id`);
    if (id) return first_line(text, id);
    const member = places.get(above);
    if (member) return { from: member.name_from, to: member.from + 1 };
  }
  return { from: 0, to: Math.min(1, text.length) };
}

/** The server says where in a template; a condition is read within a tag, so that its places are not those of the text. */
function place_in_template(text: string, member: MemberPlace, pointer: string, detail: string): Place | null {
  const told = /cannot be read: (\d+):(\d+): /.exec(detail);
  if (!told || text[member.from] !== '"' || /\/condition$|\/checks\//.test(pointer)) return null;
  const content = JSON.parse(text.slice(member.from, member.to)) as string;
  const within = place_at(content, Number(told[1]), Number(told[2]));
  return { from: source_offset(text, member.from, within.from), to: source_offset(text, member.from, within.to) };
}

export function place_of(text: string, places: Places, pointer: string, detail = ''): Place {
  const member = places.get(pointer);
  if (!member) return nearest(text, places, pointer);
  return place_in_template(text, member, pointer, detail) ?? first_line(text, member);
}

/** What the server found in the definition, in the order of the text; what else it says is none of it. */
export function faults_of(error: Pick<ApiError, 'errors'>, text: string, places: Places): DefinitionFault[] {
  return error.errors.filter(({ pointer }) => pointer === root || pointer.startsWith(`${root}/`)).map(({ pointer, detail }) => {
    const within = pointer.slice(root.length);
    const place = place_of(text, places, within, detail);
    return { ...place, ...line_and_column(text, place.from), pointer: within, message: detail };
  }).sort((left, right) => left.from - right.from);
}
