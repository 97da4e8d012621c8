// Finds what was said, in any chat: Ctrl+K. Arrows choose, Enter goes to the message.
import { MessageSquareText, Search } from 'lucide-react';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import { chats_ls, chats_search, type Found } from '../api';
import { time_ago } from '../i18n';
import { use_load } from '../load';
import { navigate } from '../router';
import { Badge, Dialog, ErrorNote } from '../ui/kit';
import { marked_pieces } from './marked';
import { use_words } from './words';

/** What is typed faster is asked for once. */
const rest_ms = 150;

interface Row { key: string; title: string; is_archived: boolean; excerpt: string; matches: string[]; time: string; address: string }

function row_of(found: Found): Row {
  const query = new URLSearchParams({ ...(found.branch_id && { branch: found.branch_id }), ...(found.message_id && { message: found.message_id }) }).toString();
  return {
    key: found.message_id ?? found.chat_id, title: found.chat_title, is_archived: found.chat_status !== 'active', excerpt: found.message_id ? found.excerpt : '', matches: found.matches, time: found.created_at,
    address: `/chats/${found.chat_id}${query && `?${query}`}`,
  };
}

async function rows_for(query: string): Promise<Row[]> {
  if (query) return (await chats_search({ query, limit: 30 })).items.map(row_of);
  const { items } = await chats_ls({ limit: 10 });
  return items.map((chat) => ({ key: chat.id, title: chat.title, is_archived: chat.status !== 'active', excerpt: '', matches: [], time: chat.updated_at, address: chat.app_id ? `/apps/${chat.app_id}` : `/chats/${chat.id}` }));
}

const Marked = ({ text, words }: { text: string; words: string[] }) => (
  <>{marked_pieces(text, words).map((piece, index) => (piece.is_marked ? <mark key={index} className="rounded-sm bg-accent-soft text-accent">{piece.text}</mark> : piece.text))}</>
);

export default function SearchPalette({ on_close }: { on_close: () => void }) {
  const { t, w, language } = use_words();
  const id = useId();
  const [text, set_text] = useState('');
  const [query, set_query] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => set_query(text.trim()), rest_ms);
    return () => clearTimeout(timer);
  }, [text]);
  const found = use_load(`search:${query}`, () => rows_for(query), { keeps_old: true });
  const rows = found.value ?? [];
  const [chosen, set_chosen] = useState(0);
  useEffect(() => set_chosen(0), [found.value]);
  useEffect(() => { document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' }); }, [id, chosen]);
  const go = (row: Row | undefined) => {
    if (!row) return;
    on_close();
    navigate(row.address);
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step) set_chosen((old) => Math.min(Math.max(0, old + step), Math.max(0, rows.length - 1)));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) go(rows[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={w('search')} on_close={on_close} wide>
      <div className="sticky -top-4 z-10 -mx-5 -mt-4 border-b border-line bg-surface px-5 py-3">
        <div className="flex items-center gap-2 rounded-xl border border-line-strong bg-raised px-3 focus-within:border-accent">
          <Search className="size-4 shrink-0 text-muted" aria-hidden />
          <input role="combobox" aria-expanded={rows.length > 0} aria-controls={id} aria-activedescendant={rows.length > 0 ? `${id}-${chosen}` : undefined} aria-label={w('search')} autoComplete="off" spellCheck={false}
            value={text} placeholder={w('search_placeholder')} onChange={(event) => set_text(event.target.value)} onKeyDown={press} className="h-10 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted max-sm:text-base" />
        </div>
      </div>
      <ErrorNote error={found.error} className="mt-3" />
      {!query && rows.length > 0 && <p className="pt-3 text-xs font-medium text-muted">{w('search_recent')}</p>}
      {query && found.value && !found.is_loading && rows.length === 0 && <p role="status" className="py-8 text-center text-muted">{w('search_nothing')}</p>}
      <ul id={id} role="listbox" aria-label={w('search_found')} className="min-h-40 pt-2">
        {rows.map((row, index) => (
          <li key={row.key} id={`${id}-${index}`} role="option" aria-selected={index === chosen} onClick={() => go(row)} onPointerMove={() => set_chosen(index)} className="flex cursor-pointer items-start gap-3 rounded-xl px-3 py-2 aria-selected:bg-hover">
            <MessageSquareText className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
            <span className="min-w-0 flex-1">
              <span className="flex items-center gap-2"><span className="truncate font-medium"><Marked text={row.title || t('chat_untitled')} words={row.matches} /></span>{row.is_archived && <Badge>{w('archived_short')}</Badge>}<span className="ml-auto shrink-0 text-xs text-muted">{time_ago(row.time, language)}</span></span>
              {row.excerpt && <span className="line-clamp-2 text-muted"><Marked text={row.excerpt} words={row.matches} /></span>}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
