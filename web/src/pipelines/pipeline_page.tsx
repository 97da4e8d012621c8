import { Copy, EllipsisVertical, Play, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { pipelines_change, pipelines_rm, pipelines_show, type Id, type Pipeline, type PipelineDefinition } from '../api';
import { use_draft, type Draft } from '../library/drafts';
import { Frame, use_save_key } from '../library/parts';
import { as_error, use_load, type Loaded } from '../load';
import { NotFound } from '../pages/not_found';
import { Link, navigate, use_query } from '../router';
import { use_stored } from '../stored';
import { Bones, Button, Confirm, ErrorNote, Menu, MenuItem, icon_button } from '../ui/kit';
import { toast } from '../ui/toast';
import { as_definition, runs_by_hand, text_of, text_of_value } from './definition';
import { DefinitionPane } from './definition_pane';
import { pipeline_href, pipelines_href } from './parts';
import { NewPipeline } from './pipelines_page';
import { RunDialog } from './run_dialog';
import { RunsPane } from './runs_pane';
import { told_of, use_check, type Checked } from './use_check';
import { UsePane } from './use_pane';
import { VersionsPane } from './versions_pane';
import { use_words, type Word } from './words';

type Tab = 'definition' | 'use' | 'runs' | 'versions';
const tabs: { tab: Tab; word: Word }[] = [{ tab: 'definition', word: 'definition' }, { tab: 'use', word: 'use' }, { tab: 'runs', word: 'runs' }, { tab: 'versions', word: 'versions' }];

interface Fields { name: string; description: string; text: string }

function Tabs({ pipeline_id, tab }: { pipeline_id: Id; tab: Tab }) {
  const { w } = use_words();
  return (
    <nav aria-label={w('pipeline')} className="shrink-0 overflow-x-auto border-b border-line bg-surface px-2">
      <ul className="flex gap-1">{tabs.map((one) => <li key={one.tab}><Link href={pipeline_href(pipeline_id, one.tab === 'definition' ? undefined : one.tab)} aria-current={one.tab === tab ? 'page' : undefined} className="block whitespace-nowrap border-b-2 border-transparent px-2.5 py-1.5 text-muted hover:text-ink focus-visible:outline-offset-[-2px] pointer-coarse:py-2.5 aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-ink">{w(one.word)}</Link></li>)}</ul>
    </nav>
  );
}

/** Which version the text that is not saved was begun from; null while there is none. */
function use_begun_from(pipeline: Pipeline, is_written: boolean): number | null {
  const [kept, keep] = use_stored(`draft.library.pipeline.${pipeline.id}.begun_from`);
  const number = useRef(pipeline.number);
  if (!is_written) number.current = pipeline.number;
  useEffect(() => {
    if (!is_written) keep(null);
    else if (!kept) keep(String(number.current));
  }, [is_written, kept]);
  return is_written && kept ? Number(kept) : null;
}

interface Saving { is_busy: boolean; error: unknown; save: () => Promise<void>; forget: () => void; forget_error: () => void }

function use_saving(loaded: Loaded<Pipeline>, pipeline: Pipeline, draft: Draft<Fields>, { read, faults }: Checked): Saving {
  const { w } = use_words();
  const [is_busy, set_busy] = useState(false);
  const [error, set_error] = useState<unknown>(null);
  const { text, ...rest } = draft.changes;
  const save = async () => {
    if (!draft.is_changed || is_busy || (text !== undefined && !read.is_read)) return;
    set_busy(true);
    set_error(null);
    try {
      const definition = text !== undefined && read.is_read ? { definition: read.value as PipelineDefinition } : {};
      loaded.set(await pipelines_change(pipeline.id, { ...rest, ...definition }, { if_match: pipeline.version }));
      draft.forget();
      toast(w('saved'));
    } catch (cause) {
      const is_behind = as_error(cause).status === 412;
      if (is_behind) await pipelines_show(pipeline.id).then(loaded.set, () => {});
      // What is wrong at a place of the text is told there already.
      set_error(is_behind ? new Error(w('changed_meanwhile')) : faults.length && told_of(cause, draft.value.text, read).faults.length ? null : cause);
    }
    set_busy(false);
  };
  const forget_error = () => set_error(null);
  return { is_busy, error, save, forget: () => { draft.forget(); forget_error(); }, forget_error };
}

function OldBeginning({ pipeline, begun_from }: { pipeline: Pipeline; begun_from: number }) {
  const { w } = use_words();
  return <p role="status" className="flex shrink-0 flex-wrap items-center gap-x-2 border-b border-line bg-warn-soft px-3 py-1.5 text-warn"><span>{w('begun_from', { n: begun_from, newest: pipeline.number })}</span><Link href={pipeline_href(pipeline.id, 'versions')} className="underline underline-offset-2">{w('begun_from_look')}</Link></p>;
}

function PipelineView({ pipeline, loaded }: { pipeline: Pipeline; loaded: Loaded<Pipeline> }) {
  const { t, w } = use_words();
  const wanted = use_query().get('tab');
  const tab = tabs.find((one) => one.tab === wanted)?.tab ?? 'definition';
  const draft = use_draft<Fields>(`pipeline.${pipeline.id}`, { name: pipeline.name, description: pipeline.description, text: text_of(pipeline.definition) });
  const { name, description, text } = draft.value;
  const checked = use_check(text);
  const saving = use_saving(loaded, pipeline, draft, checked);
  const begun_from = use_begun_from(pipeline, draft.changes.text !== undefined);
  const [open, set_open] = useState<'run' | 'copy' | 'delete' | null>(null);
  const definition = checked.read.is_read ? as_definition(checked.read.value) : null;
  const can_save = draft.is_changed && !saving.is_busy && name.trim() !== '' && (draft.changes.text === undefined || checked.read.is_read);
  const write = (next: string) => {
    draft.set({ text: next });
    saving.forget_error();
  };
  use_save_key(can_save, () => void saving.save());
  return (
    <Frame title={pipeline.name} fills>
      <div className="flex h-full flex-col">
        <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-2">
          <input aria-label={t('name')} className="field !w-auto min-w-0 flex-1 basis-40 font-medium sm:max-w-72" maxLength={200} value={name} onChange={(event) => draft.set({ name: event.target.value })} />
          <span className="font-mono text-xs text-muted">v{pipeline.number}</span>
          <span className="flex-1" />
          {draft.is_changed && <span className="text-xs text-muted max-sm:hidden">{w('unsaved')}</span>}
          {draft.is_changed && <Button small kind="quiet" disabled={saving.is_busy} onClick={saving.forget}>{w('discard')}</Button>}
          <Button small kind="primary" title="Ctrl+S" is_busy={saving.is_busy} disabled={!can_save} onClick={() => void saving.save()}>{t('save')}</Button>
          {runs_by_hand(pipeline.definition) && <Button small onClick={() => set_open('run')}><Play className="size-3.5" aria-hidden />{w('run_do')}</Button>}
          <Menu trigger={<button type="button" aria-label={t('more')} className={icon_button(true)}><EllipsisVertical /></button>}>
            <MenuItem icon={<Copy />} on_select={() => set_open('copy')}>{w('pipeline_copy')}</MenuItem>
            <MenuItem icon={<Trash2 />} is_danger on_select={() => set_open('delete')}>{t('delete')}</MenuItem>
          </Menu>
        </div>
        <Tabs pipeline_id={pipeline.id} tab={tab} />
        {begun_from !== null && begun_from !== pipeline.number && <OldBeginning pipeline={pipeline} begun_from={begun_from} />}
        {tab !== 'definition' && <ErrorNote error={saving.error} className="m-3 shrink-0" />}
        <div className="min-h-0 flex-1">
          {tab === 'definition' && <DefinitionPane text={text} checked={checked} error={saving.error} on_change={write} on_save={() => void saving.save()} />}
          {tab === 'use' && <UsePane pipeline={pipeline} description={description} definition={definition} on_description={(next) => draft.set({ description: next })} on_definition={(next) => write(`${text_of_value(next)}\n`)} />}
          {tab === 'runs' && <RunsPane pipeline={pipeline} />}
          {tab === 'versions' && <VersionsPane pipeline={pipeline} text={text} on_restore={(next) => { write(next); navigate(pipeline_href(pipeline.id)); }} />}
        </div>
      </div>
      {open === 'run' && <RunDialog pipeline={pipeline} is_changed={draft.changes.text !== undefined} on_close={() => set_open(null)} />}
      {open === 'copy' && <NewPipeline copied={pipeline} on_close={() => set_open(null)} />}
      {open === 'delete' && <Confirm title={w('pipeline_delete')} text={w('pipeline_delete_text', { name: pipeline.name })} action={t('delete')} on_close={() => set_open(null)} on_confirm={async () => { await pipelines_rm(pipeline.id); draft.forget(); navigate(pipelines_href); }} />}
    </Frame>
  );
}

export function PipelinePage({ pipeline_id }: { pipeline_id: Id }) {
  const { w } = use_words();
  const loaded = use_load(pipeline_id, () => pipelines_show(pipeline_id));
  if (loaded.error?.status === 404 || loaded.error?.status === 400) return <NotFound />;
  if (loaded.value) return <PipelineView pipeline={loaded.value} loaded={loaded} />;
  return <Frame title={w('pipelines')}>{loaded.error ? <ErrorNote error={loaded.error} retry={loaded.reload} /> : <Bones lines={6} />}</Frame>;
}
