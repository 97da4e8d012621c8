import { FileDiff, GitCommitVertical, RotateCcw, Star, StickyNote } from 'lucide-react';
import { useState } from 'react';
import { versions_diff, versions_mark, versions_restore, type App, type FileChange, type Id, type Version } from '../api';
import type { ChatState } from '../chat_state';
import { patch_lines } from '../change_text';
import { branch_title } from '../chat/branch_tree';
import { hue_of } from '../chat/hues';
import { full_time, time_ago, use_t } from '../i18n';
import { use_load, type Loaded } from '../load';
import { use_session } from '../session';
import { Badge, Bones, Button, Choice, Dialog, Empty, ErrorNote, Field, IconButton } from '../ui/kit';
import { Lines } from '../ui/lines';
import { toast, toast_error } from '../ui/toast';

function Patch({ file }: { file: FileChange }) {
  const { t } = use_t();
  return (
    <details open className="overflow-hidden rounded-xl border border-line">
      <summary className="flex items-center gap-2 bg-bg px-3 py-1.5">
        <span className="min-w-0 flex-1 break-all font-mono text-[0.8rem]">{file.old_path && file.old_path !== file.path ? `${file.old_path} → ` : ''}{file.path}</span>
        <span className="shrink-0 font-mono text-xs"><span className="text-accent">+{file.additions}</span> <span className="text-danger">−{file.deletions}</span></span>
      </summary>
      <div tabIndex={0} role="group" aria-label={file.path} className="overflow-x-auto border-t border-line bg-sunken py-1 focus-visible:outline-offset-[-2px]">
        {file.is_binary ? <p className="px-3 text-muted">{t('diff_binary')}</p> : file.patch ? <Lines lines={patch_lines(file.patch)} /> : <p className="px-3 text-muted">{t('diff_none')}</p>}
        {file.is_truncated && <p className="px-3 pt-1 text-xs text-warn">{t('diff_truncated')}</p>}
      </div>
    </details>
  );
}

/** What leads from one version to another: how much, then each file. An empty `from` is nothing at all. */
function Difference({ app_id, from, to }: { app_id: Id; from: Id | ''; to: Id }) {
  const { t } = use_t();
  const diff = use_load(`${to}:${from}`, () => versions_diff(app_id, to, from ? { from } : {}));
  if (diff.error) return <ErrorNote error={diff.error} retry={diff.reload} />;
  if (!diff.value) return <Bones lines={6} />;
  const { files } = diff.value;
  if (files.length === 0) return <p className="text-muted">{t('diff_none')}</p>;
  const total = (count: (file: FileChange) => number) => files.reduce((sum, file) => sum + count(file), 0);
  return (
    <div className="space-y-3">
      <p className="text-xs text-muted">{t('files_changed', { n: files.length })} · <span className="font-mono"><span className="text-accent">+{total((file) => file.additions)}</span> <span className="text-danger">−{total((file) => file.deletions)}</span></span></p>
      {files.map((file) => <Patch key={file.path} file={file} />)}
    </div>
  );
}

export function DiffDialog({ app_id, version, versions, tip, on_close }: { app_id: Id; version: Version; versions: Version[]; tip: Id | null; on_close: () => void }) {
  const { t } = use_t();
  const [from, set_from] = useState(version.parent_id ?? '');
  const note = (other: Version) => [other.id === version.parent_id && t('parent'), other.id === tip && t('current')].filter(Boolean).join(', ');
  return (
    <Dialog wide title={t('diff_of', { n: version.number, title: version.title })} on_close={on_close}>
      <label className="mb-3 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted">{t('diff_against')}
        <select className="field !w-auto min-w-0 max-w-full sm:max-w-96" value={from} onChange={(event) => set_from(event.target.value)}>
          {!version.parent_id && <option value="">{t('diff_nothing')}</option>}
          {versions.filter((other) => other.id !== version.id).map((other) => <option key={other.id} value={other.id}>v{other.number} · {other.title}{note(other) && ` (${note(other)})`}</option>)}
        </select>
      </label>
      <Difference app_id={app_id} from={from} to={version.id} />
    </Dialog>
  );
}

/** Says before what a restore will change on the branch. */
function RestoreDialog({ app_id, version, tip, title, on_restore, on_close }: { app_id: Id; version: Version; tip: Id | null; title: string; on_restore: () => Promise<void>; on_close: () => void }) {
  const { t } = use_t();
  const [is_busy, set_busy] = useState(false);
  const [error, set_error] = useState<unknown>(null);
  const restore = () => {
    set_busy(true);
    on_restore().then(on_close, (cause: unknown) => {
      set_error(cause);
      set_busy(false);
    });
  };
  return (
    <Dialog wide title={t('restore_title', { n: version.number })} on_close={on_close}
      footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} onClick={restore}>{!is_busy && <RotateCcw className="size-4" aria-hidden />}{t('restore')}</Button></>}>
      <p className="mb-3 text-muted">{t('restore_text', { title })}</p>
      <ErrorNote error={error} className="mb-3" />
      {tip && <><h3 className="mb-2 font-medium">{t('restore_changes')}</h3><Difference app_id={app_id} from={tip} to={version.id} /></>}
    </Dialog>
  );
}

function NoteDialog({ version, on_save, on_close }: { version: Version; on_save: (note: string) => Promise<void>; on_close: () => void }) {
  const { t } = use_t();
  const [note, set_note] = useState(version.note ?? '');
  const save = () => on_save(note.trim()).then(on_close, toast_error);
  return (
    <Dialog title={t('note_of', { n: version.number })} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" onClick={save}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}><Field label={t('note')} value={note} autoFocus maxLength={1000} onChange={(event) => set_note(event.target.value)} /></form>
    </Dialog>
  );
}

