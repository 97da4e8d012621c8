// SQL on an instance: written, run, cancelled, explained, found again. Each run is a session of its own on the server.
import { ChevronDown, CircleAlert, History, Info, Play, Square, Trash2 } from 'lucide-react';
import { Suspense, lazy, useEffect, useRef, useState } from 'react';
import { db_databases, db_query, type DatabaseFailure, type Instance, type QueryAnswer } from '../api';
import { time_ago } from '../i18n';
import { use_load } from '../load';
import { use_stored } from '../stored';
import { Bones, Button, Dialog, Empty, ErrorNote, IconButton, Menu, MenuItem, SafePart } from '../ui/kit';
import { explain_sql, read_plan, type ShownPlan } from './explain';
import { forget_history, history_of, keep_in_history, type HistoryEntry } from './history';
import { span_text } from './parts';
import { PlanView } from './plan_view';
import { ResultGrid } from './result_grid';
import { offset_of } from './results';
import type { CodeHandle } from '../ui/code_editor';
import { statement_at, statements_of } from './statements';
import { use_words } from './words';

const SqlEditor = lazy(() => import('./sql_editor'));

const timeout_ms = 600_000;
const row_counts = ['100', '1000', '10000'];
type Way = 'run' | 'explain' | 'analyze';
interface Shown { answer: QueryAnswer; plan: ShownPlan | null }

function FailureNote({ failure }: { failure: DatabaseFailure }) {
  const { w } = use_words();
  return (
    <div role="alert" className="query-failure flex items-start gap-2.5 border-b border-line bg-danger-soft px-3 py-2.5">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
      <div className="min-w-0">
        <p className="break-words font-medium">{failure.message}</p>
        {failure.detail && <p className="break-words">{failure.detail}</p>}
        {failure.hint && <p className="break-words">{w('hint', { hint: failure.hint })}</p>}
        {failure.sqlstate && <p className="mt-0.5 font-mono text-xs text-muted">SQLSTATE {failure.sqlstate}</p>}
      </div>
    </div>
  );
}

