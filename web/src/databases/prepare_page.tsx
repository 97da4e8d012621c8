// One prepare: its steps as they are built, what they print, and how it ended.
import { Ban, Check, CircleAlert, CircleCheck, CircleDashed, CircleX, Loader, Plug, SquareTerminal } from 'lucide-react';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { db_cancel, type DatabaseFailure, type DatabaseStepShown, type Id, type Prepare } from '../api';
import { full_time, time_ago } from '../i18n';
import { Link, navigate } from '../router';
import { Bones, Button, ErrorNote } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { ConnectDialog, Frame, PrepareBadge, instance_href, short_state, span_text, state_href } from './parts';
import { has_ended, type OutputPiece } from './prepare_state';
import { use_prepare } from './use_prepare';
import { use_words, type Word } from './words';

const plain_reasons: Record<string, Word> = {
  never_built: 'reason_never_built', arguments_changed: 'reason_arguments_changed', parent_changed: 'reason_parent_changed', image_changed: 'reason_image_changed', evicted: 'reason_evicted', stdin_changed: 'reason_stdin_changed',
};
const file_reasons: Record<string, Word> = { input_changed: 'reason_input_changed', input_added: 'reason_input_added', input_removed: 'reason_input_removed' };

/** Why a step is not cached, in the person's words; a reason that is not known stays as the server wrote it. */
export function Reason({ reason }: { reason: string }) {
  const { w } = use_words();
  const [name, file] = reason.split(': ');
  const plain = plain_reasons[reason];
  const with_file = file_reasons[name ?? ''];
  return <>{plain ? w(plain) : with_file && file ? w(with_file, { file }) : reason}</>;
}

type Look = 'cached' | 'built' | 'building' | 'failed' | 'waiting';

function StepIcon({ look }: { look: Look }) {
  const { w } = use_words();
  const name = { cached: w('cached'), built: w('step_built'), building: w('step_building'), failed: w('step_failed'), waiting: w('step_waiting') }[look];
  const icon = { cached: <Check className="text-accent" />, built: <CircleCheck className="text-accent" />, building: <Loader className="animate-spin text-warn" />, failed: <CircleX className="text-danger" />, waiting: <CircleDashed className="text-muted" /> }[look];
  return <span role="img" aria-label={name} title={name} className="mt-0.5 shrink-0 [&_svg]:size-4">{icon}</span>;
}

export function StepRow({ step, look, children }: { step: DatabaseStepShown; look: Look; children?: ReactNode }) {
  const { w, language } = use_words();
  return (
    <li data-look={look} className="step px-4 py-2.5">
      <div className="flex items-start gap-2.5">
        <StepIcon look={look} />
        <div className="min-w-0 flex-1">
          <p className="break-words font-mono text-[0.8rem]">{step.title}</p>
          <p className="text-xs text-muted">{look === 'cached' ? w('step_was_cached') : look === 'building' ? w('step_building') : look === 'failed' ? w('step_failed') : look === 'waiting' && !step.reason ? w('step_waiting') : null}{step.reason && <Reason reason={step.reason} />}{look === 'built' && step.ms !== null && w('step_took', { span: span_text(step.ms, language) })}</p>
          {children}
        </div>
        <Link href={state_href(step.state_id)} className={`shrink-0 font-mono text-xs text-muted underline decoration-line-strong underline-offset-2 hover:text-ink max-sm:hidden ${look === 'cached' || look === 'built' ? '' : 'invisible'}`}>{short_state(step.state_id)}</Link>
      </div>
    </li>
  );
}

function look_of(prepare: Prepare, building: number | null, index: number): Look {
  const step = prepare.steps[index]!;
  if (prepare.failure?.step === index + 1) return 'failed';
  if (building === index + 1) return 'building';
  if (step.cached) return 'cached';
  return step.ms !== null ? 'built' : 'waiting';
}