export function VersionsPane({ app, branch_id, state, versions, highlighted_id }: { app: App; branch_id: Id; state: ChatState; versions: Loaded<Version[]>; highlighted_id: Id | null }) {
  const { t, language } = use_t();
  const { session } = use_session();
  /** A model, the person who looks, or nobody worth a word: the id of another person says nothing to this one. */
  const author_of = (version: Version) => (version.author === 'model' ? t('author_model') : version.author === session.user?.id ? t('author_you') : version.author.startsWith('user_') ? null : version.author);
  const [scope, set_scope] = useState<'branch' | 'all' | 'favorites'>('branch');
  const [diffed, set_diffed] = useState<Version | null>(null);
  const [noted, set_noted] = useState<Version | null>(null);
  const [restored, set_restored] = useState<Version | null>(null);
  const all = versions.value ?? [];
  // What a branch shows: its own versions and those it inherited.
  const inherited = new Set<Id>();
  const by_id = new Map(all.map((version) => [version.id, version]));
  const tip = state.branches[branch_id]?.current_version_id ?? all.find((version) => version.branch_id === branch_id)?.id ?? null;
  for (let version = by_id.get(tip ?? ''); version && !inherited.has(version.id); version = by_id.get(version.parent_id ?? '')) inherited.add(version.id);
  const shown = all.filter((version) => (scope === 'all' ? true : scope === 'favorites' ? version.is_favorite : version.branch_id === branch_id || inherited.has(version.id)));
  const change = async (version: Version, body: { note?: string; is_favorite?: boolean }) => {
    const changed = await versions_mark(app.id, version.id, body);
    versions.set(all.map((other) => (other.id === changed.id ? changed : other)));
  };
  return (
    <section aria-label={t('versions')} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center border-b border-line px-2">
        <Choice label={t('versions_scope')} value={scope} on_change={set_scope} options={[{ value: 'branch', text: t('versions_branch') }, { value: 'all', text: t('versions_all') }, { value: 'favorites', text: t('versions_favorites') }]} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-3">
        {versions.error && <ErrorNote error={versions.error} retry={versions.reload} className="mb-3" />}
        {!versions.value && !versions.error ? <Bones lines={6} className="p-2" /> : shown.length === 0 ? <Empty icon={<GitCommitVertical />} title={t('versions_empty')}>{t('versions_empty_text')}</Empty> : (
          <ol>
            {shown.map((version, index) => (
              <li key={version.id} className={`flex gap-2.5 ${hue_of(state.branches, version.branch_id)}`}>
                <div aria-hidden className={`stem w-4 shrink-0 ${index === 0 ? 'stem-first' : ''} ${index === shown.length - 1 ? 'stem-last' : ''}`}>
                  <span className={`absolute left-1/2 top-[1.05rem] size-2.5 -translate-x-1/2 rounded-full ${version.id === tip ? 'hue-fill ring-3 ring-accent-soft' : 'border-2 bg-bg hue-line'}`} />
                </div>
                <div className={`group mb-1.5 flex min-w-0 flex-1 items-start gap-x-2 rounded-xl px-3 py-2 max-sm:flex-wrap ${version.id === highlighted_id ? 'hue-soft' : 'hover:bg-hover'}`}>
                  <div className="min-w-0 flex-1 max-sm:basis-full">
                    <p className="flex flex-wrap items-center gap-x-2"><span className="font-mono text-xs text-muted">v{version.number}</span><span className="min-w-0 break-words font-medium">{version.title}</span>{version.id === tip && <Badge tone="good">{t('current')}</Badge>}</p>
                    <p className="text-xs text-muted"><span title={full_time(version.created_at, language)}>{time_ago(version.created_at, language)}</span>{author_of(version) && ` · ${author_of(version)}`} · {t('files_changed', { n: version.files_changed })} · <span className="hue-text">{branch_title(state.branches[version.branch_id], t('branch_main'))}</span> · <code className="font-mono">{version.commit.slice(0, 7)}</code></p>
                    {version.note && <p className="mt-1 flex items-start gap-1.5 break-words text-sm"><StickyNote className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />{version.note}</p>}
                  </div>
                  <div className="flex shrink-0 justify-end max-sm:-ml-2">
                    <IconButton name={t('show_diff')} small onClick={() => set_diffed(version)}><FileDiff /></IconButton>
                    <IconButton name={version.is_favorite ? t('unfavorite') : t('favorite')} small is_on={version.is_favorite} onClick={() => change(version, { is_favorite: !version.is_favorite }).catch(toast_error)}><Star className={version.is_favorite ? 'fill-current' : ''} /></IconButton>
                    <IconButton name={t('note')} small onClick={() => set_noted(version)}><StickyNote /></IconButton>
                    <IconButton name={t('restore')} small disabled={version.id === tip} onClick={() => set_restored(version)}><RotateCcw /></IconButton>
                  </div>
                </div>
              </li>
            ))}
          </ol>
        )}
      </div>
      {diffed && <DiffDialog app_id={app.id} version={diffed} versions={all} tip={tip} on_close={() => set_diffed(null)} />}
      {noted && <NoteDialog version={noted} on_close={() => set_noted(null)} on_save={(note) => change(noted, { note })} />}
      {restored && (
        <RestoreDialog app_id={app.id} version={restored} tip={tip} title={branch_title(state.branches[branch_id], t('branch_main'))} on_close={() => set_restored(null)}
          on_restore={async () => {
            const made = await versions_restore(app.id, restored.id, { branch_id });
            versions.reload();
            toast(t('restored', { n: restored.number, made: made.number }));
          }} />
      )}
    </section>
  );
}
