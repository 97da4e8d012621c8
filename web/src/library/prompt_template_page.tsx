import { CircleAlert, Copy, EllipsisVertical, Trash2 } from 'lucide-react';
import { Suspense, lazy, useEffect, useRef, useState } from 'react';
import { profiles_show, prompts_change, prompts_count, prompts_ls, prompts_render, prompts_rm, prompts_show, type Id, type PromptTemplate } from '../api';
import { as_error, use_load, type Loaded } from '../load';
import { NotFound } from '../pages/not_found';
import { navigate } from '../router';
import type { CodeHandle } from '../ui/code_editor';
import { Badge, Bones, Button, Confirm, ErrorNote, Menu, MenuItem, SafePart, icon_button } from '../ui/kit';
import { use_wide } from '../ui/shell';
import { Split } from '../ui/split';
import { toast } from '../ui/toast';
import { use_draft } from './drafts';
import { Frame, use_save_key } from './parts';
import { NewTemplate, scope_words } from './prompt_templates_page';
import { use_targets, type Targets } from './targets';
import { fault_of, place_at, rival_of, sample_values, type Fault } from './template';
import { use_words } from './words';

const LiquidEditor = lazy(() => import('./liquid_editor'));

/** A rendering follows the text once nobody has typed for this long. */
const settle_ms = 250;

interface Rendering { output: string | null; tokens: number | null; error: unknown; fault: Fault | null; of: string | null }

/** What the text prints with these values; the last output stays while there is a fault. */
function use_rendering(text: string, values: Record<string, unknown> | null): Rendering {
  const [rendering, set_rendering] = useState<Rendering>({ output: null, tokens: null, error: null, fault: null, of: null });
  useEffect(() => {
    if (!values) return;
    const stopper = new AbortController();
    const render = async () => {
      try {
        const { output } = await prompts_render({ text, context: values }, { signal: stopper.signal });
        const { tokens } = await prompts_count({ text: output }, { signal: stopper.signal });
        if (!stopper.signal.aborted) set_rendering({ output, tokens, error: null, fault: null, of: text });
      } catch (cause) {
        if (stopper.signal.aborted) return;
        const error = as_error(cause);
        set_rendering((old) => ({ ...old, error, fault: fault_of(error), of: text }));
      }
    };
    const timer = setTimeout(() => void render(), settle_ms);
    return () => {
      clearTimeout(timer);
      stopper.abort();
    };
  }, [text, values]);
  return rendering;
}

/** The values that it is tried with: an example's, a character's, or one's own. */
function use_values(targets: Targets): { values: Record<string, unknown> | null; json: string; chosen: string; choose: (chosen: string) => void; edit: (json: string) => void } {
  const [chosen, choose] = useState('');
  const [own, set_own] = useState<string | null>(null);
  const profile = use_load(chosen || null, () => profiles_show(chosen));
  const persona = targets.personas.find((one) => one.is_default) ?? null;
  const json = own ?? JSON.stringify(sample_values(profile.value, persona), null, 2);
  const [values, set_values] = useState<Record<string, unknown> | null>(null);
  useEffect(() => {
    try {
      const read: unknown = JSON.parse(json);
      set_values(read !== null && typeof read === 'object' && !Array.isArray(read) ? (read as Record<string, unknown>) : null);
    } catch {
      set_values(null);
    }
  }, [json]);
  return { values, json, chosen: own === null ? chosen : 'own', choose: (next) => { set_own(null); choose(next); }, edit: set_own };
}

function FaultNote({ fault, on_show }: { fault: Fault; on_show: () => void }) {
  const { w } = use_words();
  return (
    <div role="alert" className="template-fault flex shrink-0 items-start gap-2.5 border-b border-line bg-danger-soft px-3 py-2">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
      <p className="min-w-0 flex-1 break-words">{fault.template !== null && <><span className="font-medium">{fault.template}</span>: </>}<button type="button" disabled={fault.template !== null} onClick={on_show} className="font-mono text-xs enabled:underline">{w('at_place', { line: fault.line, column: fault.column })}</button> {fault.message}</p>
    </div>
  );
}

