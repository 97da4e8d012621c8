import { FileDiff, GitCommitVertical, RotateCcw, Star, StickyNote } from 'lucide-react';
import { useState } from 'react';
import { versions_diff, versions_mark, versions_restore, type App, type FileChange, type Id, type Version } from '../api';
import type { ChatState } from '../chat_state';
import { patch_lines } from '../change_text';
import { branch_title } from '../chat/branch_tree';
import { hue_of } from '../chat/hues';
import { full_time, time_ago, use_t } from '../i18n';
import { use_load, type Loaded } from '../load';
import { Badge, Bones, Button, Choice, Confirm, Dialog, Empty, ErrorNote, Field, IconButton } from '../ui/kit';
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
      <div className="overflow-x-auto border-t border-line bg-sunken py-1">
        {file.is_binary ? <p className="px-3 text-muted">{t('diff_binary')}</p> : file.patch ? <Lines lines={patch_lines(file.patch)} /> : <p className="px-3 text-muted">{t('diff_none')}</p>}
        {file.is_truncated && <p className="px-3 pt-1 text-xs text-warn">{t('diff_truncated')}</p>}
      </div>
    </details>
  );
}

export function DiffDialog({ app_id, version, versions, on_close }: { app_id: Id; version: Version; versions: Version[]; on_close: () => void }) {
  const { t } = use_t();
  const [from, set_from] = useState(version.parent_id ?? '');
  const diff = use_load(`${version.id}:${from}`, () => versions_diff(app_id, version.id, from ? { from } : {}));
  return (
    <Dialog wide title={t('diff_of', { n: version.number, title: version.title })} on_close={on_close}>
      <div className="mb-3 flex items-center gap-2">
        <label className="flex items-center gap-2 text-muted">{t('diff_against')}
          <select className="field !w-auto max-w-72" value={from} onChange={(event) => set_from(event.target.value)}>
            {!version.parent_id && <option value="">{t('diff_nothing')}</option>}
            {versions.filter((other) => other.id !== version.id).map((other) => <option key={other.id} value={other.id}>v{other.number} · {other.title}{other.id === version.parent_id ? ` (${t('parent')})` : ''}</option>)}
          </select>
        </label>
      </div>
      {diff.error ? <ErrorNote error={diff.error} retry={diff.reload} /> : !diff.value ? <Bones lines={6} />
        : diff.value.files.length === 0 ? <p className="text-muted">{t('diff_none')}</p>
          : <div className="space-y-3">{diff.value.files.map((file) => <Patch key={file.path} file={file} />)}</div>}
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
                <div className={`group mb-1.5 flex min-w-0 flex-1 items-start gap-2 rounded-xl px-3 py-2 ${version.id === highlighted_id ? 'hue-soft' : 'hover:bg-hover'}`}>
                  <div className="min-w-0 flex-1">
                    <p className="flex flex-wrap items-center gap-x-2"><span className="font-mono text-xs text-muted">v{version.number}</span><span className="min-w-0 break-words font-medium">{version.title}</span>{version.id === tip && <Badge tone="good">{t('current')}</Badge>}</p>
                    <p className="text-xs text-muted"><span title={full_time(version.created_at, language)}>{time_ago(version.created_at, language)}</span>{version.author && ` · ${version.author}`} · {t('files_changed', { n: version.files_changed })} · <span className="hue-text">{branch_title(state.branches[version.branch_id], t('branch_main'))}</span> · <code className="font-mono">{version.commit.slice(0, 7)}</code></p>
                    {version.note && <p className="mt-1 flex items-start gap-1.5 break-words text-sm"><StickyNote className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />{version.note}</p>}
                  </div>
                  <div className="flex flex-wrap justify-end">
                    <IconButton name={t('show_diff')} className="!size-7" onClick={() => set_diffed(version)}><FileDiff /></IconButton>
                    <IconButton name={version.is_favorite ? t('unfavorite') : t('favorite')} className="!size-7" is_on={version.is_favorite} onClick={() => change(version, { is_favorite: !version.is_favorite }).catch(toast_error)}><Star className={version.is_favorite ? 'fill-current' : ''} /></IconButton>
                    <IconButton name={t('note')} className="!size-7" onClick={() => set_noted(version)}><StickyNote /></IconButton>
                    <IconButton name={t('restore')} className="!size-7" disabled={version.id === tip} onClick={() => set_restored(version)}><RotateCcw /></IconButton>
                  </div>
                </div>
              </li>
            ))}
          </ol>
        )}
      </div>
      {diffed && <DiffDialog app_id={app.id} version={diffed} versions={all} on_close={() => set_diffed(null)} />}
      {noted && <NoteDialog version={noted} on_close={() => set_noted(null)} on_save={(note) => change(noted, { note })} />}
      {restored && (
        <Confirm title={t('restore_title', { n: restored.number })} action={t('restore')} text={t('restore_text', { title: branch_title(state.branches[branch_id], t('branch_main')) })} on_close={() => set_restored(null)}
          on_confirm={async () => {
            const made = await versions_restore(app.id, restored.id, { branch_id });
            versions.reload();
            toast(t('restored', { n: restored.number, made: made.number }));
          }} />
      )}
    </section>
  );
}