function HistoryDialog({ instance, on_choose, on_close }: { instance: Instance; on_choose: (sql: string) => void; on_close: () => void }) {
  const { w, language } = use_words();
  const [entries, set_entries] = useState<HistoryEntry[]>(() => history_of(instance.id));
  return (
    <Dialog title={w('history')} wide on_close={on_close} footer={entries.length > 0 && <Button onClick={() => { forget_history(instance.id); set_entries([]); }}><Trash2 className="size-4" aria-hidden />{w('history_forget')}</Button>}>
      {entries.length === 0 ? <p className="text-muted">{w('history_empty')}</p> : (
        <ul className="-mx-2">
          {entries.map((entry) => (
            <li key={entry.at}><button type="button" onClick={() => on_choose(entry.sql)} className="block w-full rounded-lg px-2 py-2 text-left hover:bg-hover">
              <span className="line-clamp-3 whitespace-pre-wrap break-words font-mono text-xs">{entry.sql}</span>
              <span className={`mt-0.5 block text-xs ${entry.failed ? 'text-danger' : 'text-muted'}`}>{time_ago(entry.at, language)}{entry.failed ? ` · ${w('query_failed')}` : entry.ms !== null ? ` · ${span_text(entry.ms, language)}` : ''}</span>
            </button></li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function Answer({ shown }: { shown: Shown }) {
  const { w, language } = use_words();
  const { answer, plan } = shown;
  return (
    <div>
      {answer.failure && <FailureNote failure={answer.failure} />}
      {answer.notices.length > 0 && <ul aria-label={w('notices')} className="border-b border-line bg-info-soft px-3 py-2">{answer.notices.map((notice, index) => <li key={index} className="flex gap-2 break-words font-mono text-xs"><Info className="mt-0.5 size-3.5 shrink-0 text-info" aria-hidden />{notice}</li>)}</ul>}
      {plan ? <PlanView plan={plan} /> : answer.results.map((result, index) => <ResultGrid key={index} result={result} />)}
      <p className="px-3 py-2 text-xs text-muted">{w('took', { span: span_text(answer.ms, language) })}</p>
    </div>
  );
}

/** EXPLAIN takes one statement: the one at the cursor, or the selected one. Of several, all but the first would simply run. */
function explained_of({ text, from, cursor }: { text: string; from: number; cursor: number | null }): { text: string; from: number } | { too_many: true } {
  const spans = cursor === null ? statements_of(text) : [statement_at(text, cursor)];
  if (spans.length > 1) return { too_many: true };
  const span = spans[0];
  return span ? { text: text.slice(span.from, span.to), from: from + span.from } : { text: '', from };
}

/** The databases of its cluster. Of an instance that sleeps none are known: to ask would wake it. */
function use_databases(instance: Instance) {
  const known = use_load(instance.status === 'ready' ? `databases:${instance.id}` : null, () => db_databases(instance.id), { keeps_old: true });
  return { names: known.value?.items.map((database) => database.name) ?? [], reload: known.reload };
}

export function Console({ instance }: { instance: Instance }) {
  const { t, w } = use_words();
  const [draft, set_draft] = use_stored(`console.draft.${instance.id}`);
  const [rows, set_rows] = useState('1000');
  const [database, set_database] = useState('postgres');
  const databases = use_databases(instance);
  const names = databases.names.includes(database) ? databases.names : [database, ...databases.names];
  const [running, set_running] = useState<AbortController | null>(null);
  const [shown, set_shown] = useState<Shown | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const [fault, set_fault] = useState<number | null>(null);
  const [shows_history, set_shows_history] = useState(false);
  const editor = useRef<CodeHandle>(null);
  const output = useRef<HTMLDivElement>(null);
  useEffect(() => () => running?.abort(), [running]);

  const run = async (way: Way) => {
    const chosen = editor.current?.chosen() ?? { text: draft ?? '', from: 0, cursor: 0 };
    const explained = way === 'run' ? null : explained_of(chosen);
    if (explained && 'too_many' in explained) return set_error(new Error(w('explain_one')));
    const { text, from } = explained ?? chosen;
    if (running || text.trim() === '') return;
    const { sql, prefix_chars } = way === 'run' ? { sql: text, prefix_chars: 0 } : explain_sql(text, way === 'analyze');
    const stopper = new AbortController();
    set_running(stopper);
    set_error(null);
    set_fault(null);
    try {
      const answer = await db_query(instance.id, { sql, database, rows_max: Number(rows), timeout_ms }, { signal: stopper.signal });
      const found = answer.results.find((result) => result.columns[0] === 'QUERY PLAN');
      set_shown({ answer, plan: way === 'run' || answer.failure || !found ? null : read_plan(found.rows[0]?.[0] ?? '') });
      if (answer.failure?.position) set_fault(from + Math.max(0, offset_of(sql, answer.failure.position) - prefix_chars));
      keep_in_history(instance.id, { sql: text, at: new Date().toISOString(), ms: answer.ms, failed: !!answer.failure });
      if (output.current) output.current.scrollTop = 0;
    } catch (cause) {
      set_shown(null);
      set_error(stopper.signal.aborted ? new Error(w('query_cancelled')) : cause);
    } finally {
      set_running(null);
      databases.reload(); // it may have made one
    }
  };

  return (
    <div className="console flex h-full min-h-0 flex-col">
      <div className="h-[34%] min-h-28 shrink-0 border-b border-line">
        <SafePart><Suspense fallback={<Bones className="p-4" />}><SqlEditor label={w('sql')} text={draft ?? ''} faults={fault === null ? [] : [{ from: fault, to: fault }]} handle={editor} on_change={set_draft} on_run={() => void run('run')} /></Suspense></SafePart>
      </div>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-2 py-1.5">
        {running ? <Button small kind="danger" onClick={() => running.abort()}><Square className="size-3.5" aria-hidden />{t('cancel')}</Button>
          : <Button small kind="primary" title="Ctrl+Enter" onClick={() => void run('run')}><Play className="size-3.5" aria-hidden />{w('run')}</Button>}
        <Menu align="start" trigger={<button type="button" disabled={!!running} className="inline-flex h-7 items-center gap-1.5 rounded-lg border border-line-strong bg-raised px-2.5 text-xs font-medium hover:bg-hover disabled:opacity-55 pointer-coarse:h-9">{w('explain')}<ChevronDown className="size-3.5" aria-hidden /></button>}>
          <MenuItem on_select={() => void run('explain')}>{w('explain_plain')}</MenuItem>
          <MenuItem on_select={() => void run('analyze')}>{w('explain_analyze')}</MenuItem>
        </Menu>
        {names.length > 1 && <label className="flex min-w-0 items-center gap-1.5 text-xs text-muted"><span className="max-sm:sr-only">{w('database')}</span>
          <select className="field !h-7 !w-auto min-w-0 max-w-40 !py-0 !pl-2 !text-xs pointer-coarse:!h-9" aria-label={w('database')} value={database} onChange={(event) => set_database(event.target.value)}>{names.map((name) => <option key={name} value={name}>{name}</option>)}</select>
        </label>}
        <label className="flex items-center gap-1.5 text-xs text-muted"><span className="max-sm:sr-only">{w('rows_max')}</span>
          <select className="field !h-7 !w-auto !py-0 !pl-2 !text-xs pointer-coarse:!h-9" value={rows} onChange={(event) => set_rows(event.target.value)}>{row_counts.map((count) => <option key={count} value={count}>{Number(count).toLocaleString()}</option>)}</select>
        </label>
        <span className="flex-1" />
        <span aria-live="polite" className="text-xs text-muted">{running && w('running')}</span>
        <IconButton small name={w('history')} onClick={() => set_shows_history(true)}><History /></IconButton>
      </div>
      <div ref={output} className="min-h-0 flex-1 overflow-y-auto">
        {!!error && <ErrorNote error={error} className="m-3" />}
        {shown ? <Answer shown={shown} /> : !error && <Empty title={w('console_empty')}>{w('console_empty_text')}</Empty>}
      </div>
      {shows_history && <HistoryDialog instance={instance} on_close={() => set_shows_history(false)} on_choose={(sql) => { set_draft(sql); set_shows_history(false); }} />}
    </div>
  );
}
