// One run: its steps as a graph, and each of them to look into.
import { Ban, MessageSquareText, RotateCcw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { pipelines_show, runs_cancel, runs_graph, runs_retry, type Id, type PipelineGraph, type Run } from '../api';
import { full_time, time_ago } from '../i18n';
import { Frame } from '../library/parts';
import { use_load } from '../load';
import { NotFound } from '../pages/not_found';
import { Link, navigate, set_query, use_query } from '../router';
import { Bones, Button, ErrorNote } from '../ui/kit';
import { use_wide } from '../ui/shell';
import { Split } from '../ui/split';
import { toast_error } from '../ui/toast';
import { chain_of } from './graph_layout';
import { GraphView } from './graph_view';
import { Value, pipeline_href, run_href, span_of } from './parts';
import { has_ended, step_of_interest, type RunState } from './run_state';
import { StatusBadge, trigger_words } from './status';
import { StepPane } from './step_pane';
import { use_run } from './use_run';
import { use_words } from './words';

/** The graph of what ran; the built-in pipeline has none of its own. */
function use_graph(run: Run | null): PipelineGraph | null {
  const loaded = use_load(run?.pipeline_id ? run.id : null, () => runs_graph(run!.id));
  const order = run?.steps.map(({ step, type }) => `${step} ${type}`).join();
  const chain = useMemo(() => chain_of(run?.steps ?? []), [order]);
  return loaded.value ?? (run && (!run.pipeline_id || loaded.error) ? chain : null);
}

function Facts({ run, name }: { run: Run; name: string | null }) {
  const { w, language } = use_words();
  const span = span_of(run.created_at, run.ended_at, language);
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line bg-surface px-3 py-2">
      <span aria-live="polite"><StatusBadge status={run.status} /></span>
      {run.pipeline_id ? <Link href={pipeline_href(run.pipeline_id, 'runs')} className="min-w-0 truncate font-medium hover:underline">{name ?? w('pipeline')} <span className="font-mono text-xs text-muted">v{run.pipeline_number}</span></Link> : <span className="font-medium">{w('built_in')}</span>}
      <span className="text-muted">{w(trigger_words[run.trigger])}</span><span className="text-muted" title={full_time(run.created_at, language)}>{time_ago(run.created_at, language)}</span>{span && <span className="text-muted">{w('took', { span })}</span>}
      {run.retried_run_id && <Link href={run_href(run.retried_run_id)} className="flex items-center gap-1 text-accent underline underline-offset-2"><RotateCcw className="size-3.5" aria-hidden />{w('retry_of')}</Link>}
      {run.chat_id && <Link href={`/chats/${run.chat_id}`} className="flex items-center gap-1 text-accent underline underline-offset-2"><MessageSquareText className="size-3.5" aria-hidden />{w('run_chat')}</Link>}
      <span className="flex-1" />
      {!has_ended(run) && !run.generation_id && <Button small onClick={() => void runs_cancel(run.id).catch(toast_error)}><Ban className="size-3.5" aria-hidden />{w('run_stop')}</Button>}
    </div>
  );
}

function RunView({ run, state, graph, name, set_effect }: { run: Run; state: RunState; graph: PipelineGraph; name: string | null; set_effect: ReturnType<typeof use_run>['set_effect'] }) {
  const { w } = use_words();
  const is_wide = use_wide();
  const wanted = use_query().get('step');
  const [is_retrying, set_retrying] = useState(false);
  const pane = useRef<HTMLDivElement>(null);
  const selected = run.steps.some((step) => step.step === wanted) ? wanted : step_of_interest(run);
  const step = run.steps.find((one) => one.step === selected);
  const statuses = useMemo(() => new Map(run.steps.map((one) => [one.step, one.status])), [run.steps]);
  const effects = useMemo(() => {
    const counts = new Map<string, number>();
    for (const effect of state.effects) if (!effect.undone_at) counts.set(effect.step, (counts.get(effect.step) ?? 0) + 1);
    return counts;
  }, [state.effects]);
  const select = (next: string) => {
    set_query({ step: next });
    if (!is_wide) pane.current?.scrollIntoView({ block: 'start' });
  };
  const retry = () => {
    set_retrying(true);
    runs_retry(run.id, { step: selected! }).then((again) => navigate(run_href(again.id)), toast_error).finally(() => set_retrying(false));
  };
  const picture = <GraphView label={w('graph')} graph={graph} statuses={statuses} effects={effects} selected={selected} on_select={select} />;
  const detail = (
    <div ref={pane}>
      {run.error && <ErrorNote error={new Error(run.error)} className="m-4 mb-0" />}
      {step && <StepPane key={step.step} step={step} title={graph.nodes.find((node) => node.id === step.step)?.title || step.step} effects={state.effects.filter((effect) => effect.step === step.step)} is_over={has_ended(run)} is_retrying={is_retrying} on_retry={retry} on_undone={set_effect} />}
      {run.input !== null && Object.keys(run.input as object).length > 0 && <div className="border-t border-line p-4"><Value label={w('run_given')} value={run.input} /></div>}
    </div>
  );
  return (
    <div className="flex h-full flex-col">
      <Facts run={run} name={name} />
      <div className="min-h-0 flex-1">
        {is_wide ? <Split name="run" label={w('run_width')} initial={50} left={picture} right={<div className="h-full overflow-y-auto bg-surface">{detail}</div>} />
          : <div className="h-full overflow-y-auto"><div className="h-[42dvh] border-b border-line">{picture}</div><div className="min-h-full bg-surface">{detail}</div></div>}
      </div>
    </div>
  );
}

export function RunPage({ run_id }: { run_id: Id }) {
  const { w } = use_words();
  const { state, error, reload, set_effect } = use_run(run_id);
  const { run } = state;
  const graph = use_graph(run);
  const pipeline_id = run?.pipeline_id ?? null;
  const pipeline = use_load(pipeline_id, () => pipelines_show(pipeline_id!));
  if (!run && (error?.status === 404 || error?.status === 400)) return <NotFound />;
  if (!run || !graph) return <Frame title={w('run')}>{error ? <ErrorNote error={error} retry={reload} /> : <Bones lines={6} />}</Frame>;
  return <Frame title={pipeline.value ? w('run_of', { name: pipeline.value.name }) : w('run')} fills><RunView run={run} state={state} graph={graph} name={pipeline.value?.name ?? null} set_effect={set_effect} /></Frame>;
}
