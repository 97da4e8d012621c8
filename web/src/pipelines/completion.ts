// What can stand at a place of a definition that is being written: members, step types, steps, what steps yield. Pure.
import type { StepType } from '../api';
import { string_end } from './json_places';

/** A JSON Schema, as far as it is read here. */
export interface Shape {
  $ref?: string;
  type?: string;
  description?: string;
  enum?: string[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  items?: Shape;
}
export interface Known { schemas: Record<string, Shape>; types: StepType[] }

export interface Offer { label: string; detail: string; /** What is put there, from `from` to `to`. */ text: string; kind: 'property' | 'enum' | 'type' | 'variable' }
export interface Offers { from: number; to: number; offers: Offer[] }

interface Frame { is_object: boolean; name: string | null; index: number; expects: 'name' | 'colon' | 'value' | 'comma'; names: string[]; strings: Record<string, string> }
interface Spot {
  /** Names and places in lists on the way to the value, or to the object whose name it is. */
  path: (string | number)[];
  is_name: boolean;
  /** Where what was typed begins; in a string behind its quote. */
  from: number;
  is_quoted: boolean;
  frames: Frame[];
}

const frame = (is_object: boolean): Frame => ({ is_object, name: null, index: 0, expects: is_object ? 'name' : 'value', names: [], strings: {} });

/** A value has ended. */
function end_value(frames: Frame[], text: string | null): void {
  const top = frames.at(-1);
  if (!top) return;
  if (top.is_object && text !== null && top.name !== null) top.strings[top.name] = text;
  top.expects = 'comma';
}

function end_string(frames: Frame[], content: string): void {
  const top = frames.at(-1);
  if (!top?.is_object || top.expects !== 'name') return end_value(frames, content);
  top.name = content;
  top.names.push(content);
  top.expects = 'colon';
}

function punctuate(frames: Frame[], letter: string): void {
  const top = frames.at(-1);
  if (letter === '{' || letter === '[') frames.push(frame(letter === '{'));
  else if (letter === '}' || letter === ']') {
    frames.pop();
    end_value(frames, null);
  } else if (letter === ':' && top?.is_object) top.expects = 'value';
  else if (letter === ',' && top) {
    top.expects = top.is_object ? 'name' : 'value';
    top.index++;
  }
}

function spot_in(frames: Frame[], from: number, is_quoted: boolean): Spot | null {
  const top = frames.at(-1);
  if (!top || (top.expects !== 'name' && top.expects !== 'value')) return null;
  const is_name = top.expects === 'name';
  return { path: (is_name ? frames.slice(0, -1) : frames).map((one) => (one.is_object ? (one.name ?? '') : one.index)), is_name, from, is_quoted, frames };
}

/** Only what stands before the place is read, so that what is half written does not matter. */
export function spot_at(text: string, offset: number): Spot | null {
  const frames: Frame[] = [];
  for (let at = 0; at < offset;) {
    const letter = text[at]!;
    const word = /[\w.+-]/.test(letter) ? /^[\w.+-]+/.exec(text.slice(at, offset))![0] : '';
    if (letter === '"') {
      const end = string_end(text, at);
      if (end === null || end > offset) return spot_in(frames, at + 1, true);
      end_string(frames, text.slice(at + 1, end - 1));
      at = end;
    } else if (word) {
      if (at + word.length === offset) return spot_in(frames, at, false);
      end_value(frames, null);
      at += word.length;
    } else {
      punctuate(frames, letter);
      at++;
    }
  }
  return spot_in(frames, offset, false);
}

function resolved(shape: Shape | undefined, known: Known): Shape | undefined {
  if (!shape) return undefined;
  const chosen = shape.anyOf?.find((one) => one.type !== 'null') ?? shape;
  const named = chosen.$ref ? known.schemas[chosen.$ref.split('/').at(-1)!] : chosen;
  return named && { ...named, description: shape.description ?? named.description ?? '' };
}

/** The shape of the value at a path; parameters have that of their step's type. */
function shape_at(spot: Spot, known: Known): Shape | undefined {
  let shape = resolved(known.schemas.PipelineDefinition, known);
  spot.path.forEach((part, depth) => {
    if (depth === 2 && part === 'parameters' && spot.path[0] === 'steps') shape = known.types.find((type) => type.name === spot.frames[2]?.strings.type)?.parameters as Shape | undefined;
    else shape = resolved(typeof part === 'number' ? shape?.items : shape?.properties?.[part], known);
  });
  return shape;
}

const steps_of = (text: string): { id: string; type: string }[] =>
  [...text.matchAll(/"id"\s*:\s*"([a-z][a-z0-9_]*)"(?:\s*,\s*"type"\s*:\s*"([a-z][a-z0-9_]*)")?/g)].map(([, id, type]) => ({ id: id!, type: type ?? '' }));

/** The names that the checks of a guard have: what it yields. */
function checks_of(text: string, id: string): string[] {
  const from = text.search(new RegExp(`"id"\\s*:\\s*"${id}"`));
  const step = text.slice(from).split(/"id"\s*:/, 2).at(-1)!;
  const checks = /"checks"\s*:\s*\{((?:"(?:[^"\\]|\\.)*"|[^{}"])*)/.exec(step)?.[1] ?? '';
  return [...checks.matchAll(/"([a-z][a-z0-9_]*)"\s*:/g)].map(([, name]) => name!);
}

