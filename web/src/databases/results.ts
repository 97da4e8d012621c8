// What a query's answer becomes: a grid's rows, CSV, and the place of an error in the text.

export type Cell = string | null;

const csv_cell = (cell: Cell): string => (cell === null ? '' : /[",\r\n]/.test(cell) || cell === '' ? `"${cell.replaceAll('"', '""')}"` : cell);

/** RFC 4180; null is nothing between two commas, an empty text is "". */
export function csv_of(columns: string[], rows: Cell[][]): string {
  return [columns, ...rows].map((row) => row.map(csv_cell).join(',')).join('\r\n') + '\r\n';
}

/** The place in a JavaScript string of PostgreSQL's position, which counts characters from 1. */
export function offset_of(text: string, position: number): number {
  let offset = 0;
  for (let left = position - 1; left > 0 && offset < text.length; left--) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  return offset;
}

const numeric = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);
export const is_numeric = (type: string | undefined): boolean => type !== undefined && numeric.has(type);
