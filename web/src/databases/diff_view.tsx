// What differs between two databases: objects with their definitions and, when asked for, rows.
import { GitCompare } from 'lucide-react';
import { useState } from 'react';
import { db_diff_databases, type DatabaseObjectDiff, type DatabaseRowDiff, type DatabaseTableDiff, type DatabasesDiff } from '../api';
import { Badge, Button, ErrorNote, type Tone } from '../ui/kit';
import { span_text } from './parts';
import { use_words, type Word } from './words';

type Change = DatabaseObjectDiff['change'];
const tones: Record<Change, Tone> = { added: 'good', removed: 'bad', modified: 'warn' };
const change_words: Record<Change, Word> = { added: 'diff_added', removed: 'diff_removed', modified: 'diff_modified' };

function ChangeBadge({ change }: { change: Change }) {
  const { w } = use_words();
  return <Badge tone={tones[change]}>{w(change_words[change])}</Badge>;
}

function Definition({ sign, text }: { sign: '−' | '+'; text: string }) {
  return (
    <pre tabIndex={0} className={`max-h-72 overflow-auto whitespace-pre-wrap break-words px-3 py-1.5 font-mono text-xs ${sign === '+' ? 'bg-accent-soft' : 'bg-danger-soft'}`}><span aria-hidden className={`mr-2 select-none ${sign === '+' ? 'text-accent' : 'text-danger'}`}>{sign}</span>{text}</pre>
  );
}

function ObjectRow({ object }: { object: DatabaseObjectDiff }) {
  return (
    <li className="object">
      <p className="flex flex-wrap items-center gap-2 px-3.5 py-2"><ChangeBadge change={object.change} /><span className="text-xs text-muted">{object.kind}</span><code className="min-w-0 break-all font-mono text-[0.8rem] font-medium">{object.of ? `${object.of} · ${object.name}` : object.name}</code></p>
      {object.from && <Definition sign="−" text={object.from} />}
      {object.to && <Definition sign="+" text={object.to} />}
    </li>
  );
}

/** "name: one, price: 3" of a row, which the API gives as an object of its columns. */
const row_text = (row: object): string => Object.entries(row).map(([column, value]) => `${column}: ${value === null ? 'null' : String(value)}`).join(', ');

function RowLine({ row }: { row: DatabaseRowDiff }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5 px-3.5 py-1.5 font-mono text-xs">
      <ChangeBadge change={row.change} />{row.change === 'modified' && <span className="min-w-0 break-all font-medium">{row_text(row.key)}</span>}
      {row.from && <span className="min-w-0 break-all rounded bg-danger-soft px-1"><span aria-hidden className="select-none text-danger">− </span>{row_text(row.from)}</span>}
      {row.to && <span className="min-w-0 break-all rounded bg-accent-soft px-1"><span aria-hidden className="select-none text-accent">+ </span>{row_text(row.to)}</span>}
    </li>
  );
}

function TableRows({ table }: { table: DatabaseTableDiff }) {
  const { w } = use_words();
  const left_out = table.rows_added + table.rows_removed + table.rows_modified - table.rows.length;
  return (
    <section aria-label={table.name} className="card overflow-hidden">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line bg-sunken px-3.5 py-2"><h3 className="min-w-0 break-all font-mono text-[0.8rem] font-semibold">{table.name}</h3><span className="text-xs text-muted">{w('diff_rows', { added: table.rows_added, removed: table.rows_removed, modified: table.rows_modified })} · {w('diff_rows_of', { from: table.rows_from, to: table.rows_to })}</span></div>
      {table.problem && <p className="px-3.5 py-2 text-warn">{table.problem}</p>}
      <ul className="divide-y divide-line">{table.rows.map((row, index) => <RowLine key={index} row={row} />)}</ul>
      {left_out > 0 && <p className="border-t border-line px-3.5 py-2 text-xs text-muted">{w('diff_rows_more', { n: left_out })}</p>}
    </section>
  );
}

function Shown({ diff }: { diff: DatabasesDiff }) {
  const { w, language } = use_words();
  const left_out = diff.is_truncated && diff.objects.length < diff.objects_added + diff.objects_removed + diff.objects_modified;
  return (
    <div className="diff space-y-4">
      <p className="text-muted">{w('diff_objects', { added: diff.objects_added, removed: diff.objects_removed, modified: diff.objects_modified })}{diff.tables_compared > 0 && ` ${w('diff_tables', { n: diff.tables_compared })}`} <span className="text-xs">{w('took', { span: span_text(diff.ms, language) })}</span></p>
      {left_out && <p className="rounded-xl border border-line bg-warn-soft px-3.5 py-2.5">{w('diff_truncated')}</p>}
      {diff.objects.length === 0 ? <p className="card px-3.5 py-3">{w('diff_no_objects')}</p> : <ul aria-label={w('diff_objects_title')} className="card divide-y divide-line overflow-hidden">{diff.objects.map((object, index) => <ObjectRow key={index} object={object} />)}</ul>}
      {diff.tables_compared > 0 && diff.tables.length === 0 && <p className="card px-3.5 py-3">{w('diff_no_rows')}</p>}
      {diff.tables.map((table) => <TableRows key={table.name} table={table} />)}
    </div>
  );
}

/** Both databases are started for it, so it is done when it is asked for. */
export function DiffView({ from, to }: { from: string; to: string }) {
  const { w } = use_words();
  const [data, set_data] = useState(false);
  const [diff, set_diff] = useState<DatabasesDiff | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const compare = async () => {
    set_busy(true);
    set_error(null);
    try {
      set_diff(await db_diff_databases({ from, to, data }));
    } catch (cause) {
      set_diff(null);
      set_error(cause);
    } finally {
      set_busy(false);
    }
  };
  return (
    <section aria-label={w('diff_title')} className="mt-8">
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2"><h2 className="text-base font-semibold">{w('diff_title')}</h2><span className="flex-1" />
        <label className="flex cursor-pointer items-center gap-2"><input type="checkbox" className="size-4 accent-(--accent)" checked={data} onChange={(event) => set_data(event.target.checked)} />{w('diff_data')}</label>
        <Button is_busy={is_busy} onClick={() => void compare()}>{!is_busy && <GitCompare className="size-4" aria-hidden />}{w('diff_do')}</Button>
      </div>
      <ErrorNote error={error} className="mb-3" />
      {diff ? <Shown diff={diff} /> : !error && <p className="text-muted">{w('diff_text')}</p>}
    </section>
  );
}
