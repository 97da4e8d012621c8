// What can be done with a whole chat.
import { Archive, ArchiveRestore, Braces, Columns2, Download, EllipsisVertical, MessagesSquare, Pencil, Pin, Tag, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { branches_fork, chats_archive, chats_change, chats_export_url, chats_restore, chats_rm, type Chat, type ExportChat, type Id } from '../api';
import { download } from '../download';
import { navigate } from '../router';
import { Button, Confirm, Dialog, ErrorNote, Field, Menu, icon_button, MenuItem, MenuLine, MenuTitle } from '../ui/kit';
import { toast, toast_error } from '../ui/toast';
import { PinnedDialog } from './pinned_dialog';
import { TagsDialog } from './tags_dialog';
import { use_words } from './words';

const VarsDialog = lazy(() => import('./vars_dialog'));

function Rename({ chat, on_change, on_close }: { chat: Chat; on_change: (chat: Chat) => void; on_close: () => void }) {
  const { t, w } = use_words();
  const [title, set_title] = useState(chat.title);
  const [error, set_error] = useState<unknown>(null);
  const save = () => chats_change(chat.id, { title: title.trim() }).then((changed) => { on_change(changed); on_close(); }, set_error);
  return (
    <Dialog title={w('rename_chat')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!title.trim()} onClick={save}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}><Field label={t('name')} value={title} autoFocus maxLength={200} onChange={(event) => set_title(event.target.value)} /></form>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}

interface Props {
  chat: Chat;
  /** The branch that is shown; the active one when absent. */
  branch_id?: Id;
  on_compare?: (() => void) | null;
  /** What the chat has become; null when it is gone for good. */
  on_change: (chat: Chat | null) => void;
  /** In a list: tells this menu from those of other chats. */
  label?: string;
}

export function ChatMenu({ chat, branch_id = chat.active_branch_id, on_compare = null, on_change, label }: Props) {
  const { t, w } = use_words();
  const [open, set_open] = useState<'rename' | 'tags' | 'vars' | 'pinned' | 'delete' | null>(null);
  const close = () => set_open(null);
  const act = (change: Promise<Chat>) => void change.then(on_change, toast_error);
  const fork = () => branches_fork(branch_id, {}).then((made) => navigate(`/chats/${made.id}`), toast_error);
  const to_trash = () => chats_rm(chat.id).then(() => { toast(w('to_trash_done')); on_change({ ...chat, status: 'deleted' }); }, toast_error);
  const save_as = (format: NonNullable<ExportChat['format']>) => download(chats_export_url(chat.id, { format, ...(format === 'jsonl' ? {} : { branch_id }) }));
  return (
    <>
      <Menu trigger={<button type="button" aria-label={label ?? w('chat_actions')} className={icon_button()}><EllipsisVertical /></button>}>
        {on_compare && <MenuItem icon={<Columns2 />} on_select={on_compare}>{t('compare')}</MenuItem>}
        <MenuItem icon={<Pencil />} on_select={() => set_open('rename')}>{t('rename')}</MenuItem>
        <MenuItem icon={<Tag />} on_select={() => set_open('tags')}>{w('tags')}</MenuItem>
        {!label && <MenuItem icon={<Braces />} on_select={() => set_open('vars')}>{w('vars')}</MenuItem>}
        {!label && <MenuItem icon={<Pin />} on_select={() => set_open('pinned')}>{w('pinned')}</MenuItem>}
        {!chat.app_id && <MenuItem icon={<MessagesSquare />} on_select={() => void fork()}>{w('fork_branch')}</MenuItem>}
        {chat.status === 'active' ? <MenuItem icon={<Archive />} on_select={() => act(chats_archive(chat.id))}>{w('archive')}</MenuItem> : <MenuItem icon={<ArchiveRestore />} on_select={() => act(chats_restore(chat.id))}>{w('restore')}</MenuItem>}
        <MenuLine />
        <MenuTitle>{w('export')}</MenuTitle>
        <MenuItem icon={<Download />} on_select={() => save_as('jsonl')}>{w('export_jsonl')}<span className="block text-xs text-muted">{w('export_jsonl_note')}</span></MenuItem>
        <MenuItem icon={<Download />} on_select={() => save_as('markdown')}>{w('export_markdown')}<span className="block text-xs text-muted">{w('export_branch_note')}</span></MenuItem>
        <MenuItem icon={<Download />} on_select={() => save_as('sillytavern')}>{w('export_sillytavern')}<span className="block text-xs text-muted">{w('export_branch_note')}</span></MenuItem>
        {!chat.app_id && <MenuLine />}
        {!chat.app_id && (chat.status === 'deleted' ? <MenuItem icon={<Trash2 />} is_danger on_select={() => set_open('delete')}>{w('delete_for_good')}</MenuItem> : <MenuItem icon={<Trash2 />} is_danger on_select={() => void to_trash()}>{w('to_trash')}</MenuItem>)}
      </Menu>
      {open === 'rename' && <Rename chat={chat} on_change={on_change} on_close={close} />}
      {open === 'tags' && <TagsDialog chat={chat} on_change={on_change} on_close={close} />}
      {open === 'vars' && <Suspense><VarsDialog chat={chat} on_change={on_change} on_close={close} /></Suspense>}
      {open === 'pinned' && <PinnedDialog branch_id={branch_id} on_close={close} />}
      {open === 'delete' && <Confirm title={w('delete_chat')} action={w('delete_for_good')} text={w('delete_chat_text', { title: chat.title || t('chat_untitled') })} on_close={close} on_confirm={() => chats_rm(chat.id).then(() => on_change(null))} />}
    </>
  );
}

/** Says of a chat that is put away where it is, and offers to bring it back. */
export function AwayNote({ chat }: { chat: Chat }) {
  const { w } = use_words();
  if (chat.status === 'active') return null;
  return (
    <div role="status" className="flex flex-wrap items-center justify-center gap-3 border-b border-line bg-info-soft px-3 py-1.5 text-info">
      {w(chat.status === 'archived' ? 'archived' : 'in_trash')}<Button small onClick={() => void chats_restore(chat.id).catch(toast_error)}>{w('restore')}</Button>
    </div>
  );
}
