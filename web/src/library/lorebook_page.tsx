// A lorebook: its entries on the left, and on the right the one that is edited, the test, or where the book is used.
import { ArrowLeft, BookOpenText, FlaskConical, Link2, Plus, Search, Settings2, Trash2 } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { lorebooks_drop, lorebooks_entries, lorebooks_export_url, lorebooks_put, lorebooks_show, type Id, type LoreEntry, type Lorebook } from '../api';
import { as_error, use_load, type Loaded } from '../load';
import { NotFound } from '../pages/not_found';
import { Link, navigate, set_query, use_query } from '../router';
import { Badge, Bones, Button, Confirm, Empty, ErrorNote, IconButton } from '../ui/kit';
import { use_wide } from '../ui/shell';
import { toast } from '../ui/toast';
import { BookSetting, BookUse } from './book_setting';
import { is_found } from './card';
import { use_draft } from './drafts';
import { empty_entry, next_uid, same_entry, title_of } from './entry';
import { EntryForm } from './entry_form';
import { LoreTest } from './lore_test';
import { lorebook_href } from './lorebooks_page';
import { use_pages, type Pages } from './pages';
import { ExportMenu, Frame, SaveBar } from './parts';
import { WindowedList } from './windowed_list';
import { use_words } from './words';

const row_px = 56;
type View = 'test' | 'use' | 'setting';

/** An entry as the server has it now. */
const fetch_entry = async (book_id: Id, uid: number): Promise<LoreEntry | null> => (await lorebooks_entries(book_id, { limit: 1, cursor: String(uid - 1) })).items.find((entry) => entry.uid === uid) ?? null;

interface Saving { saved: Lorebook; entry: LoreEntry }
/** Saves over the version that one looked at; when only other entries changed meanwhile, that is none of this one. */
async function put_entry(book: Lorebook, base: LoreEntry | null, entry: LoreEntry): Promise<Saving | { theirs: LoreEntry | null; book: Lorebook }> {
  try {
    return { saved: await lorebooks_put(book.id, entry, { if_match: book.version }), entry };
  } catch (cause) {
    if (as_error(cause).status !== 412) throw cause;
    const now = await lorebooks_show(book.id);
    const theirs = await fetch_entry(book.id, entry.uid);
    return same_entry(theirs, base) ? { saved: await lorebooks_put(book.id, entry, { if_match: now.version }), entry } : { theirs, book: now };
  }
}

interface BookParts { book: Loaded<Lorebook>; entries: Pages<LoreEntry> }
const replaced = (entries: LoreEntry[], entry: LoreEntry) => (entries.some((other) => other.uid === entry.uid) ? entries.map((other) => (other.uid === entry.uid ? entry : other)) : [...entries, entry]);

