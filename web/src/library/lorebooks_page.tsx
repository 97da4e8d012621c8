import { BookOpenText, Plus, Search, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { import_lorebook, lorebooks_create, lorebooks_ls, type Lorebook } from '../api';
import { time_ago } from '../i18n';
import { Link, navigate } from '../router';
import { Bones, Button, Dialog, Empty, ErrorNote, Field } from '../ui/kit';
import { is_found } from './card';
import { ImportResults, use_import } from './file_import';
import { LoreSettingsDialog } from './lore_settings';
import { use_pages } from './pages';
import { DropZone, FileButton, Frame } from './parts';
import { use_words } from './words';

const book_files = '.json,application/json';
const book_bytes_max = 16 * 1024 * 1024;
/** Fewer books than these are seen at a glance. */
const searched_from = 8;
export const lorebook_href = (id: string) => `/library/lorebooks/${id}`;

function NewBook({ on_close }: { on_close: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const create = () => lorebooks_create({ name: name.trim() }).then((made) => navigate(lorebook_href(made.id)), set_error);
  return (
    <Dialog title={w('book_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); if (name.trim()) void create(); }}><Field label={t('name')} value={name} maxLength={1000} autoComplete="off" onChange={(event) => set_name(event.target.value)} /><ErrorNote error={error} /></form>
    </Dialog>
  );
}

function Row({ book }: { book: Lorebook }) {
  const { w, language } = use_words();
  return (
    <li className="lorebook relative flex items-center gap-3 px-4 py-3 hover:bg-hover has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-accent">
      <BookOpenText className="size-5 shrink-0 text-muted" aria-hidden />
      <div className="min-w-0 flex-1"><Link href={lorebook_href(book.id)} className="block truncate font-medium outline-none after:absolute after:inset-0">{book.name}</Link>
        <p className="truncate text-xs text-muted">{w('entries_count', { n: book.entries_count })} · {time_ago(book.updated_at, language)}{book.description && ` · ${book.description}`}</p></div>
    </li>
  );
}

export function LorebooksPage() {
  const { w } = use_words();
  const books = use_pages('lorebooks', (query, options) => lorebooks_ls(query, options));
  const imports = use_import((file) => import_lorebook(file).then((book) => ({ name: book.name, href: lorebook_href(book.id), warnings: [] })), book_bytes_max, books.reload);
  const [is_adding, set_adding] = useState(false);
  const [shows_settings, set_shows_settings] = useState(false);
  const [search, set_search] = useState('');
  const is_empty = books.is_complete && books.items.length === 0;
  const found = books.items.filter((book) => is_found(search, [book.name, book.description]));
  return (
    <Frame title={w('lorebooks')} text={w('lorebooks_text')} action={<div className="flex flex-wrap gap-2"><Button onClick={() => set_shows_settings(true)}><Settings2 className="size-4" aria-hidden />{w('lore_settings')}</Button>{!is_empty && <><FileButton text={w('import')} accept={book_files} is_multiple kind="primary" on_files={imports.take} /><Button onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('book_new')}</Button></>}</div>}>
      <DropZone text={w('drop_books')} on_files={imports.take}>
        <ImportResults results={imports.results} on_close={imports.clear} />
        {books.error && <ErrorNote error={books.error} retry={books.reload} className="mb-3" />}
        {books.items.length > searched_from && <label className="relative mb-4 block"><span className="sr-only">{w('books_search')}</span><Search className="pointer-events-none absolute left-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden /><input type="search" className="field !pl-9" value={search} placeholder={w('books_search')} onChange={(event) => set_search(event.target.value)} /></label>}
        {is_empty ? (
          <div className="card border-dashed shadow-none"><Empty icon={<BookOpenText />} title={w('lorebooks_empty')}><p>{w('lorebooks_empty_text')}</p>
            <div className="mt-4 flex flex-wrap justify-center gap-2"><FileButton text={w('import_books')} accept={book_files} is_multiple kind="primary" on_files={imports.take} /><Button onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('book_new')}</Button></div></Empty></div>
        ) : books.items.length === 0 ? !books.error && <Bones lines={4} /> : found.length === 0 ? <Empty icon={<Search />} title={w('books_none')} /> : <ul aria-label={w('lorebooks')} className="card divide-y divide-line overflow-hidden">{found.map((book) => <Row key={book.id} book={book} />)}</ul>}
      </DropZone>
      {shows_settings && <LoreSettingsDialog on_close={() => set_shows_settings(false)} />}
      {is_adding && <NewBook on_close={() => set_adding(false)} />}
    </Frame>
  );
}
