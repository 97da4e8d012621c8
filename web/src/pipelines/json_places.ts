// JSON as people write it: whether it can be read, where it cannot, and where each of its members stands.

export interface Place { from: number; to: number }
/** A value, and where its name begins; what has no name begins where its value does. */
export interface MemberPlace extends Place { name_from: number }
export type JsonFault = 'value' | 'name' | 'colon' | 'comma' | 'string' | 'number' | 'rest' | 'deep' | 'twice';
/** `places` are found by JSON pointer; the whole text is ''. */
export type ReadJson = { is_read: true; value: unknown; places: Map<string, MemberPlace> } | { is_read: false; fault: JsonFault; place: Place };

const depth_max = 64;
const number_form = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const word_form = /(?:true|false|null)\b/y;
const junk_form = /[\w.+-]+|./y;

const pointer_part = (name: string | number) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

class Refused extends Error {
  constructor(readonly fault: JsonFault, readonly place: Place) { super(fault); }
}

/** Where the string that begins at `from` ends, behind its closing quote; null when it does not. */
export function string_end(text: string, from: number): number | null {
  for (let at = from + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"') return at + 1;
    if (letter === '\\') at++;
    else if (letter < ' ') return null;
  }
  return null;
}

class Reader {
  private at = 0;
  readonly places = new Map<string, MemberPlace>();

  constructor(private readonly text: string) {}

  read(): void {
    this.value('', null, 0);
    this.skip_space();
    if (this.at < this.text.length) this.refuse('rest');
  }

  private skip_space(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++;
  }

  /** What stands there is at fault; at the end, what stands last. */
  private refuse(fault: JsonFault): never {
    junk_form.lastIndex = this.at;
    const to = this.at + (junk_form.exec(this.text)?.[0].length ?? 0);
    const last = this.text.trimEnd().length;
    throw new Refused(fault, to > this.at ? { from: this.at, to } : { from: Math.max(0, last - 1), to: last });
  }

  private take(form: RegExp): boolean {
    form.lastIndex = this.at;
    const found = form.exec(this.text);
    if (found) this.at += found[0].length;
    return found !== null;
  }

  private takes(letter: string): boolean {
    this.skip_space();
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }

  private string(): string {
    const from = this.at;
    const end = string_end(this.text, from);
    const line_end = this.text.indexOf('\n', from);
    const whole = { from, to: end ?? (line_end < 0 ? this.text.length : line_end) };
    if (end === null) throw new Refused('string', whole);
    this.at = end;
    try {
      return JSON.parse(this.text.slice(from, end)) as string;
    } catch {
      throw new Refused('string', whole);
    }
  }

  private value(pointer: string, name_from: number | null, depth: number): void {
    this.skip_space();
    const from = this.at;
    const letter = this.text[from];
    if (depth > depth_max) this.refuse('deep');
    if (letter === '{') this.object(pointer, depth);
    else if (letter === '[') this.array(pointer, depth);
    else if (letter === '"') this.string();
    else if (letter !== undefined && /[-\d]/.test(letter)) {
      if (!this.take(number_form)) this.refuse('number');
    } else if (!this.take(word_form)) this.refuse('value');
    this.places.set(pointer, { from, to: this.at, name_from: name_from ?? from });
  }

  private object(pointer: string, depth: number): void {
    this.at++;
    if (this.takes('}')) return;
    const names = new Set<string>();
    do {
      this.skip_space();
      const name_from = this.at;
      if (this.text[name_from] !== '"') this.refuse('name');
      const name = this.string();
      if (names.has(name)) throw new Refused('twice', { from: name_from, to: this.at });
      names.add(name);
      if (!this.takes(':')) this.refuse('colon');
      this.value(pointer + pointer_part(name), name_from, depth + 1);
    } while (this.takes(','));
    if (!this.takes('}')) this.refuse('comma');
  }

  private array(pointer: string, depth: number): void {
    this.at++;
    if (this.takes(']')) return;
    let index = 0;
    do this.value(pointer + pointer_part(index++), null, depth + 1);
    while (this.takes(','));
    if (!this.takes(']')) this.refuse('comma');
  }
}

export function read_json(text: string): ReadJson {
  const reader = new Reader(text);
  try {
    reader.read();
  } catch (cause) {
    if (cause instanceof Refused) return { is_read: false, fault: cause.fault, place: cause.place };
    throw cause;
  }
  return { is_read: true, value: JSON.parse(text), places: reader.places };
}

/** Where a letter of a string's content stands in the text; `from` is the string's opening quote. */
export function source_offset(text: string, from: number, letters: number): number {
  let at = from + 1;
  for (let left = letters; left > 0 && text[at] !== '"' && at < text.length; left--)
    at += text[at] !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2;
  return at;
}
