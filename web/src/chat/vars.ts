// The variables of a chat as rows that a person edits: a name, what kind of value, and how it is written. Pure.
export type VarKind = 'text' | 'number' | 'yes_no' | 'json';
export interface VarRow { name: string; kind: VarKind; text: string }
export type VarFault = 'var_unnamed' | 'var_twice' | 'var_no_number' | 'var_no_json';

const kind_of = (value: unknown): VarKind => (typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'yes_no' : 'json');

export const rows_of = (vars: Record<string, unknown>): VarRow[] =>
  Object.entries(vars).map(([name, value]) => ({ name, kind: kind_of(value), text: typeof value === 'string' ? value : JSON.stringify(value) }));

/** The same value as another kind, as far as it can be one. */
export function as_kind(row: VarRow, kind: VarKind): VarRow {
  const value = value_of(row);
  if (kind === 'yes_no') return { ...row, kind, text: String(value === true || row.text.trim() === 'true') };
  return { ...row, kind, text: kind === 'json' && value !== undefined ? JSON.stringify(value) : row.text };
}

/** Undefined when it is none of its kind. */
function value_of({ kind, text }: VarRow): unknown {
  if (kind === 'text') return text;
  if (kind === 'number') return text.trim() && Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (kind === 'yes_no') return text === 'true';
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fault_of(row: VarRow, others: VarRow[]): VarFault | null {
  if (!row.name.trim()) return 'var_unnamed';
  if (others.some((other) => other !== row && other.name.trim() === row.name.trim())) return 'var_twice';
  if (value_of(row) === undefined) return row.kind === 'number' ? 'var_no_number' : 'var_no_json';
  return null;
}

/** What is wrong with each row; a row that is empty still says nothing. */
export const faults_of = (rows: VarRow[]): (VarFault | null)[] => rows.map((row) => (is_empty(row) ? null : fault_of(row, rows)));

const is_empty = (row: VarRow): boolean => !row.name.trim() && !row.text.trim();

export const vars_of = (rows: VarRow[]): Record<string, unknown> => Object.fromEntries(rows.filter((row) => !is_empty(row)).map((row) => [row.name.trim(), value_of(row)]));

/** How templates name it. */
export const reference_of = (name: string): string => (/^[A-Za-z_][\w-]*$/.test(name) ? `{{ vars.${name} }}` : `{{ vars["${name}"] }}`);
