import { Copy, EllipsisVertical, Plus, Trash2, Workflow } from 'lucide-react';
import { useState } from 'react';
import { pipelines_bindings, pipelines_create, pipelines_ls, pipelines_rm, pipelines_runs, type Pipeline } from '../api';
import { time_ago } from '../i18n';
import { Frame } from '../library/parts';
import { use_targets, type Targets } from '../library/targets';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Choice, Confirm, Dialog, Empty, ErrorNote, Field, Menu, MenuItem, icon_button } from '../ui/kit';
import { answers, starters, type StarterKind } from './definition';
import { pipeline_href, run_href } from './parts';
import { StatusBadge } from './status';
import { use_some } from './use_some';
import { place_name } from './use_pane';
import { use_words } from './words';

const page_items = 30;
const name_letters_max = 200;
/** Of more places than these the row says how many there are. */
const places_max = 3;

export interface Copied { name: string; description: string; definition: Pipeline['definition'] }

/** A pipeline of its own, or a copy of another one. */
export function NewPipeline({ copied, on_close }: { copied: Copied | null; on_close: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState(copied ? w('pipeline_copy_name', { name: copied.name }).slice(0, name_letters_max) : '');
  const [kind, set_kind] = useState<StarterKind>('answers');
  const [error, set_error] = useState<unknown>(null);
  const create = () => pipelines_create({ name: name.trim(), description: copied?.description ?? '', definition: copied?.definition ?? starters[kind] }).then((made) => navigate(pipeline_href(made.id)), set_error);
  return (
    <Dialog title={w(copied ? 'pipeline_copy' : 'pipeline_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); if (name.trim()) void create(); }}>
        <Field label={t('name')} value={name} maxLength={name_letters_max} autoComplete="off" onChange={(event) => set_name(event.target.value)} />
        {!copied && <div><p className="mb-1 text-sm font-medium">{w('pipeline_kind')}</p><Choice<StarterKind> label={w('pipeline_kind')} value={kind} on_change={set_kind} options={[{ value: 'answers', text: w('kind_answers') }, { value: 'by_hand', text: w('kind_by_hand') }]} /><p className="mt-1.5 text-xs text-muted">{w(kind === 'answers' ? 'kind_answers_text' : 'kind_by_hand_text')}</p></div>}
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

/** When it runs, and where. */
function Use({ pipeline, targets }: { pipeline: Pipeline; targets: Targets }) {
  const { w, language } = use_words();
  const is_for_answers = answers(pipeline.definition);
  const bindings = use_load(is_for_answers ? `bindings ${pipeline.id} ${pipeline.version}` : null, () => pipelines_bindings(pipeline.id));
  const { schedule } = pipeline.definition;
  const places = bindings.value?.items.map((binding) => place_name(binding, targets, w)) ?? [];
  if (!is_for_answers) return <><Badge>{w('kind_by_hand')}</Badge>{schedule && <Badge tone="info">{w('every_minutes', { n: schedule.every_minutes })}</Badge>}{pipeline.next_run_at && <span>{w('next_run', { when: time_ago(pipeline.next_run_at, language) })}</span>}</>;
  if (!bindings.value) return <Badge>{w('kind_answers')}</Badge>;
  if (places.length === 0) return <Badge tone="warn">{w('answers_nowhere')}</Badge>;
  return <><Badge tone="good">{w('answers_in')}</Badge><span className="min-w-0 break-words">{[...places.slice(0, places_max), ...(places.length > places_max ? [w('places_more', { n: places.length - places_max })] : [])].join(', ')}</span></>;
}

function Row({ pipeline, targets, on_copy, on_delete }: { pipeline: Pipeline; targets: Targets; on_copy: () => void; on_delete: () => void }) {
  const { t, w, language } = use_words();
  const runs = use_load(`last run ${pipeline.id} ${pipeline.version}`, () => pipelines_runs(pipeline.id, { limit: 1 }));
  const last = runs.value?.items[0];
  return (
    <li className="pipeline relative flex items-center gap-3 px-4 py-3 hover:bg-hover has-[a.opens:focus-visible]:outline-2 has-[a.opens:focus-visible]:outline-accent">
      <Workflow className="size-5 shrink-0 text-muted max-sm:hidden" aria-hidden />
      <div className="min-w-0 flex-1">
        <Link href={pipeline_href(pipeline.id)} className="opens block truncate font-medium outline-none after:absolute after:inset-0">{pipeline.name}</Link>
        {pipeline.description && <p className="truncate text-xs text-muted">{pipeline.description}</p>}
        <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted"><Use pipeline={pipeline} targets={targets} /></div>
      </div>
      {last && <Link href={run_href(last.id)} className="relative z-10 flex shrink-0 flex-col items-end gap-1 rounded-lg px-1.5 py-1 text-xs text-muted hover:underline"><span className="sr-only">{w('last_run_open', { name: pipeline.name })}</span><StatusBadge status={last.status} /><span>{time_ago(last.created_at, language)}</span></Link>}
      <span className="relative z-10"><Menu trigger={<button type="button" aria-label={w('pipeline_actions', { name: pipeline.name })} className={icon_button(true)}><EllipsisVertical /></button>}>
        <MenuItem icon={<Copy />} on_select={on_copy}>{w('pipeline_copy')}</MenuItem>
        <MenuItem icon={<Trash2 />} is_danger on_select={on_delete}>{t('delete')}</MenuItem>
      </Menu></span>
    </li>
  );
}

export function PipelinesPage() {
  const { t, w } = use_words();
  const pipelines = use_some('pipelines', page_items, (query) => pipelines_ls(query));
  const targets = use_targets();
  const [is_adding, set_adding] = useState(false);
  const [copied, set_copied] = useState<Copied | null>(null);
  const [deleted, set_deleted] = useState<Pipeline | null>(null);
  const add = <Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('pipeline_new')}</Button>;
  const is_empty = pipelines.is_loaded && pipelines.items.length === 0;
  return (
    <Frame title={w('pipelines')} text={w('pipelines_text')} action={!is_empty && add}>
      {pipelines.error && <ErrorNote error={pipelines.error} retry={pipelines.reload} className="mb-3" />}
      {is_empty ? <div className="card border-dashed shadow-none"><Empty icon={<Workflow />} title={w('pipelines_empty')}><p>{w('pipelines_empty_text')}</p><div className="mt-4">{add}</div></Empty></div>
        : !pipelines.is_loaded ? !pipelines.error && <Bones lines={4} /> : (
          <>
            <ul aria-label={w('pipelines')} className="card divide-y divide-line overflow-hidden">{pipelines.items.map((pipeline) => <Row key={pipeline.id} pipeline={pipeline} targets={targets} on_copy={() => set_copied(pipeline)} on_delete={() => set_deleted(pipeline)} />)}</ul>
            {pipelines.has_more && <Button className="mt-3" is_busy={pipelines.is_loading} onClick={pipelines.more}>{w('more')}</Button>}
          </>
        )}
      {(is_adding || copied) && <NewPipeline copied={copied} on_close={() => { set_adding(false); set_copied(null); }} />}
      {deleted && <Confirm title={w('pipeline_delete')} text={w('pipeline_delete_text', { name: deleted.name })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await pipelines_rm(deleted.id); pipelines.reload(); }} />}
    </Frame>
  );
}
