// What was run on databases with `ramify db run`: how it ended, and what it wrote.
import { SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { db_run_output, db_run_output_url, db_runs, type DatabaseRun } from '../api';
import { byte_text, full_time, time_ago } from '../i18n';
import { use_load } from '../load';
import { Link } from '../router';
import { Badge, Bones, Empty, ErrorNote, type Tone } from '../ui/kit';
import { Frame, short_state, span_text, state_href } from './parts';
import { use_changes } from './use_changes';
import { use_words, type Word } from './words';

const shown_max = 100;
/** The rest is a download. */
const output_chars_max = 50_000;

type Outcome = DatabaseRun['outcome'];
const tones: Record<Outcome, Tone> = { running: 'warn', done: 'good', failed: 'bad', timed_out: 'bad', limited: 'bad', cancelled: 'plain', lost: 'plain' };
const outcome_words: Record<Outcome, Word> = { running: 'run_running', done: 'run_done', failed: 'run_failed', timed_out: 'run_timed_out', limited: 'run_limited', cancelled: 'run_cancelled', lost: 'run_lost' };

/** Words as one would type them: those with more than plain characters in quotes. */
const shell_text = (words: string[]): string => words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

function Output({ run, stream, bytes }: { run: DatabaseRun; stream: 'stdout' | 'stderr'; bytes: number }) {
  const { t, w, language } = use_words();
  const output = use_load(`${run.id}.${stream}`, async () => (await db_run_output(run.id, { stream })).slice(0, output_chars_max).text());
  return (
    <section aria-label={stream} className="mt-2">
      <p className="mb-1 flex flex-wrap items-center gap-x-3 text-xs text-muted"><code className="font-mono">{stream}</code>{byte_text(bytes, language)}<a href={db_run_output_url(run.id, { stream })} download={`${run.id}.${stream}.txt`} className="underline underline-offset-2 hover:text-ink">{t('download')}</a></p>
      {output.error ? <ErrorNote error={output.error} retry={output.reload} /> : output.value === null ? <Bones lines={2} /> : <pre tabIndex={0} className="max-h-80 overflow-auto whitespace-pre-wrap break-words rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs">{output.value}{bytes > output_chars_max && `\n${w('run_output_cut')}`}</pre>}
    </section>
  );
}

function RunRow({ run }: { run: DatabaseRun }) {
  const { w, language } = use_words();
  const [is_open, set_open] = useState(false);
  return (
    <li className="run px-4 py-3">
      <p className="flex flex-wrap items-center gap-2"><code className="min-w-0 break-words font-mono text-[0.8rem] font-medium">{shell_text(run.command)}</code><Badge tone={tones[run.outcome]}>{w(outcome_words[run.outcome])}</Badge>{run.exit_code !== null && run.exit_code !== 0 && <span className="text-xs text-danger">{w('run_exit', { code: run.exit_code })}</span>}</p>
      <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted"><span>{run.source}</span><Link href={state_href(run.state_id)} className="font-mono underline decoration-line-strong underline-offset-2 hover:text-ink">{short_state(run.state_id)}</Link><span>{run.image}</span><span title={full_time(run.created_at, language)}>{time_ago(run.created_at, language)}</span>{run.ms !== null && <span>{span_text(run.ms, language)}</span>}</p>
      {run.stdout_bytes + run.stderr_bytes > 0 && (
        <details onToggle={(event) => set_open(event.currentTarget.open)} className="mt-1"><summary className="w-fit cursor-pointer text-xs font-medium">{w('output')}</summary>
          {is_open && <>{run.stdout_bytes > 0 && <Output run={run} stream="stdout" bytes={run.stdout_bytes} />}{run.stderr_bytes > 0 && <Output run={run} stream="stderr" bytes={run.stderr_bytes} />}</>}
        </details>
      )}
    </li>
  );
}

export function RunsPage() {
  const { w } = use_words();
  const runs = use_load('runs', () => db_runs({ limit: shown_max }));
  use_changes(runs.reload, 'run');
  return (
    <Frame title={w('runs')} text={w('runs_text')}>
      {runs.error && <ErrorNote error={runs.error} retry={runs.reload} className="mb-3" />}
      {!runs.value ? !runs.error && <Bones lines={5} /> : runs.value.items.length === 0 ? <div className="card"><Empty icon={<SquareTerminal />} title={w('runs_empty')}>{w('runs_empty_text')}</Empty></div>
        : <ul aria-label={w('runs')} className="card divide-y divide-line">{runs.value.items.map((run) => <RunRow key={run.id} run={run} />)}</ul>}
      {runs.value?.next_cursor && <p className="mt-3 text-muted">{w('only_newest', { n: shown_max })}</p>}
    </Frame>
  );
}
