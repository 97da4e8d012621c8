// A prepare started in the browser: SQL that is pasted, files that are dropped, and what they are to become.
import { ArrowDown, ArrowUp, ClipboardPaste, FileUp, ListChecks, Play, X } from 'lucide-react';
import { useMemo, useRef, useState, type DragEvent } from 'react';
import { db_images, db_plan_steps, type DatabasePlan, type PrepareRequest } from '../api';
import { byte_text } from '../i18n';
import { use_load } from '../load';
import { navigate } from '../router';
import { use_stored } from '../stored';
import { Button, Choice, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { SpanSelect, span_ms } from './instance_actions';
import { can_hash, prepare, read_sources, source_bytes_max, type ReadSources, type Source } from './inputs';
import { Frame, prepare_href } from './parts';
import { StepRow } from './prepare_page';
import { StateField } from './state_field';
import { use_words } from './words';

let next_key = 1;
const is_script = (path: string) => /\.(sql|psql|ddl)$/i.test(path);

/** "schema.sql", or "schema-2.sql" when there is one already. */
function free_path(path: string, sources: Source[]): string {
  const taken = new Set(sources.map((source) => source.path));
  for (let n = 1, free = path; ; free = path.replace(/(\.[^.]*)?$/, (ending) => `-${++n}${ending}`)) if (!taken.has(free)) return free;
}

function SourceRow({ source, index, count, change }: { source: Source; index: number; count: number; change: (what: 'up' | 'down' | 'remove' | 'role') => void }) {
  const { w, language } = use_words();
  return (
    <li className="source flex flex-wrap items-center gap-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-40"><p className="truncate font-mono text-[0.8rem]">{source.path}</p><p className="text-xs text-muted">{byte_text(source.content.size, language)}</p></div>
      <Choice label={w('source_role', { path: source.path })} value={source.is_step ? 'step' : 'input'} on_change={() => change('role')} options={[{ value: 'step', text: w('source_step') }, { value: 'input', text: w('source_input') }]} />
      <div className="flex">
        <IconButton small name={w('source_up')} disabled={index === 0} onClick={() => change('up')}><ArrowUp /></IconButton>
        <IconButton small name={w('source_down')} disabled={index === count - 1} onClick={() => change('down')}><ArrowDown /></IconButton>
        <IconButton small name={w('source_remove')} onClick={() => change('remove')}><X /></IconButton>
      </div>
    </li>
  );
}

function PlanShown({ plan }: { plan: DatabasePlan }) {
  const { w } = use_words();
  return (
    <section aria-label={w('plan_of_prepare')} className="plan mt-6">
      <h2 className="mb-2 text-base font-semibold">{w('plan_of_prepare')}</h2>
      <ol className="card divide-y divide-line">{plan.steps.map((step, index) => <StepRow key={index} step={step} look={step.cached ? 'cached' : 'waiting'} />)}</ol>
      {plan.warnings.length > 0 && <ul aria-label={w('plan_warnings')} className="mt-2 space-y-1 text-warn">{plan.warnings.map((warning, index) => <li key={index} className="break-words">{warning}</li>)}</ul>}
    </section>
  );
}

export function NewPreparePage() {
  const { w } = use_words();
  const images = use_load('images', db_images);
  const [text, set_text] = use_stored('draft.databases');
  const [sources, set_sources] = useState<Source[]>([]);
  const [image, set_image] = useState('');
  const [from, set_from] = useState('');
  const [name, set_name] = useState('');
  const [ttl, set_ttl] = useState('2h');
  const [is_deterministic, set_deterministic] = useState(false);
  const [is_dragged, set_dragged] = useState(false);
  const [plan, set_plan] = useState<DatabasePlan | null>(null);
  const [busy, set_busy] = useState<'plan' | 'prepare' | null>(null);
  const [sent, set_sent] = useState<{ sent: number; of: number } | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const picker = useRef<HTMLInputElement>(null);

  const pasted = text ?? '';
  // What is in the box counts as the last step, so that pasting and starting is all it takes.
  const all = useMemo(() => (pasted.trim() === '' ? sources : [...sources, { key: 0, path: free_path('pasted.sql', sources), content: new Blob([pasted]), is_step: true }]), [sources, pasted]);
  const change_sources = (next: Source[]) => {
    set_sources(next);
    set_plan(null);
  };
  const add = (files: File[]) => {
    set_error(null);
    let next = sources;
    for (const file of files) {
      if (file.size > source_bytes_max) set_error(new Error(w('source_too_large', { path: file.name })));
      else next = [...next, { key: next_key++, path: free_path(file.name, next), content: file, is_step: is_script(file.name) }];
    }
    change_sources(next);
  };
  const change = (index: number, what: 'up' | 'down' | 'remove' | 'role') => {
    const next = [...sources];
    const one = next[index]!;
    if (what === 'role') next[index] = { ...one, is_step: !one.is_step };
    else {
      next.splice(index, 1);
      if (what !== 'remove') next.splice(what === 'up' ? index - 1 : index + 1, 0, one);
    }
    change_sources(next);
  };
  const keep_pasted = () => {
    change_sources([...sources, { key: next_key++, path: free_path('pasted.sql', sources), content: new Blob([pasted]), is_step: true }]);
    set_text(null);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    set_dragged(false);
    add([...event.dataTransfer.files]);
  };
  const request_of = ({ steps }: ReadSources): PrepareRequest => ({
    kind: 'psql', steps, is_deterministic, ttl_ms: span_ms(ttl), ...(from.trim() ? { from: from.trim() } : image ? { image } : {}), ...(name.trim() ? { name: name.trim() } : {}),
  }) as PrepareRequest;
  const act = (what: 'plan' | 'prepare') => async () => {
    set_busy(what);
    set_error(null);
    set_sent(null);
    try {
      if (!can_hash()) throw new Error(w('cannot_hash'));
      const read = await read_sources(all);
      if (what === 'plan') set_plan(await db_plan_steps(request_of(read)));
      else {
        const made = await prepare(request_of(read), read.contents, (done, of) => set_sent({ sent: done, of }));
        set_text(null);
        navigate(prepare_href(made.id));
      }
    } catch (cause) {
      set_error(cause);
    } finally {
      set_busy(null);
    }
  };
  const has_steps = all.some((source) => source.is_step);

  return (
    <Frame title={w('prepare_new')} text={w('prepare_new_text')}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6 lg:grid-cols-[minmax(0,1fr)_17rem]">
        <div>
          <section aria-label={w('sources')} onDragOver={(event) => { event.preventDefault(); set_dragged(true); }} onDragLeave={() => set_dragged(false)} onDrop={drop}
            className={`card overflow-hidden ${is_dragged ? '!border-accent ring-1 ring-accent' : ''}`}>
            {sources.length > 0 && <ol aria-label={w('sources')} className="divide-y divide-line border-b border-line">{sources.map((source, index) => <SourceRow key={source.key} source={source} index={index} count={sources.length} change={(what) => change(index, what)} />)}</ol>}
            <label htmlFor="pasted" className="block px-3.5 pt-2.5 text-xs font-medium text-muted">{sources.length > 0 ? w('sql_next') : w('sql')}</label>
            <textarea id="pasted" value={pasted} spellCheck={false} placeholder={'create table item (id int primary key, name text);'} onChange={(event) => { set_text(event.target.value); set_plan(null); }}
              className="field-grow block max-h-[50dvh] min-h-40 w-full resize-y bg-transparent px-3.5 py-2 font-mono text-[0.8rem] leading-relaxed outline-offset-[-2px] placeholder:text-muted" />
            <div className="flex flex-wrap items-center gap-2 border-t border-line bg-bg px-3 py-2">
              <Button small onClick={() => picker.current?.click()}><FileUp className="size-3.5" aria-hidden />{w('files_add')}</Button>
              {pasted.trim() !== '' && <Button small kind="quiet" onClick={keep_pasted}><ClipboardPaste className="size-3.5" aria-hidden />{w('sql_keep')}</Button>}
              <span className="text-xs text-muted max-sm:hidden">{w('files_drop')}</span>
              <input ref={picker} type="file" multiple hidden tabIndex={-1} aria-label={w('files_add')} onChange={(event) => { add([...(event.target.files ?? [])]); event.target.value = ''; }} />
            </div>
          </section>
          <ErrorNote error={error} className="mt-4" />
          <div className="mt-4 flex flex-wrap items-center gap-2">
            <Button kind="primary" is_busy={busy === 'prepare'} disabled={busy !== null || !has_steps} onClick={() => void act('prepare')()}>{busy !== 'prepare' && <Play className="size-4" aria-hidden />}{w('prepare_start')}</Button>
            <Button is_busy={busy === 'plan'} disabled={busy !== null || !has_steps} onClick={() => void act('plan')()}>{busy !== 'plan' && <ListChecks className="size-4" aria-hidden />}{w('plan_show')}</Button>
            <span aria-live="polite" className="text-xs text-muted">{sent && busy === 'prepare' && w('files_sent', { sent: sent.sent, of: sent.of })}</span>
          </div>
          {plan && <PlanShown plan={plan} />}
        </div>
        <div className="space-y-4">
          <Select label={w('image')} value={image} on_change={(value) => { set_image(value); set_plan(null); }} hint={from.trim() ? w('image_of_state') : w('image_hint')} options={[{ value: '', text: w('image_newest') }, ...(images.value?.items ?? []).map((one) => ({ value: one.name, text: `${one.name} (${one.version})` }))]} />
          <StateField label={w('from')} value={from} on_change={(value) => { set_from(value); set_plan(null); }} hint={w('from_hint')} />
          <Field label={w('instance_name')} value={name} maxLength={100} autoComplete="off" spellCheck={false} hint={w('instance_name_hint')} onChange={(event) => set_name(event.target.value)} />
          <SpanSelect label={w('ttl')} value={ttl} on_change={set_ttl} hint={w('ttl_hint')} />
          <label className="flex cursor-pointer items-start gap-2"><input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-(--accent)" checked={is_deterministic} onChange={(event) => set_deterministic(event.target.checked)} /><span>{w('deterministic')}<span className="block text-xs text-muted">{w('deterministic_hint')}</span></span></label>
        </div>
      </div>
    </Frame>
  );
}