function Preview({ rendering, values, targets }: { rendering: Rendering; values: ReturnType<typeof use_values>; targets: Targets }) {
  const { w } = use_words();
  const [shows_values, set_shows_values] = useState(false);
  return (
    <section aria-label={w('template_preview')} className="flex h-full min-h-0 flex-col bg-bg">
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1.5">
        <label className="flex min-w-0 flex-1 items-center gap-2 text-xs text-muted"><span className="shrink-0">{w('preview_with')}</span>
          <select className="field !h-7 !w-auto min-w-0 max-w-56 !py-0 !pl-2 !text-xs pointer-coarse:!h-9" value={values.chosen} onChange={(event) => values.choose(event.target.value)}>
            <option value="">{w('preview_example')}</option>{values.chosen === 'own' && <option value="own">{w('preview_own')}</option>}{targets.profiles.map((profile) => <option key={profile.id} value={profile.id}>{profile.name}</option>)}
          </select></label>
        <span className="text-xs text-muted tabular-nums">{rendering.tokens !== null && w('tokens', { n: rendering.tokens })}</span>
        <Button small kind="quiet" aria-expanded={shows_values} onClick={() => set_shows_values(!shows_values)}>{w('preview_values')}</Button>
      </div>
      {shows_values && (
        <div className="shrink-0 border-b border-line p-2"><textarea aria-label={w('preview_values')} aria-invalid={!values.values || undefined} className="field h-44 resize-y font-mono !text-xs" spellCheck={false} value={values.json} onChange={(event) => values.edit(event.target.value)} />
          {!values.values && <p role="alert" className="mt-1 text-xs text-danger">{w('preview_values_wrong')}</p>}</div>
      )}
      {!!rendering.error && !rendering.fault && <ErrorNote error={rendering.error} className="m-3" />}
      <pre role="region" tabIndex={0} aria-label={w('template_output')} className={`template-output min-h-0 flex-1 overflow-auto whitespace-pre-wrap break-words p-4 font-sans leading-relaxed ${rendering.error ? 'opacity-50' : ''}`}>{rendering.output === '' ? <span className="text-muted">{w('template_prints_nothing')}</span> : rendering.output}</pre>
    </section>
  );
}

