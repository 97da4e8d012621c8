import { FileText, Folder, Globe, LibraryBig, Plus, Settings2, StickyNote } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { knowledge_create, knowledge_ls, put_document, type KnowledgeSource } from '../api';
import { byte_text, time_ago } from '../i18n';
import { ImportResults, use_import } from '../library/file_import';
import { use_pages } from '../library/pages';
import { DropZone, FileButton, Frame, LongField, source_href } from '../library/parts';
import { Link, navigate } from '../router';
import { Bones, Button, Choice, Dialog, Empty, ErrorNote, Field } from '../ui/kit';
import { KnowledgeSettingsDialog } from './knowledge_settings';
import { PassageTest } from './passages';
import { SourceState, use_settling } from './source_state';
import { use_words } from './words';

type Kind = KnowledgeSource['kind'];
const kinds: Kind[] = ['note', 'url', 'file', 'folder'];
export const kind_icons: Record<Kind, ReactNode> = { note: <StickyNote aria-hidden />, url: <Globe aria-hidden />, file: <FileText aria-hidden />, folder: <Folder aria-hidden /> };
export const document_bytes_max = 4 * 1024 * 1024;

function NewSource({ on_close }: { on_close: () => void }) {
  const { t, w } = use_words();
  const [kind, set_kind] = useState<Kind>('note');
  const [name, set_name] = useState('');
  const [text, set_text] = useState('');
  const [url, set_url] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const can_create = name.trim() !== '' && (kind !== 'note' || text.trim() !== '') && (kind !== 'url' || url.trim() !== '');
  const create = () => {
    if (!can_create || is_busy) return;
    set_busy(true);
    set_error(null);
    knowledge_create({ name: name.trim(), kind, ...(kind === 'note' ? { text } : {}), ...(kind === 'url' ? { url: url.trim() } : {}) })
      .then((made) => navigate(source_href(made.id)), (cause: unknown) => { set_error(cause); set_busy(false); });
  };
  return (
    <Dialog title={w('source_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} disabled={!can_create} onClick={create}>{t('create')}</Button></>}>
      <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); create(); }}>
        <Field label={t('name')} hint={w('name_hint')} value={name} maxLength={200} autoComplete="off" onChange={(event) => set_name(event.target.value)} />
        <div><p className="mb-1 text-sm font-medium">{w('kind')}</p><Choice<Kind> label={w('kind')} value={kind} on_change={set_kind} options={kinds.map((value) => ({ value, text: w(`kind_${value}`) }))} /></div>
        {kind === 'note' && <LongField label={w('note_text')} rows={6} value={text} onChange={(event) => set_text(event.target.value)} />}
        {kind === 'url' && <Field label={w('url')} hint={w('url_hint')} type="url" value={url} maxLength={2000} placeholder="https://" onChange={(event) => set_url(event.target.value)} />}
        {(kind === 'file' || kind === 'folder') && <p className="text-muted">{w('files_later')}</p>}
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function Row({ source }: { source: KnowledgeSource }) {
  const { w, language } = use_words();
  return (
    <li className="source relative flex items-center gap-3 px-4 py-3 hover:bg-hover has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-accent [&>svg]:size-5 [&>svg]:shrink-0 [&>svg]:text-muted">
      {kind_icons[source.kind]}
      <div className="min-w-0 flex-1"><Link href={source_href(source.id)} className="block truncate font-medium outline-none after:absolute after:inset-0">{source.name}</Link>
        <p className="truncate text-xs text-muted">{[w(`kind_${source.kind}`), w('documents_count', { n: source.documents_count }), w('pieces', { n: source.chunks_count }), byte_text(source.text_bytes, language), time_ago(source.updated_at, language)].join(' · ')}</p></div>
      <SourceState source={source} />
    </li>
  );
}

/** Each file becomes a source of its own. */
async function source_of(file: File): Promise<KnowledgeSource> {
  const made = await knowledge_create({ name: file.name.slice(0, 200), kind: 'file' });
  return put_document(made.id, file.name, file);
}

export function SourcesPage() {
  const { w } = use_words();
  const sources = use_pages('knowledge', (query, options) => knowledge_ls(query, options));
  const imports = use_import((file) => source_of(file).then(({ id, name }) => ({ name, href: source_href(id), warnings: [] })), document_bytes_max, sources.reload);
  const [is_adding, set_adding] = useState(false);
  const [shows_settings, set_shows_settings] = useState(false);
  use_settling(sources.items.some((source) => source.status === 'indexing'), sources.reload, sources.items);
  const add = <Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('source_new')}</Button>;
  const files = <FileButton text={w('import')} accept="" is_multiple on_files={imports.take} />;
  const is_empty = sources.is_complete && sources.items.length === 0;
  return (
    <Frame title={w('knowledge')} text={w('knowledge_text')} action={<div className="flex flex-wrap gap-2"><Button onClick={() => set_shows_settings(true)}><Settings2 className="size-4" aria-hidden />{w('settings_open')}</Button>{!is_empty && <>{files}{add}</>}</div>}>
      <DropZone text={w('drop')} on_files={imports.take}>
        <ImportResults results={imports.results} on_close={imports.clear} />
        {sources.error && <ErrorNote error={sources.error} retry={sources.reload} className="mb-3" />}
        {is_empty ? <div className="card border-dashed shadow-none"><Empty icon={<LibraryBig />} title={w('none')}><p>{w('none_text')}</p><div className="mt-4 flex flex-wrap justify-center gap-2">{files}{add}</div></Empty></div>
          : sources.items.length === 0 ? !sources.error && <Bones lines={4} />
          : <ul aria-label={w('knowledge')} className="card divide-y divide-line overflow-hidden">{sources.items.map((source) => <Row key={source.id} source={source} />)}</ul>}
        {sources.items.length > 0 && <div className="mt-8"><h2 className="mb-3 text-base font-semibold">{w('test')}</h2><PassageTest /></div>}
      </DropZone>
      {is_adding && <NewSource on_close={() => set_adding(false)} />}
      {shows_settings && <KnowledgeSettingsDialog on_close={() => set_shows_settings(false)} />}
    </Frame>
  );
}
