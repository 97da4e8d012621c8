import { ChevronRight, Download, File as FileIcon, FileQuestion, FolderTree, PanelLeft } from 'lucide-react';
import { Suspense, lazy, useMemo, useState } from 'react';
import { ApiError, files_cat, files_cat_url, files_ls, type App, type File, type Id, type Version } from '../api';
import { byte_text, use_t } from '../i18n';
import { use_load } from '../load';
import { set_query, use_query } from '../router';
import { Bones, Empty, ErrorNote, IconButton, SafePart } from '../ui/kit';

const Editor = lazy(() => import('./editor'));

interface Folder { name: string; path: string; folders: Folder[]; files: File[] }

function tree_of(entries: File[]): Folder {
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
  for (const entry of entries) {
    const slash = entry.path.lastIndexOf('/');
    folder(slash < 0 ? '' : entry.path.slice(0, slash)).files.push(entry);
  }
  return top;
}

function FolderRows({ folder, depth, current, on_open }: { folder: Folder; depth: number; current: string | null; on_open: (path: string) => void }) {
  const indent = { paddingLeft: `${depth * 0.8 + 0.5}rem` };
  return (
    <ul role="group">
      {folder.folders.sort((left, right) => left.name.localeCompare(right.name)).map((inner) => (
        <li key={inner.path}>
          <details open={depth < 2 || current?.startsWith(`${inner.path}/`)} className="group/folder">
            <summary style={indent} className="flex items-center gap-1 rounded-md py-0.5 pr-2 hover:bg-hover"><ChevronRight className="size-3.5 shrink-0 text-muted transition-transform [details[open]>summary>&]:rotate-90" aria-hidden />{inner.name}</summary>
            <FolderRows folder={inner} depth={depth + 1} current={current} on_open={on_open} />
          </details>
        </li>
      ))}
      {folder.files.sort((left, right) => left.path.localeCompare(right.path)).map((file) => (
        <li key={file.path}>
          <button type="button" style={indent} aria-current={file.path === current || undefined} onClick={() => on_open(file.path)}
            className="flex w-full items-center gap-1.5 rounded-md py-0.5 pr-2 text-left hover:bg-hover aria-[current]:bg-accent-soft aria-[current]:text-accent">
            <FileIcon className="size-3.5 shrink-0 text-muted" aria-hidden /><span className="truncate">{file.path.slice(file.path.lastIndexOf('/') + 1)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A file larger than this is offered for download, not drawn. */
const shown_bytes_max = 512 * 1024;

interface Opened { text: string | null; before: string | null; bytes: number; is_image: boolean }

async function open_file(app_id: Id, path: string, version_id: Id, parent_id: Id | null): Promise<Opened> {
  const blob = await files_cat(app_id, path, { version: version_id });
  const is_image = /\.(png|jpe?g|gif|webp|avif|ico)$/i.test(path);
  if (is_image || blob.size > shown_bytes_max) return { text: null, before: null, bytes: blob.size, is_image };
  const text = await blob.text();
  if (text.includes('\0')) return { text: null, before: null, bytes: blob.size, is_image };
  let before: string | null = null;
  if (parent_id) {
    before = await files_cat(app_id, path, { version: parent_id }).then((old) => old.text(), (cause: unknown) => {
      if (cause instanceof ApiError && cause.status === 404) return '';
      throw cause;
    });
  }
  return { text, before, bytes: blob.size, is_image };
}

function FileView({ app, path, version_id, parent_id, shows_diff }: { app: App; path: string; version_id: Id; parent_id: Id | null; shows_diff: boolean }) {
  const { t, language } = use_t();
  const file = use_load(`${version_id}:${parent_id}:${path}`, () => open_file(app.id, path, version_id, parent_id));
  const address = files_cat_url(app.id, path, { version: version_id });
  if (file.error) return <ErrorNote error={file.error} retry={file.reload} className="m-3" />;
  if (!file.value) return <Bones lines={8} className="p-4" />;
  const { text, before, bytes, is_image } = file.value;
  if (is_image) return <div className="flex h-full items-center justify-center overflow-auto bg-sunken p-6"><img src={address} alt={path} className="max-h-full max-w-full" /></div>;
  if (text === null) return <Empty icon={<FileQuestion />} title={t('file_not_text')}>{byte_text(bytes, language)} · <a href={address} download={path.split('/').pop()} className="text-accent underline">{t('download')}</a></Empty>;
  if (shows_diff && before === text) return <Empty icon={<FileIcon />} title={t('file_unchanged')} />;
  return (
    <SafePart><Suspense fallback={<Bones lines={8} className="p-4" />}>
      <Editor path={path} text={text} before={shows_diff ? before ?? '' : null} label={path} />
    </Suspense></SafePart>
  );
}

export function FilesPane({ app, branch_id, versions, current_version_id }: { app: App; branch_id: Id; versions: Version[]; current_version_id: Id | null }) {
  const { t } = use_t();
  const query = use_query();
  const path = query.get('file');
  const [chosen, set_chosen] = useState<Id | null>(null);
  const [shows_diff, set_shows_diff] = useState(false);
  const [shows_tree, set_shows_tree] = useState(true);
  const version_id = chosen ?? current_version_id;
  const files = use_load(`${app.id}:${branch_id}:${version_id}`, () => files_ls(app.id, version_id ? { version: version_id } : { branch_id }));
  const tree = useMemo(() => tree_of(files.value?.items ?? []), [files.value]);
  const shown_version = versions.find((version) => version.id === files.value?.version_id);
  const open = (wanted: string) => {
    set_query({ file: wanted });
    if (window.innerWidth < 640) set_shows_tree(false);
  };
  return (
    <section aria-label={t('files')} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1.5 border-b border-line px-2">
        <IconButton name={t('files_tree')} is_on={shows_tree} onClick={() => set_shows_tree(!shows_tree)}><PanelLeft /></IconButton>
        <span className="min-w-0 flex-1 truncate font-mono text-xs">{path}</span>
        {path && shown_version?.parent_id && (
          <label className="flex cursor-pointer items-center gap-1.5 whitespace-nowrap text-xs text-muted"><input type="checkbox" className="accent-(--accent)" checked={shows_diff} onChange={(event) => set_shows_diff(event.target.checked)} />{t('file_diff')}</label>
        )}
        <select aria-label={t('version')} className="field !h-8 !w-auto max-w-40 !py-0 text-xs" value={chosen ?? ''} onChange={(event) => set_chosen(event.target.value || null)}>
          <option value="">{t('version_current')}</option>
          {versions.map((version) => <option key={version.id} value={version.id}>v{version.number} · {version.title}</option>)}
        </select>
        {path && version_id && <a aria-label={t('download')} title={t('download')} download href={files_cat_url(app.id, path, { version: version_id })} className="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"><Download className="size-4" aria-hidden /></a>}
      </div>
      <div className="flex min-h-0 flex-1">
        {shows_tree && (
          <nav aria-label={t('files')} className="w-56 shrink-0 overflow-y-auto border-r border-line p-1.5 max-sm:w-full">
            {files.error ? <ErrorNote error={files.error} retry={files.reload} /> : !files.value ? <Bones lines={6} className="p-2" /> : files.value.items.length === 0 ? <Empty icon={<FolderTree />} title={t('files_empty')} /> : <FolderRows folder={tree} depth={0} current={path} on_open={open} />}
          </nav>
        )}
        <div className={`min-h-0 min-w-0 flex-1 ${shows_tree ? 'max-sm:hidden' : ''}`}>
          {path && files.value ? <FileView app={app} path={path} version_id={files.value.version_id} parent_id={shown_version?.parent_id ?? null} shows_diff={shows_diff && !!shown_version?.parent_id} />
            : <Empty icon={<FolderTree />} title={t('file_choose')} />}
        </div>
      </div>
    </section>
  );
}
