// One source: its documents, how far they are, where they are looked up, and what would be found in them.
import { EllipsisVertical, FolderUp, Pencil, RefreshCw, Trash2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { knowledge_change, knowledge_documents, knowledge_drop, knowledge_index, knowledge_rm, knowledge_show, put_document, type Id, type KnowledgeDocument, type KnowledgeSource } from '../api';
import { byte_text, time_ago } from '../i18n';
import { ImportResults, use_import } from '../library/file_import';
import { use_pages } from '../library/pages';
import { DropZone, FileButton, Frame, LongField, source_href } from '../library/parts';
import { knowledge_uses } from '../library/uses';
import { WhereUsed } from '../library/where_used';
import { use_load, type Loaded } from '../load';
import { NotFound } from '../pages/not_found';
import { navigate, set_query, use_query } from '../router';
import { Badge, Bones, Button, Confirm, Dialog, ErrorNote, Field, IconButton, Menu, MenuItem, MenuLine, icon_button } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { PassageTest } from './passages';
import { PiecesDialog } from './pieces_dialog';
import { SourceState, use_settling } from './source_state';
import { document_bytes_max } from './sources_page';
import { use_words } from './words';

const shown_step = 100;

function Rename({ source, on_change, on_close }: { source: KnowledgeSource; on_change: (source: KnowledgeSource) => void; on_close: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState(source.name);
  const [error, set_error] = useState<unknown>(null);
  const save = () => knowledge_change(source.id, { name: name.trim() }).then((changed) => { on_change(changed); on_close(); }, set_error);
  return (
    <Dialog title={w('rename')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void save()}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); if (name.trim()) void save(); }}><Field label={t('name')} hint={w('name_hint')} value={name} maxLength={200} onChange={(event) => set_name(event.target.value)} /></form>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}

function Actions({ source, on_change }: { source: KnowledgeSource; on_change: (source: KnowledgeSource) => void }) {
  const { t, w } = use_words();
  const [open, set_open] = useState<'rename' | 'delete' | null>(null);
  return (
    <>
      <Menu trigger={<button type="button" aria-label={w('source_actions')} className={icon_button()}><EllipsisVertical /></button>}>
        <MenuItem icon={<Pencil />} on_select={() => set_open('rename')}>{t('rename')}</MenuItem>
        <MenuItem icon={<RefreshCw />} on_select={() => void knowledge_index(source.id).then(on_change, toast_error)}>{w(source.kind === 'url' ? 'fetch_again' : 'index_again')}</MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} is_danger on_select={() => set_open('delete')}>{w('delete_do')}</MenuItem>
      </Menu>
      {open === 'rename' && <Rename source={source} on_change={on_change} on_close={() => set_open(null)} />}
      {open === 'delete' && <Confirm title={w('delete')} action={w('delete_do')} text={w('delete_text', { name: source.name })} on_close={() => set_open(null)} on_confirm={() => knowledge_rm(source.id).then(() => navigate('/library/knowledge'))} />}
    </>
  );
}

/** A whole folder, with the paths below it; browsers have no other way to ask for one. */
function FolderButton({ text, on_files }: { text: string; on_files: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button onClick={() => { input.current!.webkitdirectory = true; input.current!.click(); }}><FolderUp className="size-4" aria-hidden />{text}</Button>
      <input ref={input} type="file" hidden multiple tabIndex={-1} aria-label={text} onChange={(event) => { on_files([...(event.target.files ?? [])]); event.target.value = ''; }} />
    </>
  );
}

function Document({ document, can_remove, on_remove }: { document: KnowledgeDocument; can_remove: boolean; on_remove: () => void }) {
  const { w, language } = use_words();
  return (
    <li className="document flex items-center gap-3 px-4 py-2">
      <div className="min-w-0 flex-1"><button type="button" aria-label={w('pieces_of', { title: document.title })} onClick={() => set_query({ document: document.id })} className="block break-all text-left font-medium hover:underline">{document.title}</button>{document.title !== document.path && <p className="break-all font-mono text-xs text-muted">{document.path}</p>}
        <p className="text-xs text-muted">{w('pieces', { n: document.chunks_count })} · {byte_text(document.text_bytes, language)} · {time_ago(document.updated_at, language)}</p></div>
      {!document.is_indexed && <Badge tone="info">{w('not_indexed')}</Badge>}
      {can_remove && <IconButton small name={w('document_remove', { path: document.path })} onClick={on_remove}><X /></IconButton>}
    </li>
  );
}

