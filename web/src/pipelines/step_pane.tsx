// One step of a run: what it was given, what it yielded, why it failed, and what it changed.
import { RotateCcw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { runs_undo, type RunEffect, type Step } from '../api';
import { full_time } from '../i18n';
import { Badge, Button, ErrorNote } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { DownloadButton, Value, span_of } from './parts';
import { StatusBadge } from './status';
import { use_words, type Word } from './words';

const effect_words: Record<RunEffect['type'], Word> = { rewrite_prompt: 'effect_rewrite_prompt', add_message: 'effect_add_message', replace_answer: 'effect_replace_answer', publish_artifact: 'effect_publish_artifact' };

function Effect({ effect, can_undo, on_undone }: { effect: RunEffect; can_undo: boolean; on_undone: (effect: RunEffect) => void }) {
  const { w, language } = use_words();
  const [is_busy, set_busy] = useState(false);
  const { type, effect: { text, name, media_type } } = effect;
  const is_artifact = type === 'publish_artifact';
  const undo = () => {
    set_busy(true);
    runs_undo(effect.id).then(on_undone, toast_error).finally(() => set_busy(false));
  };
  return (
    <li className="effect px-3 py-2">
      <div className="flex flex-wrap items-center gap-2"><span className="min-w-0 flex-1 basis-40 font-medium">{w(effect_words[type])}{is_artifact && <span className="font-mono text-xs"> {name}</span>}</span>
        {effect.undone_at && <span title={full_time(effect.undone_at, language)}><Badge>{w('effect_undone')}</Badge></span>}
        {is_artifact && <DownloadButton name={name ?? ''} media_type={media_type ?? 'text/plain'} text={text} />}
        {!effect.undone_at && <Button small is_busy={is_busy} disabled={!can_undo} title={can_undo ? undefined : w('effect_undo_later')} onClick={undo}>{!is_busy && <Undo2 className="size-3.5" aria-hidden />}{w('effect_undo')}</Button>}</div>
      <Value label={w('effect_text')} value={text} />
    </li>
  );
}

interface Props { step: Step; title: string; effects: RunEffect[]; is_over: boolean; is_retrying: boolean; on_retry: () => void; on_undone: (effect: RunEffect) => void }

export function StepPane({ step, title, effects, is_over, is_retrying, on_retry, on_undone }: Props) {
  const { w, language } = use_words();
  const span = span_of(step.started_at, step.ended_at, language);
  const members = Object.keys((step.output ?? {}) as object);
  const own_text = (step.output as { text?: unknown } | null)?.text;
  const is_text = typeof own_text === 'string';
  const is_text_alone = is_text && members.length === 1;
  return (
    <section aria-label={w('step_title', { name: title })} className="step-pane space-y-4 p-4">
      <div className="flex flex-wrap items-center gap-2"><h2 className="min-w-0 break-words text-base font-semibold">{title}</h2><StatusBadge status={step.status} /><span className="font-mono text-xs text-muted">{step.type}</span><span className="flex-1" />
        <Button small is_busy={is_retrying} disabled={!is_over} title={is_over ? undefined : w('retry_later')} onClick={on_retry}>{!is_retrying && <RotateCcw className="size-3.5" aria-hidden />}{w('retry_from_here')}</Button></div>
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs [&_dt]:text-muted [&>div]:flex [&>div]:gap-1.5">
        {step.started_at && <div><dt>{w('started')}</dt><dd>{full_time(step.started_at, language)}</dd></div>}
        {span && <div><dt>{w('took_label')}</dt><dd>{span}</dd></div>}
        {step.attempt > 0 && <div><dt>{w('tries')}</dt><dd>{step.attempt}</dd></div>}
      </dl>
      {step.error && <ErrorNote error={new Error(step.error)} />}
      {step.reason && <p className="rounded-lg bg-sunken px-3 py-2"><span className="text-muted">{w('skipped_because')}</span> {step.reason}</p>}
      {effects.length > 0 && <section aria-label={w('effects')}><h3 className="mb-1.5 text-sm font-medium">{w('effects')}</h3><ul className="card divide-y divide-line">{effects.map((effect) => <Effect key={effect.id} effect={effect} can_undo={is_over} on_undone={on_undone} />)}</ul></section>}
      {step.input !== null && <Value label={w('step_input')} value={step.input} />}
      {is_text && !is_text_alone && <Value label={w('step_text')} value={own_text} />}
      {step.output !== null && <Value label={w('step_output')} value={is_text_alone ? own_text : step.output} />}
    </section>
  );
}