export function FailureCard({ failure }: { failure: DatabaseFailure }) {
  const { w } = use_words();
  const place = [failure.step !== null ? w('failure_step', { n: failure.step }) : null, failure.file, failure.line !== null ? w('failure_line', { n: failure.line }) : null].filter(Boolean).join(' · ');
  return (
    <section aria-label={w('failure')} className="failure mb-5 rounded-xl border border-danger/30 bg-danger-soft px-4 py-3">
      <div className="flex items-start gap-2.5">
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
        <div className="min-w-0 flex-1 space-y-2">
          <p role="alert" className="break-words font-medium">{failure.message}</p>
          {place && <p className="break-words font-mono text-xs">{place}</p>}
          {failure.detail && <p className="break-words">{failure.detail}</p>}
          {failure.statement && <pre tabIndex={0} className="max-h-60 overflow-auto whitespace-pre-wrap break-words rounded-lg border border-line bg-surface px-3 py-2 font-mono text-xs">{failure.statement}</pre>}
          {failure.hint && <p className="break-words">{w('hint', { hint: failure.hint })}</p>}
          {failure.sqlstate && <p className="font-mono text-xs">SQLSTATE {failure.sqlstate}</p>}
          {failure.output && <details><summary className="w-fit cursor-pointer text-xs font-medium">{w('failure_output')}</summary><pre tabIndex={0} className="mt-2 max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-lg border border-line bg-surface px-3 py-2 font-mono text-xs">{failure.output}</pre></details>}
        </div>
      </div>
    </section>
  );
}

function Output({ pieces }: { pieces: OutputPiece[] }) {
  const { w } = use_words();
  const box = useRef<HTMLDivElement>(null);
  const is_at_end = useRef(true);
  useLayoutEffect(() => { if (is_at_end.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [pieces]);
  return (
    <section aria-label={w('output')} className="mt-5">
      <h2 className="mb-2 text-base font-semibold">{w('output')}</h2>
      <div ref={box} role="log" aria-label={w('output')} tabIndex={0} onScroll={() => { const node = box.current!; is_at_end.current = node.scrollHeight - node.scrollTop - node.clientHeight < 40; }} className="card max-h-96 overflow-auto bg-sunken px-3 py-2 font-mono text-[0.76rem] leading-[1.6]">
        {pieces.map((piece, index) => (
          <div key={piece.key} className="flex gap-3"><span className="w-5 shrink-0 select-none text-right text-muted">{pieces[index - 1]?.step === piece.step ? '' : piece.step}</span><span className="min-w-0 whitespace-pre-wrap break-words">{piece.text.replace(/\n$/, '')}</span></div>
        ))}
      </div>
    </section>
  );
}

export function PreparePage({ prepare_id }: { prepare_id: Id }) {
  const { t, w, language } = use_words();
  const { state, error } = use_prepare(prepare_id);
  const [is_connecting, set_connecting] = useState(false);
  const { prepare } = state;
  if (!prepare) return <Frame title={w('prepare')}>{error ? <ErrorNote error={error} /> : <Bones lines={6} />}</Frame>;
  const { instance_id } = prepare;
  return (
    <Frame title={prepare.steps.at(-1)?.title.replace(/^-f /, '') ?? w('empty_cluster')} crumb={w('prepare')}
      action={!has_ended(prepare) ? <Button onClick={() => void db_cancel(prepare.id).catch(toast_error)}><Ban className="size-4" aria-hidden />{t('cancel')}</Button>
        : instance_id && <div className="flex flex-wrap gap-2"><Button onClick={() => set_connecting(true)}><Plug className="size-4" aria-hidden />{w('connect')}</Button><Button kind="primary" onClick={() => navigate(instance_href(instance_id))}><SquareTerminal className="size-4" aria-hidden />{w('console_open')}</Button></div>}>
      <div className="mb-4 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted" aria-live="polite">
        <PrepareBadge status={prepare.status} /><span>{prepare.image}</span><span aria-hidden>·</span><span title={full_time(prepare.created_at, language)}>{time_ago(prepare.created_at, language)}</span>
        {prepare.ms !== null && <><span aria-hidden>·</span><span>{w('took', { span: span_text(prepare.ms, language) })}</span></>}
        {prepare.cached && <><span aria-hidden>·</span><span>{w('all_cached')}</span></>}
      </div>
      {error && <ErrorNote error={error} className="mb-4" />}
      {prepare.failure && <FailureCard failure={prepare.failure} />}
      <ol aria-label={w('steps_title')} className="card divide-y divide-line">
        {prepare.steps.map((step, index) => <StepRow key={`${index}.${step.state_id}`} step={step} look={look_of(prepare, state.building, index)} />)}
        {prepare.steps.length === 0 && <li className="px-4 py-3 text-muted">{w('empty_cluster')}</li>}
      </ol>
      {state.output.length > 0 && <Output pieces={state.output} />}
      {is_connecting && instance_id && <ConnectDialog instance_id={instance_id} on_close={() => set_connecting(false)} />}
    </Frame>
  );
}
