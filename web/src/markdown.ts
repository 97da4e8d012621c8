// Markdown as a tree: what models write, nothing more. HTML is text here, so there is nothing to sanitise;
// an unfinished construct (the text is still streaming) reads as far as it goes.
export type Inline =
  | { type: 'text' | 'code'; text: string }
  | { type: 'strong' | 'em' | 'del'; children: Inline[] }
  | { type: 'link'; href: string; children: Inline[] }
  | { type: 'break' };
export type Node =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'code'; language: string; text: string; is_closed: boolean }
  | { type: 'list'; is_ordered: boolean; start: number; items: Node[][] }
  | { type: 'quote'; children: Node[] }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' };

const depth_max = 12;
const fence = /^( {0,3})(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const bullet = /^( *)([-*+]|\d{1,9}[.)])(?:\s+(.*)|$)/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const table_line = /^\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$/;

export function parse_markdown(text: string): Node[] {
  return blocks(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}

function blocks(lines: string[], depth: number): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length) nodes.push({ type: 'paragraph', children: inlines(paragraph.join('\n')) });
    paragraph = [];
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const opened = fence.exec(line);
    const titled = heading.exec(line);
    const item = bullet.exec(line);
    if (line.trim() === '') { flush(); at++; }
    else if (opened) {
      flush();
      at = code_block(lines, at, opened, nodes);
    } else if (titled) {
      flush();
      nodes.push({ type: 'heading', level: titled[1]!.length, children: inlines(titled[2]!) });
      at++;
    } else if (rule.test(line)) { flush(); nodes.push({ type: 'rule' }); at++; }
    else if (/^ {0,3}>/.test(line) && depth < depth_max) {
      flush();
      const inner: string[] = [];
      while (at < lines.length && /^ {0,3}>/.test(lines[at]!)) inner.push(lines[at++]!.replace(/^ {0,3}> ?/, ''));
      nodes.push({ type: 'quote', children: blocks(inner, depth + 1) });
    } else if (item && depth < depth_max && (paragraph.length === 0 || item[3])) {
      flush();
      at = list(lines, at, depth, nodes);
    } else if (line.includes('|') && at + 1 < lines.length && lines[at + 1]!.includes('-') && table_line.test(lines[at + 1]!)) {
      flush();
      at = table(lines, at, nodes);
    } else { paragraph.push(line.trimStart()); at++; }
  }
  flush();
  return nodes;
}

function code_block(lines: string[], at: number, opened: RegExpExecArray, nodes: Node[]): number {
  const [, indent, mark, language] = opened;
  const closing = new RegExp(`^ {0,3}${mark![0] === '~' ? '~' : '`'}{${mark!.length},}\\s*$`);
  const body: string[] = [];
  let is_closed = false;
  for (at++; at < lines.length; at++) {
    if (closing.test(lines[at]!)) { is_closed = true; at++; break; }
    body.push(indent ? lines[at]!.replace(new RegExp(`^ {0,${indent.length}}`), '') : lines[at]!);
  }
  nodes.push({ type: 'code', language: language ?? '', text: body.join('\n'), is_closed });
  return at;
}

function list(lines: string[], at: number, depth: number, nodes: Node[]): number {
  const first = bullet.exec(lines[at]!)!;
  const indent = first[1]!.length;
  const is_ordered = /\d/.test(first[2]!);
  const items: string[][] = [];
  while (at < lines.length) {
    const line = lines[at]!;
    const found = bullet.exec(line);
    if (found && found[1]!.length <= indent + 1 && /\d/.test(found[2]!) === is_ordered && !rule.test(line)) {
      items.push([found[3] ?? '']);
      at++;
      continue;
    }
    const current = items[items.length - 1]!;
    const is_inner = line.length - line.trimStart().length > indent + 1;
    const is_continued = line.trim() !== '' && !found && current[current.length - 1] !== '' && !fence.test(line) && !heading.test(line) && !rule.test(line);
    if (line.trim() === '') {
      const next = lines.slice(at).find((other) => other.trim() !== '');
      const goes_on = next !== undefined && (next.length - next.trimStart().length > indent + 1 || (bullet.exec(next)?.[1]!.length ?? 99) <= indent + 1);
      if (!goes_on) break;
      current.push('');
    } else if (is_inner) current.push(line.slice(Math.min(indent + first[2]!.length + 1, line.length - line.trimStart().length)));
    else if (is_continued) current.push(line.trimStart());
    else break;
    at++;
  }
  nodes.push({ type: 'list', is_ordered, start: parseInt(first[2]!, 10) || 1, items: items.map((item) => blocks(item, depth + 1)) });
  return at;
}

function cells(line: string): Inline[][] {
  return line.trim().replace(/^\|/, '').replace(/\|$/, '').split(/(?<!\\)\|/).map((cell) => inlines(cell.trim().replace(/\\\|/g, '|')));
}

function table(lines: string[], at: number, nodes: Node[]): number {
  const head = cells(lines[at]!);
  const rows: Inline[][][] = [];
  for (at += 2; at < lines.length && lines[at]!.includes('|'); at++) rows.push(cells(lines[at]!));
  nodes.push({ type: 'table', head, rows });
  return at;
}

/** Only addresses that lead somewhere a person meant to go. */
export function safe_address(href: string): string | null {
  return /^(https?:\/\/|mailto:|\/(?!\/)|#)/i.test(href.trim()) ? href.trim() : null;
}

const inline_token = /\\([\\`*_{}[\]()#+\-.!|~<>])|(`+)([\s\S]*?[^`])\2(?!`)|\[([^\]\n]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(\*\*|__)(?=\S)([\s\S]*?\S)\6|~~(?=\S)([\s\S]*?\S)~~|(?<![\w*])([*_])(?=[^\s*_])([\s\S]*?[^\s*_])\9(?![\w*])|(https?:\/\/[^\s<>()[\]"'`]+[^\s<>()[\]"'`.,;:!?])|( {2,}|\\)\n/g;

export function inlines(text: string, depth = 0): Inline[] {
  if (depth > depth_max) return [{ type: 'text', text }];
  const nodes: Inline[] = [];
  let end = 0;
  const plain = (piece: string) => {
    if (!piece) return;
    const last = nodes[nodes.length - 1];
    if (last?.type === 'text') last.text += piece;
    else nodes.push({ type: 'text', text: piece });
  };
  for (const found of text.matchAll(inline_token)) {
    plain(text.slice(end, found.index));
    end = found.index + found[0].length;
    const [whole, escaped, , code, label, href, , strong, del, , em, address] = found;
    if (escaped !== undefined) plain(escaped);
    else if (code !== undefined) nodes.push({ type: 'code', text: code.replace(/^ (.+) $/s, '$1') });
    else if (href !== undefined) {
      const safe = safe_address(href);
      if (safe) nodes.push({ type: 'link', href: safe, children: inlines(label!, depth + 1) });
      else plain(label!);
    } else if (strong !== undefined) nodes.push({ type: 'strong', children: inlines(strong, depth + 1) });
    else if (del !== undefined) nodes.push({ type: 'del', children: inlines(del, depth + 1) });
    else if (em !== undefined) nodes.push({ type: 'em', children: inlines(em, depth + 1) });
    else if (address !== undefined) nodes.push({ type: 'link', href: address, children: [{ type: 'text', text: address }] });
    else if (whole.endsWith('\n')) nodes.push({ type: 'break' });
  }
  plain(text.slice(end));
  return nodes;
}