function Template({ template, loaded }: { template: PromptTemplate; loaded: Loaded<PromptTemplate> }) {
  const { t, w } = use_words();
  const is_wide = use_wide();
  const targets = use_targets();
  const draft = use_draft(`template.${template.id}`, { name: template.name, text: template.text });
  const values = use_values(targets);
  const rendering = use_rendering(draft.value.text, values.values);
  const editor = useRef<CodeHandle>(null);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const [rival, set_rival] = useState<PromptTemplate | null>(null);
  const [open, set_open] = useState<'copy' | 'delete' | null>(null);
  const saved_fault = error ? fault_of(as_error(error)) : null;
  const fault = saved_fault || rendering.fault;
  const place = fault && fault.template === null ? place_at(draft.value.text, fault.line, fault.column) : null;
  const change = async (body: Parameters<typeof prompts_change>[1]) => {
    set_busy(true);
    set_error(null);
    try {
      loaded.set(await prompts_change(template.id, body, { if_match: template.version }));
      return true;
    } catch (cause) {
      const is_behind = as_error(cause).status === 412;
      if (is_behind) loaded.reload();
      set_error(is_behind ? new Error(w('changed_meanwhile')) : cause);
      return false;
    } finally {
      set_busy(false);
    }
  };
  const save = async () => {
    if (!draft.is_changed || is_busy || !(await change(draft.changes))) return;
    draft.forget();
    toast(w('saved'));
  };
  use_save_key(draft.is_changed && !is_busy, () => void save());
  const enable = async (is_enabled: boolean) => {
    const others = is_enabled ? (await prompts_ls({ scope: template.scope, limit: 200 }).catch(() => null))?.items ?? [] : [];
    const found = rival_of(template, others);
    if (found) set_rival(found);
    else await change({ is_enabled });
  };
  const show_fault = () => { if (place) editor.current?.show(place.from); };
  const writing = (
    <div className="flex h-full min-h-0 flex-col">
      {fault && <FaultNote fault={fault} on_show={show_fault} />}
      <div className="min-h-0 flex-1"><SafePart><Suspense fallback={<Bones className="p-4" />}><LiquidEditor label={w('template_text')} text={draft.value.text} faults={place ? [place] : []} is_live handle={editor} on_change={(text) => { draft.set({ text }); set_error(null); }} on_run={() => void save()} /></Suspense></SafePart></div>
    </div>
  );
  const trying = <Preview rendering={rendering} values={values} targets={targets} />;
  return (
    <Frame title={template.name} fills>
      <div className="flex h-full flex-col">
        <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-2">
          <input aria-label={t('name')} className="field !w-auto min-w-0 flex-1 basis-40 font-medium sm:max-w-72" maxLength={100} value={draft.value.name} onChange={(event) => draft.set({ name: event.target.value })} />
          <span className="min-w-0 max-w-full truncate"><Badge tone="info">{w(scope_words[template.scope])}{template.scope !== 'global' && `: ${targets.name(template.scope, template.scope_id)}`}</Badge></span>
          <label className="flex cursor-pointer items-center gap-2"><input type="checkbox" role="switch" className="peer sr-only" checked={template.is_enabled} disabled={is_busy} onChange={(event) => void enable(event.target.checked)} />
            <span aria-hidden className="relative h-5 w-9 rounded-full bg-line-strong transition-colors after:absolute after:left-0.5 after:top-0.5 after:size-4 after:rounded-full after:bg-raised after:shadow-card after:transition-transform peer-checked:bg-accent peer-checked:after:translate-x-4 peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent" />{w('enabled')}</label>
          <span className="flex-1" />
          {draft.is_changed && <span className="text-xs text-muted max-sm:hidden">{w('unsaved')}</span>}
          {draft.is_changed && <Button small kind="quiet" disabled={is_busy} onClick={() => { draft.forget(); set_error(null); }}>{w('discard')}</Button>}
          <Button small kind="primary" title="Ctrl+S" is_busy={is_busy} disabled={!draft.is_changed} onClick={() => void save()}>{t('save')}</Button>
          <Menu trigger={<button type="button" aria-label={t('more')} className={icon_button(true)}><EllipsisVertical /></button>}>
            <MenuItem icon={<Copy />} on_select={() => set_open('copy')}>{w('template_copy')}</MenuItem>
            <MenuItem icon={<Trash2 />} is_danger on_select={() => set_open('delete')}>{t('delete')}</MenuItem>
          </Menu>
        </div>
        {!!error && !saved_fault && <ErrorNote error={error} className="m-3" />}
        <div className="min-h-0 flex-1">{is_wide ? <Split name="template" label={w('template_width')} initial={55} left={writing} right={trying} /> : <div className="flex h-full flex-col"><div className="min-h-0 flex-[3] border-b border-line">{writing}</div><div className="min-h-0 flex-[2]">{trying}</div></div>}</div>
      </div>
      {open === 'copy' && <NewTemplate copied={draft.value} targets={targets} on_close={() => set_open(null)} />}
      {open === 'delete' && <Confirm title={w('template_delete')} text={w('template_delete_text', { name: template.name })} action={t('delete')} on_close={() => set_open(null)} on_confirm={async () => { await prompts_rm(template.id); draft.forget(); navigate('/library/prompts'); }} />}
      {rival && <Confirm title={w('template_swap')} text={w('template_swap_text', { name: rival.name })} action={w('template_swap_do')} on_close={() => set_rival(null)} on_confirm={async () => { await prompts_change(rival.id, { is_enabled: false }); loaded.set(await prompts_change(template.id, { is_enabled: true })); }} />}
    </Frame>
  );
}

export function PromptTemplatePage({ template_id }: { template_id: Id }) {
  const { w } = use_words();
  const loaded = use_load(template_id, () => prompts_show(template_id));
  if (loaded.error?.status === 404 || loaded.error?.status === 400) return <NotFound />;
  if (loaded.value) return <Template template={loaded.value} loaded={loaded} />;
  return <Frame title={w('templates')}>{loaded.error ? <ErrorNote error={loaded.error} retry={loaded.reload} /> : <Bones lines={6} />}</Frame>;
}