/** Where what is typed ends: behind the closing quote when it has one already. */
const end_of = (text: string, offset: number, spot: Spot): number => offset + (spot.is_quoted ? /^[\w]*"?/ : /^[\w]*/).exec(text.slice(offset))![0].length;

function member_offers(spot: Spot, shape: Shape | undefined, text: string, to: number, known: Known): Offer[] {
  const open = spot.is_quoted ? '' : '"';
  const colon = /^\s*:/.test(text.slice(to)) ? '' : ': ';
  const used = spot.frames.at(-1)!.names;
  return Object.entries(shape?.properties ?? {}).filter(([name]) => !used.includes(name)).map(([label, member]) => ({ label, detail: resolved(member, known)?.description ?? '', text: `${open}${label}"${colon}`, kind: 'property' as const }));
}

function value_offers(spot: Spot, shape: Shape | undefined, text: string, known: Known): Offer[] {
  const open = spot.is_quoted ? '' : '"';
  const quoted = (label: string, detail: string, kind: Offer['kind']): Offer => ({ label, detail, text: `${open}${label}"`, kind });
  const [first, , third] = spot.path;
  const is_of_step = first === 'steps' && spot.path.length === 3;
  if (is_of_step && third === 'type') return known.types.map((type) => quoted(type.name, type.doc, 'type'));
  if (first === 'steps' && third === 'depends_on' && spot.path.length === 4) return steps_of(text).filter(({ id }) => id !== spot.frames[2]?.strings.id).map(({ id, type }) => quoted(id, type, 'variable'));
  if (shape?.type === 'boolean' && !spot.is_quoted) return ['true', 'false'].map((label) => ({ label, detail: '', text: label, kind: 'enum' as const }));
  return (shape?.enum ?? []).map((label) => quoted(label, '', 'enum'));
}

const roots = ['input', 'steps', 'status', 'now'];

/** Within a template or a condition: names of steps, of what they yield, and what stands above them. */
function name_offers(spot: Spot, offset: number, text: string, known: Known): Offers | null {
  const typed = text.slice(spot.from, offset);
  const offer = (label: string, detail: string): Offer => ({ label, detail, text: label, kind: 'variable' });
  const within = (name: string, offers: Offer[]): Offers => ({ from: offset - name.length, to: offset, offers });
  const output = /\bsteps\.([a-z][a-z0-9_]*)\.([a-z0-9_]*)$/.exec(typed);
  if (output) {
    const type = known.types.find((one) => one.name === steps_of(text).find(({ id }) => id === output[1])?.type);
    const names = type?.name === 'guard' ? checks_of(text, output[1]!) : type?.outputs ?? [];
    return within(output[2]!, names.map((name) => offer(name, type!.name)));
  }
  const step = /\b(?:steps|status)\.([a-z0-9_]*)$/.exec(typed);
  if (step) return within(step[1]!, steps_of(text).map(({ id, type }) => offer(id, type)));
  const name = (spot.path.at(-1) === 'condition' ? /(?:^|\s)([a-z]*)$/ : /\{[{%][^}]*?(?:^|[\s{%-])([a-z]*)$/).exec(typed);
  return name ? within(name[1]!, roots.map((one) => offer(one, ''))) : null;
}

const is_of_template = ({ path: [first, , third] }: Spot) => first === 'steps' && (third === 'parameters' || third === 'condition' || third === 'effects');

export function offers_at(text: string, offset: number, known: Known): Offers | null {
  const spot = spot_at(text, offset);
  if (!spot) return null;
  const to = end_of(text, offset, spot);
  const shape = shape_at(spot, known);
  const offers = spot.is_name ? member_offers(spot, shape, text, to, known) : value_offers(spot, shape, text, known);
  if (offers.length) return { from: spot.from, to, offers };
  return !spot.is_name && spot.is_quoted && is_of_template(spot) ? name_offers(spot, offset, text, known) : null;
}