function Documents({ source, set }: { source: KnowledgeSource; set: (source: KnowledgeSource) => void }) {
  const { w } = use_words();
  const documents = use_pages(`documents ${source.id}`, (query, options) => knowledge_documents(source.id, query, options));
  const [shown_max, set_shown_max] = useState(shown_step);
  // What the source has become, its documents have, too.
  const seen = useRef(source);
  const { reload } = documents;
  useEffect(() => {
    if (seen.current === source) return;
    seen.current = source;
    reload();
  }, [source, reload]);
  const imports = use_import(async (file) => {
    set(await put_document(source.id, file.webkitRelativePath || file.name, file));
    return { name: file.name, href: source_href(source.id), warnings: [] };
  }, document_bytes_max, reload);
  const is_folder = source.kind === 'folder';
  const takes_files = is_folder || source.kind === 'file';
  const remove = (path: string) => knowledge_drop(source.id, path).then(set, toast_error);
  const list = (
    <>
      <ErrorNote error={documents.error} retry={documents.reload} className="mb-3" />
      {documents.items.length === 0 ? documents.is_complete ? <p className="card border-dashed px-4 py-3 text-muted shadow-none">{w('documents_none')}</p> : !documents.error && <Bones lines={3} />
        : <ul aria-label={w('documents')} className="card divide-y divide-line">{documents.items.slice(0, shown_max).map((document) => <Document key={document.id} document={document} can_remove={takes_files} on_remove={() => void remove(document.path)} />)}</ul>}
      {documents.items.length > shown_max && <div className="mt-3 text-center"><Button onClick={() => set_shown_max(shown_max + shown_step)}>{w('documents_more')}</Button></div>}
    </>
  );
  return (
    <section aria-label={w('documents')}>
      <div className="mb-3 flex flex-wrap items-center gap-2"><h2 className="min-w-0 flex-1 text-base font-semibold">{w('documents')}</h2>{takes_files && <FileButton text={w('files_choose')} accept="" is_multiple={is_folder} on_files={imports.take} />}{is_folder && <FolderButton text={w('folder_choose')} on_files={imports.take} />}</div>
      {takes_files ? <DropZone text={w('drop_documents')} on_files={imports.take}><ImportResults results={imports.results} on_close={imports.clear} />{list}</DropZone> : list}
    </section>
  );
}

function NoteText({ source, set }: { source: KnowledgeSource; set: (source: KnowledgeSource) => void }) {
  const { t, w } = use_words();
  const [text, set_text] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const save = async () => {
    set_busy(true);
    set_error(null);
    try {
      set(await knowledge_change(source.id, { text }));
      set_text('');
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  return (
    <section aria-label={w('replace_text')} className="space-y-3">
      <LongField label={w('replace_text')} hint={w('replace_hint')} rows={4} value={text} onChange={(event) => set_text(event.target.value)} />
      <ErrorNote error={error} />
      <Button disabled={!text.trim()} is_busy={is_busy} onClick={() => void save()}>{t('save')}</Button>
    </section>
  );
}

function Source({ loaded }: { loaded: Loaded<KnowledgeSource> }) {
  const { w, language } = use_words();
  const source = loaded.value!;
  use_settling(source.status === 'indexing', loaded.reload, source);
  const query = use_query();
  const document_id = query.get('document');
  const piece = query.get('piece');
  return (
    <Frame title={source.name} action={<Actions source={source} on_change={loaded.set} />}>
      <div className="-mt-2 mb-5 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted" role="status"><Badge>{w(`kind_${source.kind}`)}</Badge><SourceState source={source} /><span>{w('documents_count', { n: source.documents_count })}</span><span>{w('pieces', { n: source.chunks_count })}</span><span>{byte_text(source.text_bytes, language)}</span>{source.indexed_at && <span>{w('indexed_at', { time: time_ago(source.indexed_at, language) })}</span>}</div>
      {source.url && <p className="mb-4 break-all"><a href={source.url} target="_blank" rel="noreferrer" className="text-accent underline underline-offset-2">{source.url}</a></p>}
      {source.error && <ErrorNote error={new Error(source.error)} retry={() => void knowledge_index(source.id).then(loaded.set, toast_error)} className="mb-4" />}
      <div className="grid gap-8 lg:grid-cols-2">
        <div className="min-w-0 space-y-8"><Documents source={source} set={loaded.set} />{source.kind === 'note' && <NoteText source={source} set={loaded.set} />}</div>
        <div className="min-w-0 space-y-8">
          <div><h2 className="mb-3 text-base font-semibold">{w('where')}</h2><WhereUsed id={source.id} label={w('where')} text={w('where_text')} unused={w('unused')} uses={knowledge_uses} /></div>
          <div><h2 className="mb-3 text-base font-semibold">{w('test')}</h2><PassageTest source_id={source.id} /></div>
        </div>
      </div>
      {document_id && <PiecesDialog key={document_id} document_id={document_id} piece={piece === null ? null : Number(piece)} on_close={() => set_query({ document: null, piece: null })} />}
    </Frame>
  );
}

export function SourcePage({ source_id }: { source_id: Id }) {
  const { w } = use_words();
  const loaded = use_load(source_id, () => knowledge_show(source_id));
  if (loaded.error?.status === 404 || loaded.error?.status === 400) return <NotFound />;
  if (loaded.value) return <Source loaded={loaded} />;
  return <Frame title={w('knowledge')}>{loaded.error ? <ErrorNote error={loaded.error} retry={loaded.reload} /> : <Bones lines={6} />}</Frame>;
}