function EntryPane({ entry, parts, on_gone }: { entry: LoreEntry | null; parts: BookParts; on_gone: () => void }) {
  const { t, w } = use_words();
  const { book, entries } = parts;
  const [base] = useState(() => empty_entry(0));
  const draft = use_draft(`lore.${book.value!.id}.${entry?.uid ?? 'new'}`, entry ?? base);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const [is_deleting, set_deleting] = useState(false);
  const save = async () => {
    set_busy(true);
    set_error(null);
    try {
      const uid = entry?.uid ?? next_uid(entries.items);
      const done = await put_entry(book.value!, entry, { ...draft.value, uid });
      if ('saved' in done) {
        book.set(done.saved);
        entries.change((old) => replaced(old, done.entry));
        draft.forget();
        toast(w('saved'));
        if (!entry) set_query({ entry: String(uid) });
      } else {
        book.set(done.book);
        entries.change((old) => (done.theirs ? replaced(old, done.theirs) : old.filter((other) => other.uid !== uid)));
        set_error(new Error(w('changed_meanwhile')));
      }
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  return (
    <section aria-label={w('entry')} className="p-4">
      <div className="mb-3 flex items-center gap-2"><h2 className="min-w-0 flex-1 truncate text-base font-semibold">{entry ? title_of(draft.value) : w('entry_new')}</h2>{entry && <span className="text-xs text-muted tabular-nums">#{entry.uid}</span>}{entry && <IconButton small name={w('entry_delete')} onClick={() => set_deleting(true)}><Trash2 /></IconButton>}</div>
      <EntryForm value={draft.value} set={draft.set} />
      <SaveBar is_changed={draft.is_changed} is_busy={is_busy} error={error} on_save={() => void save()} on_discard={() => { draft.forget(); set_error(null); }} />
      {is_deleting && entry && <Confirm title={w('entry_delete')} text={w('entry_delete_text', { name: title_of(entry) })} action={t('delete')} on_close={() => set_deleting(false)} on_confirm={async () => { book.set(await lorebooks_drop(book.value!.id, String(entry.uid))); draft.forget(); entries.change((old) => old.filter((other) => other.uid !== entry.uid)); on_gone(); }} />}
    </section>
  );
}

function EntryRow({ entry, href, is_shown }: { entry: LoreEntry; href: string; is_shown: boolean }) {
  const { w } = use_words();
  return (
    <Link href={href} data-uid={entry.uid} aria-current={is_shown || undefined} className={`entry flex h-full flex-col justify-center border-b border-l-2 border-b-line border-l-transparent px-3.5 hover:bg-hover focus-visible:outline-offset-[-2px] aria-[current]:border-l-accent aria-[current]:bg-accent-soft ${entry.enabled ? '' : 'text-muted'}`}>
      <span className="flex items-center gap-2"><span className="min-w-0 truncate font-medium">{title_of(entry)}</span>{entry.constant && <Badge tone="info">{w('constant')}</Badge>}{!entry.enabled && <Badge>{w('off')}</Badge>}</span>
      <span className="truncate text-xs text-muted">{entry.constant || !entry.comment.trim() ? entry.content : entry.keys.join(', ') || w('entry_no_keys')}</span>
    </Link>
  );
}

function EntryList({ parts, shown, href_of }: { parts: BookParts; shown: number | null; href_of: (uid: number) => string }) {
  const { w } = use_words();
  const { entries } = parts;
  const [search, set_search] = useState('');
  const found = useMemo(() => (search.trim() ? entries.items.filter((entry) => is_found(search, [entry.comment, ...entry.keys, ...entry.secondary_keys, entry.content])) : entries.items), [entries.items, search]);
  const count = parts.book.value!.entries_count;
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <div className="flex shrink-0 items-center gap-2 border-b border-line p-2.5">
        <label className="relative min-w-0 flex-1"><span className="sr-only">{w('entries_search')}</span><Search className="pointer-events-none absolute left-2.5 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden /><input type="search" className="field !pl-8" value={search} placeholder={w('entries_search')} onChange={(event) => set_search(event.target.value)} /></label>
        <IconButton name={w('entry_new')} onClick={() => set_query({ entry: 'new', view: null })}><Plus /></IconButton>
      </div>
      <p role="status" className="shrink-0 border-b border-line px-3.5 py-1.5 text-xs text-muted tabular-nums">{!entries.is_complete ? w('entries_loading', { n: entries.items.length, of: count }) : search.trim() ? w('entries_found', { n: found.length }) : w('entries_count', { n: entries.items.length })}</p>
      <ErrorNote error={entries.error} retry={entries.reload} className="m-3" />
      <div className="min-h-0 flex-1">{entries.items.length === 0 && !entries.is_complete ? <Bones className="p-4" /> : found.length === 0 ? <Empty icon={search ? <Search /> : <BookOpenText />} title={w(search ? 'entries_none' : 'entries_empty')}>{!search && <><p>{w('entries_empty_text')}</p><Button kind="primary" className="mt-3" onClick={() => set_query({ entry: 'new', view: null })}><Plus className="size-4" aria-hidden />{w('entry_new')}</Button></>}</Empty>
        : <WindowedList label={w('entries')} items={found} row_px={row_px} key_of={(entry) => entry.uid} shown={shown} row={(entry) => <EntryRow entry={entry} href={href_of(entry.uid)} is_shown={entry.uid === shown} />} />}</div>
    </div>
  );
}

function Book({ parts }: { parts: BookParts }) {
  const { w } = use_words();
  const { book, entries } = parts;
  const { id, name, version } = book.value!;
  const is_wide = use_wide();
  const query = use_query();
  const view = query.get('view') as View | null;
  const wanted = query.get('entry');
  const uid = wanted && wanted !== 'new' ? Number(wanted) : null;
  const entry = uid === null ? null : (entries.items.find((other) => other.uid === uid) ?? null);
  const href_of = (of: number) => `${lorebook_href(id)}?entry=${of}`;
  const go_to_list = () => navigate(lorebook_href(id));
  const pane = (child: ReactNode) => <div className="h-full overflow-y-auto"><div className="mx-auto max-w-3xl">{child}</div></div>;
  const content = view === 'test' ? <LoreTest book_id={id} version={version} href_of={href_of} />
    : view === 'use' ? pane(<div className="p-4"><h2 className="mb-3 text-base font-semibold">{w('book_use')}</h2><BookUse book={book.value!} /></div>)
    : view === 'setting' ? pane(<div className="p-4"><h2 className="mb-3 text-base font-semibold">{w('book_setting')}</h2><BookSetting book={book.value!} on_change={book.set} reload={book.reload} /></div>)
    : wanted === 'new' ? pane(<EntryPane key="new" entry={null} parts={parts} on_gone={go_to_list} />)
    : entry ? pane(<EntryPane key={entry.uid} entry={entry} parts={parts} on_gone={go_to_list} />)
    : uid !== null && !entries.is_complete ? <Bones className="p-4" />
    : uid !== null ? <Empty icon={<BookOpenText />} title={w('entry_gone')} />
    : null;
  const view_button = (of: View, icon: ReactNode, text: string) => <Button small kind={view === of ? 'primary' : 'plain'} aria-pressed={view === of} onClick={() => set_query({ view: view === of ? null : of })}>{icon}<span className="max-sm:sr-only">{text}</span></Button>;
  const list = <EntryList parts={parts} shown={view ? null : uid} href_of={href_of} />;
  const format = (value: 'sillytavern' | 'character_book' | 'lorebook_v3') => lorebooks_export_url(id, { format: value });
  return (
    <Frame title={name} fills>
      <div className="flex h-full flex-col">
        <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-2">
          {!is_wide && content && <IconButton name={w('entries')} onClick={go_to_list}><ArrowLeft /></IconButton>}
          {view_button('test', <FlaskConical className="size-3.5" aria-hidden />, w('lore_test'))}
          {view_button('use', <Link2 className="size-3.5" aria-hidden />, w('book_use'))}
          {view_button('setting', <Settings2 className="size-3.5" aria-hidden />, w('book_setting'))}
          <span className="flex-1" />
          <ExportMenu small choices={[{ text: 'SillyTavern', note: w('export_sillytavern'), href: format('sillytavern') }, { text: 'character_book', note: w('export_character_book'), href: format('character_book') }, { text: 'lorebook_v3', note: w('export_lorebook_v3'), href: format('lorebook_v3') }]} />
        </div>
        <div className="min-h-0 flex-1">
          {is_wide ? <div className="flex h-full"><div className="w-[22rem] shrink-0 border-r border-line">{list}</div><div className="min-w-0 flex-1">{content ?? <Empty icon={<BookOpenText />} title={w('entry_choose')}>{w('entry_choose_text')}</Empty>}</div></div> : (content ?? list)}
        </div>
      </div>
    </Frame>
  );
}

export function LorebookPage({ lorebook_id }: { lorebook_id: Id }) {
  const { w } = use_words();
  const book = use_load(lorebook_id, () => lorebooks_show(lorebook_id));
  const entries = use_pages(`entries ${lorebook_id}`, (query, options) => lorebooks_entries(lorebook_id, query, options));
  if (book.error?.status === 404 || book.error?.status === 400) return <NotFound />;
  if (book.value) return <Book parts={{ book, entries }} />;
  return <Frame title={w('lorebooks')}>{book.error ? <ErrorNote error={book.error} retry={book.reload} /> : <Bones lines={6} />}</Frame>;
}
