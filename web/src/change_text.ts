// What a change card shows: the content of a code_change block as lines that were added and removed.
export interface ChangeLine { sign: '+' | '-' | ' '; text: string }

export const change_kind = (kind: string | null): string => (kind ?? 'write').replace(/-/g, '_');

/** Works on unfinished content: what has not arrived yet is simply not there. */
export function change_lines(kind: string | null, content: string): ChangeLine[] {
  const lines = content.replace(/\n$/, '').split('\n');
  if (content === '') return [];
  if (change_kind(kind) !== 'search_replace') return lines.map((text) => ({ sign: '+', text }));
  const shown: ChangeLine[] = [];
  let side: '+' | '-' | null = null;
  let search: string[] = [];
  let replace: string[] = [];
  const flush = () => {
    shown.push(...line_diff(search, replace));
    search = [];
    replace = [];
  };
  for (const line of lines) {
    if (/^<{7}/.test(line)) {
      if (shown.length) shown.push({ sign: ' ', text: '⋯' });
      side = '-';
    } else if (/^={7}\s*$/.test(line) && side === '-') side = '+';
    else if (/^>{7}/.test(line)) { flush(); side = null; }
    else if (side === '-') search.push(line);
    else if (side === '+') replace.push(line);
  }
  flush();
  return shown;
}

/** Lines that both begin and end with are context; the middle is removed and added. */
function line_diff(before: string[], after: string[]): ChangeLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return [
    ...before.slice(0, start).map((text): ChangeLine => ({ sign: ' ', text })),
    ...before.slice(start, before.length - end).map((text): ChangeLine => ({ sign: '-', text })),
    ...after.slice(start, after.length - end).map((text): ChangeLine => ({ sign: '+', text })),
    ...before.slice(before.length - end).map((text): ChangeLine => ({ sign: ' ', text })),
  ];
}

export function change_counts(lines: ChangeLine[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const line of lines) {
    if (line.sign === '+') added++;
    else if (line.sign === '-') removed++;
  }
  return { added, removed };
}

/** The lines of a unified patch, without its headers. */
export function patch_lines(patch: string): ChangeLine[] {
  const shown: ChangeLine[] = [];
  let in_hunk = false;
  for (const line of patch.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('@@')) {
      if (in_hunk) shown.push({ sign: ' ', text: '⋯' });
      in_hunk = true;
    } else if (in_hunk && !line.startsWith('\\')) {
      const sign = line[0] === '+' || line[0] === '-' ? line[0] : ' ';
      shown.push({ sign, text: line.slice(1) });
    }
  }
  return shown;
}
