// Where the statements of a text begin and end, by PostgreSQL's quoting: only the semicolons that end one count.

export interface Span { from: number; to: number }

/** Where what begins at `at` ends, when it is something that may hold a semicolon; else `at`. */
function skip_quoted(text: string, at: number): number {
  const end_of = (mark: string, from: number) => {
    const end = text.indexOf(mark, from);
    return end < 0 ? text.length : end + mark.length;
  };
  const two = text.slice(at, at + 2);
  if (two === '--') return end_of('\n', at);
  if (two === '/*') {
    let depth = 1;
    let next = at + 2;
    while (next < text.length && depth > 0) {
      const pair = text.slice(next, next + 2);
      depth += pair === '/*' ? 1 : pair === '*/' ? -1 : 0;
      next += pair === '/*' || pair === '*/' ? 2 : 1;
    }
    return next;
  }
  if (text[at] === '"') return end_of('"', at + 1);
  if (text[at] === "'") {
    const is_escaped = /(^|[^\w$])e$/i.test(text.slice(Math.max(0, at - 2), at));
    if (!is_escaped) return end_of("'", at + 1);
    for (let next = at + 1; next < text.length; next++) {
      if (text[next] === '\\') next++;
      else if (text[next] === "'") return next + 1;
    }
    return text.length;
  }
  if (text[at] === '$' && !/[\w$]/.test(text[at - 1] ?? ' ')) {
    const tag = /^\$([\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(text.slice(at, at + 70))?.[0];
    if (tag) return end_of(tag, at + tag.length);
  }
  return at;
}

/** Without what is only space and comments; a statement's semicolon is not part of it. */
export function statements_of(text: string): Span[] {
  const spans: Span[] = [];
  let from = -1;
  let last = -1;
  const end = () => {
    if (from >= 0) spans.push({ from, to: last });
    from = -1;
  };
  for (let at = 0; at < text.length;) {
    const next = skip_quoted(text, at);
    const is_comment = next > at && /^(--|\/\*)/.test(text.slice(at, at + 2));
    const here = text[at]!;
    const after = Math.max(next, at + 1);
    if (next === at && here === ';') end();
    else if (!is_comment && !/\s/.test(here)) {
      if (from < 0) from = at;
      last = after;
    }
    at = after;
  }
  end();
  return spans;
}

/** The statement in which, or after which, the cursor stands. */
export function statement_at(text: string, cursor: number): Span | null {
  const spans = statements_of(text);
  return spans.findLast((span) => span.from <= cursor) ?? spans[0] ?? null;
}
