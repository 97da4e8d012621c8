// Where a pipeline answers, when it runs by itself, and what it is for.
import { Link2, X } from 'lucide-react';
import { useState } from 'react';
import { pipelines_bind, pipelines_bindings, pipelines_unbind, type Pipeline, type PipelineBinding, type PipelineDefinition, type Schedule } from '../api';
import { full_time } from '../i18n';
import { Check, LongField } from '../library/parts';
import { use_targets, type Scope, type Target, type Targets } from '../library/targets';
import { use_load } from '../load';
import { Link } from '../router';
import { Bones, Button, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { answers, with_schedule } from './definition';
import { read_object } from './parts';
import { use_words, type Word } from './words';

type Place = Extract<Scope, 'global' | 'entity_profile' | 'chat'>;
const places: Place[] = ['global', 'entity_profile', 'chat'];
const place_words: Record<Place, Word> = { global: 'place_all', entity_profile: 'place_profile', chat: 'place_chat' };

const place_of = (binding: PipelineBinding): Place => (binding.chat_id ? 'chat' : binding.entity_profile_id ? 'entity_profile' : 'global');
const target_of = (binding: PipelineBinding): string => binding.chat_id ?? binding.entity_profile_id ?? '';
export const place_name = (binding: PipelineBinding, targets: Targets, w: (word: Word) => string): string => (place_of(binding) === 'global' ? w('place_all') : targets.name(place_of(binding), target_of(binding)));

function binding_of(place: Place, target: string): PipelineBinding {
  return { chat_id: place === 'chat' ? target : null, entity_profile_id: place === 'entity_profile' ? target : null };
}

function Bind({ pipeline_id, used, targets, on_bound }: { pipeline_id: string; used: PipelineBinding[]; targets: Targets; on_bound: () => void }) {
  const { w } = use_words();
  const [place, set_place] = useState<Place>('global');
  const [wanted, set_wanted] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const is_used = (target: string) => used.some((binding) => place_of(binding) === place && target_of(binding) === target);
  const choices: Target[] = targets.of(place).filter((target) => !is_used(target.value));
  const chosen = choices.some((target) => target.value === wanted) ? wanted : (choices[0]?.value ?? '');
  const can_bind = place === 'global' ? !is_used('') : chosen !== '';
  const bind = () => {
    set_error(null);
    pipelines_bind(pipeline_id, binding_of(place, chosen)).then(on_bound, set_error);
  };
  return (
    <div className="card space-y-3 p-4">
      <Select label={w('bind_where')} value={place} on_change={(next) => set_place(next as Place)} options={places.map((value) => ({ value, text: w(place_words[value]) }))} />
      {place !== 'global' && (choices.length ? <Select label={w(place_words[place])} value={chosen} on_change={set_wanted} options={choices} /> : <p className="text-muted">{w('bind_none')}</p>)}
      <Button disabled={!can_bind} onClick={bind}><Link2 className="size-4" aria-hidden />{w('bind_do')}</Button>
      <ErrorNote error={error} />
    </div>
  );
}

function Bindings({ pipeline }: { pipeline: Pipeline }) {
  const { w } = use_words();
  const bindings = use_load(`bindings ${pipeline.id}`, () => pipelines_bindings(pipeline.id));
  const targets = use_targets();
  const used = bindings.value?.items ?? [];
  const unbind = (binding: PipelineBinding) => pipelines_unbind(pipeline.id, binding).then(bindings.reload, toast_error);
  const href_of = (binding: PipelineBinding) => targets.of(place_of(binding)).find((target) => target.value === target_of(binding))?.href;
  return (
    <section aria-label={w('bindings')} className="space-y-3">
      <div><h2 className="text-base font-semibold">{w('bindings')}</h2><p className="text-muted">{w('bindings_text')}</p></div>
      <ErrorNote error={bindings.error} retry={bindings.reload} />
      {!bindings.value ? !bindings.error && <Bones lines={2} /> : used.length === 0 ? <p className="card border-dashed px-4 py-3 text-muted shadow-none">{w('bindings_none')}</p> : (
        <ul aria-label={w('bindings')} className="card divide-y divide-line">{used.map((binding) => {
          const name = place_name(binding, targets, w);
          const href = href_of(binding);
          return <li key={target_of(binding)} className="binding flex items-center gap-2 px-4 py-2"><span className="min-w-0 flex-1">{place_of(binding) !== 'global' && <span className="block text-xs text-muted">{w(place_words[place_of(binding)])}</span>}{href ? <Link href={href} className="block truncate font-medium hover:underline">{name}</Link> : <span className="block truncate font-medium">{name}</span>}</span><IconButton small name={w('unbind', { name })} onClick={() => void unbind(binding)}><X /></IconButton></li>;
        })}</ul>
      )}
      {answers(pipeline.definition) ? bindings.value && <Bind pipeline_id={pipeline.id} used={used} targets={targets} on_bound={bindings.reload} /> : <p className="text-muted">{w('bindings_not')}</p>}
    </section>
  );
}

const minutes_max = 366 * 24 * 60;

/** Part of the definition: what is changed here is changed in its text, and saved with it. */
function ScheduleForm({ definition, next_run_at, on_change }: { definition: PipelineDefinition; next_run_at: string | null; on_change: (definition: object) => void }) {
  const { w, language } = use_words();
  const { schedule } = definition;
  const [typed, set_typed] = useState<string | null>(null);
  const [minutes, set_minutes] = useState<string | null>(null);
  const change = (part: Partial<Schedule>) => on_change(with_schedule(definition, { every_minutes: 60, ...schedule, ...part }));
  const type_minutes = (text: string) => {
    set_minutes(text);
    const every_minutes = Number(text);
    if (Number.isInteger(every_minutes) && every_minutes >= 1 && every_minutes <= minutes_max) change({ every_minutes });
  };
  const type_input = (text: string) => {
    set_typed(text);
    const input = read_object(text);
    if (input) change({ input });
  };
  return (
    <div className="card space-y-4 p-4">
      <Check label={w('schedule_on')} hint={w('schedule_on_hint')} checked={!!schedule} on_change={(is_on) => (is_on ? change({}) : on_change(with_schedule(definition, null)))} />
      {schedule && (
        <>
          <Field type="number" label={w('schedule_minutes')} min={1} max={minutes_max} value={minutes ?? schedule.every_minutes} onBlur={() => set_minutes(null)} onChange={(event) => type_minutes(event.target.value)} />
          <LongField label={w('run_input')} hint={typed !== null && !read_object(typed) ? <span className="text-danger">{w('input_wrong')}</span> : w('run_input_hint')} spellCheck={false} value={typed ?? JSON.stringify(schedule.input ?? {})} onBlur={() => { if (typed !== null && read_object(typed)) set_typed(null); }} onChange={(event) => type_input(event.target.value)} />
          {next_run_at && <p className="text-muted">{w('next_run_at', { time: full_time(next_run_at, language) })}</p>}
        </>
      )}
    </div>
  );
}

interface Props { pipeline: Pipeline; description: string; /** As it is being written; null while it cannot be read. */ definition: PipelineDefinition | null; on_description: (text: string) => void; on_definition: (definition: object) => void }

export function UsePane({ pipeline, description, definition, on_description, on_definition }: Props) {
  const { w } = use_words();
  return (
    <div className="h-full overflow-y-auto"><div className="mx-auto max-w-3xl space-y-6 p-4">
      <LongField label={w('pipeline_description')} rows={2} value={description} maxLength={10_000} onChange={(event) => on_description(event.target.value)} />
      <Bindings pipeline={pipeline} />
      <section aria-label={w('schedule')} className="space-y-3">
        <h2 className="text-base font-semibold">{w('schedule')}</h2>
        {!definition ? <p className="text-muted">{w('schedule_unread')}</p> : answers(definition) ? <p className="text-muted">{w('schedule_not')}</p> : <ScheduleForm definition={definition} next_run_at={pipeline.next_run_at} on_change={on_definition} />}
      </section>
    </div></div>
  );
}
