import { describe, expect, it } from 'vitest';
import { highlight } from '../src/highlight';
import { parse_markdown, safe_address, type Node } from '../src/markdown';

const kinds = (text: string) => parse_markdown(text).map((node) => node.type);

describe('Markdown', () => {
  it('knows the blocks that models write', () => {
    expect(kinds('# One\ntext\n\n- a\n- b\n\n1. x\n2. y\n\n> said\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nx\n```')).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'rule', 'table', 'code']);
  });

  it('nests lists and keeps their code', () => {
    const [list] = parse_markdown('- one\n  - inner\n- two\n\n  ```sh\n  ls\n  ```\n') as [Extract<Node, { type: 'list' }>];
    expect(list.items).toHaveLength(2);
    expect(list.items[0]!.map((node) => node.type)).toEqual(['paragraph', 'list']);
    expect(list.items[1]![1]).toMatchObject({ type: 'code', text: 'ls', language: 'sh' });
  });

  it('shows a code block that has not ended yet', () => {
    expect(parse_markdown('```js\nconst a = 1;')).toEqual([{ type: 'code', language: 'js', text: 'const a = 1;', is_closed: false }]);
  });

  it('marks words', () => {
    expect(parse_markdown('**a** *b* `c*d*` ~~e~~ snake_case_name [f](/g)')).toEqual([{ type: 'paragraph', children: [
      { type: 'strong', children: [{ type: 'text', text: 'a' }] }, { type: 'text', text: ' ' }, { type: 'em', children: [{ type: 'text', text: 'b' }] }, { type: 'text', text: ' ' },
      { type: 'code', text: 'c*d*' }, { type: 'text', text: ' ' }, { type: 'del', children: [{ type: 'text', text: 'e' }] }, { type: 'text', text: ' snake_case_name ' },
      { type: 'link', href: '/g', children: [{ type: 'text', text: 'f' }] }] }]);
  });

  it('leaves HTML as text and follows no strange address', () => {
    expect(parse_markdown('<img src=x onerror=alert(1)>')).toEqual([{ type: 'paragraph', children: [{ type: 'text', text: '<img src=x onerror=alert(1)>' }] }]);
    expect(JSON.stringify(parse_markdown('[a](javascript:alert(1)) [b](data:text/html,x) [c](//evil.example)'))).not.toContain('"link"');
    expect(safe_address('https://example.org')).toBe('https://example.org');
  });

  it('draws every prefix of a text without failing', () => {
    const text = '# T\n\n- **a _b_**\n  1. `c`\n\n| x |\n|---|\n| y |\n\n```\nz\n```\n> q [l](https://e.org/a_b) **';
    for (let end = 0; end <= text.length; end++) expect(Array.isArray(parse_markdown(text.slice(0, end)))).toBe(true);
  });

  it('is quick with hostile text', () => {
    for (const text of ['*'.repeat(20_000), '['.repeat(20_000), '`'.repeat(20_001), '> '.repeat(5000), '- '.repeat(5000), '**a'.repeat(5000)]) expect(parse_markdown(text).length).toBeGreaterThan(0);
  });
});

describe('code colours', () => {
  it('lose no character', () => {
    const code = 'const a = "x\\"y"; // done\nfor (let i = 0x1f; i < 2; i++) f(`t ${i}`); /* open';
    expect(highlight(code, 'ts').map((piece) => piece.text).join('')).toBe(code);
    expect(highlight('# note', 'py')[0]).toEqual({ text: '# note', kind: 'comment' });
  });
});
