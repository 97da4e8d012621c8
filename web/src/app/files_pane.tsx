// The files of a branch: its tree, a file to read or change by hand, and older versions of it to read.
import { ChevronRight, Download, File as FileIcon, FilePlus, FileQuestion, FolderTree, GitMerge, PanelLeft, Save, Undo2 } from 'lucide-react';
import { Suspense, lazy, useMemo, useState } from 'react';
import { ApiError, files_cat, files_cat_url, files_ls, files_write, type App, type Id, type Version } from '../api';
import { byte_text, use_t } from '../i18n';
import { use_load } from '../load';
import { set_query, use_query } from '../router';
import { Badge, Bones, Button, Dialog, Empty, ErrorNote, Field, IconButton, SafePart, icon_button } from '../ui/kit';
import { toast } from '../ui/toast';
import { find_edit, set_edit, use_edit, use_edited_paths } from './edits';

const Editor = lazy(() => import('./editor'));

interface Folder { name: string; path: string; folders: Folder[]; files: string[] }

function tree_of(paths: string[]): Folder {
  const top: Folder = { name: '', path: '', folders: [], files: [] };
  const known = new Map([['', top]]);
  const folder = (path: string): Folder => {
    const found = known.get(path);
    if (found) return found;
    const slash = path.lastIndexOf('/');
    const made: Folder = { name: path.slice(slash + 1), path, folders: [], files: [] };
    folder(slash < 0 ? '' : path.slice(0, slash)).folders.push(made);
    known.set(path, made);
    return made;
  };
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    folder(slash < 0 ? '' : path.slice(0, slash)).files.push(path);
  }
  const sort = (inner: Folder): void => {
    inner.files.sort((left, right) => left.localeCompare(right));
    inner.folders.sort((left, right) => left.name.localeCompare(right.name)).forEach(sort);
  };
  sort(top);
  return top;
}

const row = 'flex w-full items-center gap-1.5 rounded-md py-0.5 pr-2 text-left hover:bg-hover pointer-coarse:py-2';

