// The rows of one statement. Only so many are drawn at once; all that came can be copied and saved.
import { Check, ClipboardCopy, Download } from 'lucide-react';
import { useState } from 'react';
import type { QueryResult } from '../api';
import { Button } from '../ui/kit';
import { csv_of, is_numeric, type Cell } from './results';
import { use_words } from './words';

const drawn_first = 100;
const drawn_more = 400;
const cell_chars_max = 300;

function save(text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = 'result.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}

const shown = (cell: Cell) => (cell !== null && cell.length > cell_chars_max ? `${cell.slice(0, cell_chars_max)}…` : cell);

export function ResultGrid({ result }: { result: QueryResult }) {
  const { t, w } = use_words();
  const [drawn, set_drawn] = useState(drawn_first);
  const [is_copied, set_copied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(csv_of(result.columns, result.rows)).catch(() => {});
    set_copied(true);
    setTimeout(() => set_copied(false), 1500);
  };
  const left = result.rows.length - drawn;
  return (
    <div className="result">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-1.5">
        <code className="font-mono text-xs font-medium">{result.command}</code>
        {result.columns.length > 0 && <span className="text-xs text-muted">{w('rows', { n: result.rows_count })}{result.is_truncated && ` · ${w('rows_cut', { n: result.rows.length })}`}</span>}
        <span className="flex-1" />
        {result.columns.length > 0 && <><Button small kind="quiet" onClick={() => void copy()}>{is_copied ? <Check className="size-3.5" aria-hidden /> : <ClipboardCopy className="size-3.5" aria-hidden />}{is_copied ? t('copied') : w('copy_csv')}</Button><Button small kind="quiet" onClick={() => save(csv_of(result.columns, result.rows))}><Download className="size-3.5" aria-hidden />CSV</Button></>}
      </div>
      {result.columns.length > 0 && (
        <div className="max-h-[70dvh] overflow-auto" tabIndex={0} role="region" aria-label={result.command}>
          <table className="min-w-full border-collapse font-mono text-xs">
            <thead className="sticky top-0 bg-sunken"><tr>{result.columns.map((column, index) => <th key={index} scope="col" className={`whitespace-nowrap border-b border-r border-line px-2.5 py-1 font-medium ${is_numeric(result.types[index]) ? 'text-right' : 'text-left'}`}>{column}<span className="ml-1.5 font-normal text-muted">{result.types[index]}</span></th>)}</tr></thead>
            <tbody>
              {result.rows.slice(0, drawn).map((row, at) => (
                <tr key={at} className="hover:bg-hover">{row.map((cell, index) => <td key={index} title={cell !== null && cell.length > 40 ? cell.slice(0, 2000) : undefined} className={`max-w-96 truncate whitespace-pre border-b border-r border-line px-2.5 py-1 ${is_numeric(result.types[index]) ? 'text-right' : ''} ${cell === null ? 'italic text-muted' : ''}`}>{cell === null ? 'null' : shown(cell)}</td>)}</tr>
              ))}
            </tbody>
          </table>
          {left > 0 && <div className="sticky left-0 w-fit p-2"><Button small onClick={() => set_drawn(drawn + drawn_more)}>{w('rows_more', { n: Math.min(left, drawn_more) })}</Button></div>}
        </div>
      )}
    </div>
  );
}
