// All chats: found by words and by tags, put away and brought back, taken from files and saved to them.
import { AppWindow, Inbox, MessageSquareText, Plus, Search, Tag, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { chats_create, chats_tags, import_chats, type Chat, type Imported } from '../api';
import { ChatMenu } from '../chat/chat_menu';
import { use_words } from '../chat/chats_words';
import { use_chats, type Filter } from '../chat/use_chats';
import { use_words as use_chat_words } from '../chat/words';
import { time_ago } from '../i18n';
import { ImportResults, use_import } from '../library/file_import';
import { DropZone, FileButton } from '../library/parts';
import { use_load } from '../load';
import { Link, navigate, set_query, use_query } from '../router';
import { Badge, Bones, Button, Choice, Empty, ErrorNote } from '../ui/kit';
import { Shell, use_title } from '../ui/shell';
import { toast_error } from '../ui/toast';

const chat_files = '.json,.jsonl,application/json';
const chats_bytes_max = 64 * 1024 * 1024;
/** What is typed faster is asked for once. */
const rest_ms = 200;
const formats: Record<Imported['format'], string> = { jsonl: 'Ramify', sillytavern: 'SillyTavern', open_webui: 'Open WebUI', chatgpt: 'ChatGPT' };
type Status = Chat['status'];

const href_of = (chat: Chat) => (chat.app_id ? `/apps/${chat.app_id}` : `/chats/${chat.id}`);

function Row({ chat, on_change }: { chat: Chat; on_change: (chat: Chat | null) => void }) {
  const { t, w, language } = use_words();
  const { w: of_chat } = use_chat_words();
  const title = chat.title || t('chat_untitled');
  return (
    <li className="chat-row relative flex items-center gap-3 py-1.5 pl-4 pr-2 hover:bg-hover has-[a.opens:focus-visible]:outline-2 has-[a.opens:focus-visible]:outline-accent">
      <MessageSquareText className="size-4 shrink-0 text-muted max-sm:hidden" aria-hidden />
      <div className="min-w-0 flex-1 py-1">
        <p className="flex items-center gap-2"><Link href={href_of(chat)} className="opens min-w-0 truncate font-medium outline-none after:absolute after:inset-0">{title}</Link>{chat.app_id && <Badge><AppWindow className="size-3" aria-hidden />{w('app')}</Badge>}</p>
        {chat.tags.length > 0 && <ul aria-label={w('tags')} className="mt-1 flex flex-wrap gap-1">{chat.tags.map((tag) => <li key={tag} className="max-w-40 truncate rounded-md bg-sunken px-1.5 py-0.5 text-[0.7rem] leading-4 text-muted">{tag}</li>)}</ul>}
      </div>
      <span className="shrink-0 text-xs text-muted">{time_ago(chat.last_message_at ?? chat.created_at, language)}</span>
      <span className="relative z-10"><ChatMenu chat={chat} label={of_chat('chat_actions_of', { title })} on_change={on_change} /></span>
    </li>
  );
}

function Tags({ chosen, turn }: { chosen: string | null; turn: number }) {
  const { w } = use_words();
  const tags = use_load(`tags:${turn}`, chats_tags, { keeps_old: true }).value?.items ?? [];
  if (tags.length === 0 && !chosen) return null;
  const shown = chosen && !tags.some(({ tag }) => tag === chosen) ? [{ tag: chosen, chats_count: 0 }, ...tags] : tags;
  return (
    <div role="group" aria-label={w('tags')} className="mb-4 flex max-h-24 flex-wrap items-center gap-1.5 overflow-y-auto p-0.5">
      <Tag className="size-4 shrink-0 text-muted" aria-hidden />
      {shown.map(({ tag, chats_count }) => (
        <button key={tag} type="button" aria-pressed={tag === chosen} aria-label={w('tag_show', { tag, n: chats_count })} onClick={() => set_query({ tag: tag === chosen ? null : tag })}
          className="flex max-w-48 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 py-0.5 text-xs hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent pointer-coarse:py-2"><span className="truncate">{tag}</span>{tag === chosen ? <X className="size-3" aria-hidden /> : <span className="text-muted tabular-nums">{chats_count}</span>}</button>
      ))}
    </div>
  );
}

function None({ filter, on_import }: { filter: Filter; on_import: (files: File[]) => void }) {
  const { t, w } = use_words();
  if (filter.query || filter.tag) return <Empty icon={<Search />} title={w('none_found')}>{w('none_found_text')}</Empty>;
  if (filter.status === 'archived') return <Empty icon={<Inbox />} title={w('none_archived')}>{w('none_archived_text')}</Empty>;
  if (filter.status === 'deleted') return <Empty icon={<Inbox />} title={w('none_trash')}>{w('none_trash_text')}</Empty>;
  return (
    <div className="card border-dashed shadow-none"><Empty icon={<MessageSquareText />} title={w('none')}><p>{w('none_text')}</p>
      <div className="mt-4 flex flex-wrap justify-center gap-2"><Button kind="primary" onClick={begin}><Plus className="size-4" aria-hidden />{t('chat_new')}</Button><FileButton text={w('import')} accept={chat_files} is_multiple on_files={on_import} /></div></Empty></div>
  );
}

const begin = () => void chats_create({}).then((chat) => navigate(`/chats/${chat.id}`), toast_error);

export function ChatsPage() {
  const { t, w } = use_words();
  use_title(t('chats'));
  const query = use_query();
  const status = (['archived', 'deleted'] as Status[]).find((known) => known === query.get('status')) ?? 'active';
  const [tag, words] = [query.get('tag'), query.get('query') ?? ''];
  const [typed, set_typed] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => set_query({ query: typed.trim() || null }), rest_ms);
    return () => clearTimeout(timer);
  }, [typed]);
  const filter: Filter = { status, ...(tag ? { tag } : {}), ...(words ? { query: words } : {}) };
  const chats = use_chats(filter);
  const [tags_turn, set_tags_turn] = useState(0);
  const imports = use_import((file) => import_chats(file).then(({ format, chat_ids, messages_count, warnings }) => ({
    name: `${formats[format]}: ${w('imported', { n: chat_ids.length })}, ${t('messages_count', { n: messages_count })}`, href: chat_ids.length === 1 ? `/chats/${chat_ids[0]}` : '/chats', warnings,
  })), chats_bytes_max, () => { chats.reload(); set_tags_turn((old) => old + 1); });
  const put = (id: string) => (chat: Chat | null) => {
    chats.put(id, chat);
    set_tags_turn((old) => old + 1);
  };
  return (
    <Shell crumbs={[{ text: t('chats') }]}>
      <div className="h-full overflow-y-auto"><div className="mx-auto max-w-4xl px-4 py-6">
        <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
          <div className="min-w-0 flex-1 basis-64"><h1 className="text-xl font-semibold">{t('chats')}</h1><p className="mt-0.5 max-w-2xl text-muted">{w('text')}</p></div>
          <div className="flex flex-wrap gap-2"><FileButton text={w('import')} accept={chat_files} is_multiple on_files={imports.take} /><Button kind="primary" onClick={begin}><Plus className="size-4" aria-hidden />{t('chat_new')}</Button></div>
        </div>
        <DropZone text={w('drop')} on_files={imports.take}>
          <ImportResults results={imports.results} on_close={imports.clear} />
          <div className="mb-3 flex flex-wrap items-center gap-2">
            <label className="relative min-w-0 flex-1 basis-56"><span className="sr-only">{w('search')}</span><Search className="pointer-events-none absolute left-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden />
              <input type="search" className="field !pl-9" value={typed} placeholder={w('search')} onChange={(event) => set_typed(event.target.value)} /></label>
            <Choice<Status> label={w('which')} value={status} on_change={(next) => set_query({ status: next === 'active' ? null : next })} options={[{ value: 'active', text: w('active') }, { value: 'archived', text: w('archived') }, { value: 'deleted', text: w('trash') }]} />
          </div>
          <Tags chosen={tag} turn={tags_turn} />
          <ErrorNote error={chats.error} retry={chats.reload} className="mb-3" />
          {!chats.is_loaded ? !chats.error && <Bones lines={6} />
            : chats.items.length === 0 ? <None filter={filter} on_import={imports.take} />
            : <ul aria-label={t('chats')} className="card divide-y divide-line overflow-hidden">{chats.items.map((chat) => <Row key={chat.id} chat={chat} on_change={put(chat.id)} />)}</ul>}
          {chats.items.length > 0 && (chats.more || chats.is_loading) && <div className="mt-4 text-center"><Button is_busy={chats.is_loading} disabled={!chats.more} onClick={() => chats.more?.()}>{w('show_more')}</Button></div>}
          <p role="status" className="sr-only">{chats.is_loaded ? w('found', { n: chats.items.length }) : ''}</p>
        </DropZone>
      </div></div>
    </Shell>
  );
}