function FolderRows({ folder, depth, current, edited, on_open }: { folder: Folder; depth: number; current: string | null; edited: string[]; on_open: (path: string) => void }) {
  const { t } = use_t();
  const indent = { paddingLeft: `${depth * 0.8 + 0.5}rem` };
  return (
    <ul>
      {folder.folders.map((inner) => (
        <li key={inner.path}>
          <details open={depth < 2 || current?.startsWith(`${inner.path}/`)}>
            <summary style={indent} className={row}><ChevronRight className="size-3.5 shrink-0 text-muted transition-transform [details[open]>summary>&]:rotate-90" aria-hidden /><span className="truncate">{inner.name}</span></summary>
            <FolderRows folder={inner} depth={depth + 1} current={current} edited={edited} on_open={on_open} />
          </details>
        </li>
      ))}
      {folder.files.map((path) => (
        <li key={path}>
          <button type="button" style={indent} title={path} aria-current={path === current || undefined} onClick={() => on_open(path)} className={`${row} aria-[current]:bg-accent-soft aria-[current]:text-accent`}>
            <FileIcon className="size-3.5 shrink-0 text-muted" aria-hidden /><span className="min-w-0 flex-1 truncate">{path.slice(path.lastIndexOf('/') + 1)}</span>
            {edited.includes(path) && <span role="img" aria-label={t('unsaved')} className="size-2 shrink-0 rounded-full bg-warn" />}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A file larger than this is offered for download, not drawn. */
const shown_bytes_max = 512 * 1024;

interface Opened {
  /** The version that was read. */
  version_id: Id;
  /** Null when it is not shown as text. */
  text: string | null;
  /** The same file one version earlier. */
  before: string;
  bytes: number;
  is_image: boolean;
}

const absent_as_null = (cause: unknown) => {
  if (cause instanceof ApiError && cause.status === 404) return null;
  throw cause;
};

async function open_file(app_id: Id, path: string, version_id: Id, parent_id: Id | null): Promise<Opened | null> {
  const blob = await files_cat(app_id, path, { version: version_id }).catch(absent_as_null);
  if (!blob) return null;
  const is_image = /\.(png|jpe?g|gif|webp|avif|ico)$/i.test(path);
  const opened: Opened = { version_id, text: null, before: '', bytes: blob.size, is_image };
  if (is_image || blob.size > shown_bytes_max) return opened;
  const text = await blob.text();
  if (text.includes('\0')) return opened;
  const old = parent_id ? await files_cat(app_id, path, { version: parent_id }).catch(absent_as_null) : null;
  return { ...opened, text, before: old ? await old.text() : '' };
}

interface FileProps {
  app: App;
  branch_id: Id;
  path: string;
  version_id: Id;
  parent_id: Id | null;
  /** It is the branch's current version, so the file can be changed. */
  is_current: boolean;
  /** An answer is being written, and will make the branch's next version from the files that it has read. */
  is_answering: boolean;
}

/** One file: what it is on the left, what can be done with it on the right, and its text. */
function FileView({ app, branch_id, path, version_id, parent_id, is_current, is_answering }: FileProps) {
  const { t, language } = use_t();
  const file = use_load(`${version_id}:${parent_id}`, () => open_file(app.id, path, version_id, parent_id), { keeps_old: true });
  const kept = use_edit(branch_id, path);
  const edit = is_current ? kept : null;
  const [shows_diff, set_shows_diff] = useState(false);
  const [error, set_error] = useState<unknown>(null);
  const [is_saving, set_saving] = useState(false);
  const [is_discarding, set_discarding] = useState(false);

  const opened = file.value;
  const stored = opened?.text ?? '';
  const is_absent = !file.is_loading && !file.error && !opened;
  const is_text = opened ? opened.text !== null : is_absent;
  // The branch has another text by now than the one that was changed here.
  const is_behind = !!edit && !file.is_loading && !is_saving && stored !== edit.base_text && stored !== edit.text;
  const change = (text: string) => {
    const base_text = find_edit(branch_id, path)?.base_text ?? stored;
    set_edit(branch_id, path, text === base_text && opened ? null : { text, base_text });
  };
  const save = async () => {
    if (!edit || is_saving || is_answering) return;
    set_saving(true);
    set_error(null);
    try {
      const made = await files_write(app.id, { path, content: edit.text, branch_id, base_version_id: opened?.version_id ?? version_id });
      file.set({ version_id: made.id, text: edit.text, before: stored, bytes: edit.text.length, is_image: false });
      // What was typed while the request was under way is the next change.
      const now = find_edit(branch_id, path);
      set_edit(branch_id, path, now && now.text !== edit.text ? { text: now.text, base_text: edit.text } : null);
      toast(t('file_saved', { n: made.number }));
    } catch (cause) {
      set_error(cause);
    } finally {
      set_saving(false);
    }
  };
  const discard = () => {
    set_discarding(false);
    set_error(null);
    set_edit(branch_id, path, null);
  };

  const address = files_cat_url(app.id, path, { version: version_id });
  const content = () => {
    if (file.error) return <ErrorNote error={file.error} retry={file.reload} className="m-3" />;
    if (!opened && file.is_loading) return <Bones lines={8} className="p-4" />;
    if (is_absent && !edit) return <Empty icon={<FileQuestion />} title={t('file_absent')} />;
    if (opened?.is_image) return <div className="flex h-full items-center justify-center overflow-auto bg-sunken p-6"><img src={address} alt={path} className="max-h-full max-w-full" /></div>;
    if (!is_text) return <Empty icon={<FileQuestion />} title={t('file_not_text')}>{byte_text(opened!.bytes, language)} · <a href={address} download={path.split('/').pop()} className="text-accent underline">{t('download')}</a></Empty>;
    return (
      <SafePart><Suspense fallback={<Bones lines={8} className="p-4" />}>
        <Editor path={path} text={edit?.text ?? stored} before={is_behind ? stored : shows_diff ? opened?.before ?? '' : null} has_controls={is_behind} is_read_only={!is_current} on_change={change} on_save={() => void save()} />
      </Suspense></SafePart>
    );
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1">
        <h2 className="min-w-0 flex-1 basis-28 truncate font-mono text-xs" title={path}>{path}</h2>
        {edit ? <Badge tone="warn">{t('unsaved')}</Badge> : !is_current && <Badge>{t('read_only')}</Badge>}
        {is_text && opened && !is_behind && (
          <label className="flex cursor-pointer items-center gap-1.5 whitespace-nowrap text-xs text-muted pointer-coarse:py-2"><input type="checkbox" className="size-3.5 accent-(--accent)" checked={shows_diff} onChange={(event) => set_shows_diff(event.target.checked)} />{t('file_diff')}</label>
        )}
        {opened && <a aria-label={t('download')} title={t('download')} download href={address} className={icon_button(true)}><Download aria-hidden /></a>}
        {edit && (
          <>
            <Button small onClick={() => set_discarding(true)}><Undo2 className="size-3.5" aria-hidden />{t('file_discard')}</Button>
            <Button small kind="primary" is_busy={is_saving} disabled={is_answering} onClick={() => void save()}>{!is_saving && <Save className="size-3.5" aria-hidden />}{is_behind ? t('file_save_over') : t('save')}</Button>
          </>
        )}
      </div>
      {is_behind && <p role="alert" className="flex items-start gap-2 border-b border-warn/40 bg-warn-soft px-3 py-2"><GitMerge className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />{t('file_behind')}</p>}
      {edit && is_answering && <p role="status" className="border-b border-line bg-info-soft px-3 py-2 text-info">{t('file_waits')}</p>}
      {!!error && <ErrorNote error={error} className="m-2" />}
      {shows_diff && !is_behind && opened?.text === opened?.before && !edit && <p role="status" className="border-b border-line bg-bg px-3 py-1.5 text-xs text-muted">{t('file_unchanged')}</p>}
      <div className="min-h-0 flex-1">{content()}</div>
      {is_discarding && (
        <Dialog title={t('file_discard_title')} on_close={() => set_discarding(false)} footer={<><Button onClick={() => set_discarding(false)}>{t('cancel')}</Button><Button kind="danger" onClick={discard}>{t('file_discard')}</Button></>}>
          <p className="break-words text-muted">{t('file_discard_text', { path })}</p>
        </Dialog>
      )}
    </div>
  );
}

function NewFile({ taken, on_make, on_close }: { taken: string[]; on_make: (path: string) => void; on_close: () => void }) {
  const { t } = use_t();
  const [path, set_path] = useState('');
  const wanted = path.trim().replace(/^\/+/, '');
  const is_taken = taken.includes(wanted);
  const make = () => { if (wanted && !is_taken && !wanted.endsWith('/')) on_make(wanted); };
  return (
    <Dialog title={t('file_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!wanted || is_taken || wanted.endsWith('/')} onClick={make}>{t('create')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); make(); }}>
        <Field label={t('file_new_path')} value={path} autoFocus autoComplete="off" spellCheck={false} maxLength={1000} hint={t('file_new_hint')} error={is_taken ? t('file_exists') : null} onChange={(event) => set_path(event.target.value)} />
      </form>
    </Dialog>
  );
}

export function FilesPane({ app, branch_id, versions, current_version_id, is_answering }: { app: App; branch_id: Id; versions: Version[]; current_version_id: Id | null; is_answering: boolean }) {
  const { t } = use_t();
  const query = use_query();
  const path = query.get('file');
  const [chosen, set_chosen] = useState<Id | null>(null);
  const [shows_tree, set_shows_tree] = useState(window.innerWidth >= 640 || !path);
  const [is_adding, set_adding] = useState(false);
  const edited = use_edited_paths(branch_id);
  const version_id = chosen ?? current_version_id;
  const files = use_load(`${app.id}:${branch_id}:${version_id}`, () => files_ls(app.id, version_id ? { version: version_id } : { branch_id }), { keeps_old: true });
  const paths = useMemo(() => files.value?.items.map((file) => file.path) ?? [], [files.value]);
  const is_current = chosen === null || chosen === current_version_id;
  const all = is_current ? [...new Set([...paths, ...edited])] : paths;
  const joined = all.join('\n');
  const tree = useMemo(() => tree_of(joined ? joined.split('\n') : []), [joined]);
  const shown_version = versions.find((version) => version.id === files.value?.version_id);
  const open = (wanted: string) => {
    set_query({ file: wanted });
    if (window.innerWidth < 640) set_shows_tree(false);
  };
  const add = (wanted: string) => {
    set_adding(false);
    set_chosen(null);
    set_edit(branch_id, wanted, { text: '', base_text: '' });
    open(wanted);
  };
  return (
    <section aria-label={t('files')} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1.5 border-b border-line px-2">
        <IconButton name={t('files_tree')} is_on={shows_tree} onClick={() => set_shows_tree(!shows_tree)}><PanelLeft /></IconButton>
        <IconButton name={t('file_new')} onClick={() => set_adding(true)}><FilePlus /></IconButton>
        <span className="flex-1" />
        <select aria-label={t('version')} className="field !h-8 !w-auto min-w-0 max-w-64 !py-0 text-xs pointer-coarse:!h-9" value={chosen ?? ''} onChange={(event) => set_chosen(event.target.value || null)}>
          <option value="">{t('version_current')}</option>
          {versions.map((version) => <option key={version.id} value={version.id}>v{version.number} · {version.title}</option>)}
        </select>
      </div>
      <div className="flex min-h-0 flex-1">
        {shows_tree && (
          <nav aria-label={t('files_tree')} className="w-56 shrink-0 overflow-y-auto border-r border-line p-1.5 max-sm:w-full max-sm:border-r-0">
            {files.error ? <ErrorNote error={files.error} retry={files.reload} /> : !files.value ? <Bones lines={6} className="p-2" /> : all.length === 0 ? <Empty icon={<FolderTree />} title={t('files_empty')} /> : <FolderRows folder={tree} depth={0} current={path} edited={edited} on_open={open} />}
          </nav>
        )}
        <div className={`min-h-0 min-w-0 flex-1 ${shows_tree ? 'max-sm:hidden' : ''}`}>
          {path && files.value ? <FileView key={`${branch_id}:${path}:${is_current}`} app={app} branch_id={branch_id} path={path} version_id={files.value.version_id} parent_id={shown_version?.parent_id ?? null} is_current={is_current} is_answering={is_answering} />
            : <Empty icon={<FolderTree />} title={t('file_choose')} />}
        </div>
      </div>
      {is_adding && <NewFile taken={all} on_make={add} on_close={() => set_adding(false)} />}
    </section>
  );
}
