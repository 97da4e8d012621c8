// The runs of a pipeline, the newest first.
import { RotateCcw } from 'lucide-react';
import { useEffect } from 'react';
import { pipelines_runs, type Pipeline, type Run } from '../api';
import { full_time, time_ago } from '../i18n';
import { Link } from '../router';
import { Button, Empty, ErrorNote, Bones } from '../ui/kit';
import { answers } from './definition';
import { run_href, span_of } from './parts';
import { has_ended } from './run_state';
import { StatusBadge, trigger_words } from './status';
import { use_some } from './use_some';
import { use_words } from './words';

const page_items = 50;
/** While one of them has not ended, they are read again so often. */
const refresh_ms = 2000;

function Row({ run }: { run: Run }) {
  const { w, language } = use_words();
  const span = span_of(run.created_at, run.ended_at, language);
  return (
    <li className="run"><Link href={run_href(run.id)} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-hover focus-visible:outline-offset-[-2px]">
      <StatusBadge status={run.status} /><span className="font-medium">{w(trigger_words[run.trigger])}</span><span className="text-muted" title={full_time(run.created_at, language)}>{time_ago(run.created_at, language)}</span>
      {span && <span className="text-muted">{w('took', { span })}</span>}<span className="font-mono text-xs text-muted">v{run.pipeline_number}</span>
      {run.retried_run_id && <span className="flex items-center gap-1 text-xs text-muted"><RotateCcw className="size-3" aria-hidden />{w('is_retry')}</span>}
      {run.error && <span className="min-w-0 basis-full truncate text-xs text-danger">{run.error}</span>}
    </Link></li>
  );
}

export function RunsPane({ pipeline }: { pipeline: Pipeline }) {
  const { w } = use_words();
  const runs = use_some(`runs ${pipeline.id}`, page_items, (query) => pipelines_runs(pipeline.id, query));
  const is_open = runs.items.some((run) => !has_ended(run));
  const { reload } = runs;
  useEffect(() => {
    if (!is_open) return;
    const timer = setInterval(() => { if (document.visibilityState === 'visible') reload(); }, refresh_ms);
    return () => clearInterval(timer);
  }, [is_open, reload]);
  return (
    <div className="h-full overflow-y-auto"><div className="mx-auto max-w-3xl p-4">
      <div className="mb-3 flex items-start gap-3"><div className="min-w-0 flex-1"><h2 className="text-base font-semibold">{w('runs')}</h2><p className="text-muted">{w(answers(pipeline.definition) ? 'runs_text_answers' : 'runs_text')}</p></div></div>
      <ErrorNote error={runs.error} retry={runs.reload} className="mb-3" />
      {!runs.is_loaded ? !runs.error && <Bones lines={4} /> : runs.items.length === 0 ? <div className="card border-dashed shadow-none"><Empty title={w('runs_none')} /></div> : <ul aria-label={w('runs')} className="card divide-y divide-line overflow-hidden">{runs.items.map((run) => <Row key={run.id} run={run} />)}</ul>}
      {runs.has_more && <Button className="mt-3" is_busy={runs.is_loading} onClick={runs.more}>{w('more')}</Button>}
    </div></div>
  );
}
