// What can be done with a whole chat.
import { Archive, ArchiveRestore, Columns2, EllipsisVertical, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { chats_change, chats_rm, type Chat } from '../api';
import { use_t } from '../i18n';
import { navigate } from '../router';
import { Button, Confirm, Dialog, ErrorNote, Field, Menu, icon_button, MenuItem, MenuLine } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { use_words } from './words';

function Rename({ chat, on_close }: { chat: Chat; on_close: () => void }) {
  const { t, w } = use_words();
  const [title, set_title] = useState(chat.title);
  const [error, set_error] = useState<unknown>(null);
  const save = () => chats_change(chat.id, { title: title.trim() }).then(on_close, set_error);
  return (
    <Dialog title={w('rename_chat')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!title.trim()} onClick={save}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}><Field label={t('name')} value={title} autoFocus maxLength={200} onChange={(event) => set_title(event.target.value)} /></form>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}

export function ChatMenu({ chat, on_compare }: { chat: Chat; on_compare: (() => void) | null }) {
  const { t } = use_t();
  const { w } = use_words();
  const [open, set_open] = useState<'rename' | 'delete' | null>(null);
  const is_archived = chat.status !== 'active';
  return (
    <>
      <Menu trigger={<button type="button" aria-label={w('chat_actions')} className={icon_button()}><EllipsisVertical /></button>}>
        {on_compare && <MenuItem icon={<Columns2 />} on_select={on_compare}>{t('compare')}</MenuItem>}
        <MenuItem icon={<Pencil />} on_select={() => set_open('rename')}>{t('rename')}</MenuItem>
        <MenuItem icon={is_archived ? <ArchiveRestore /> : <Archive />} on_select={() => void chats_change(chat.id, { status: is_archived ? 'active' : 'archived' }).catch(toast_error)}>{is_archived ? w('restore') : w('archive')}</MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} is_danger on_select={() => set_open('delete')}>{t('delete')}</MenuItem>
      </Menu>
      {open === 'rename' && <Rename chat={chat} on_close={() => set_open(null)} />}
      {open === 'delete' && <Confirm title={w('delete_chat')} action={t('delete')} text={w('delete_chat_text', { title: chat.title || t('chat_untitled') })} on_close={() => set_open(null)} on_confirm={() => chats_rm(chat.id).then(() => navigate('/'))} />}
    </>
  );
}

export function ArchivedNote({ chat }: { chat: Chat }) {
  const { w } = use_words();
  if (chat.status === 'active') return null;
  return (
    <div role="status" className="flex flex-wrap items-center justify-center gap-3 border-b border-line bg-info-soft px-3 py-1.5 text-info">
      {w('archived')}<Button small onClick={() => void chats_change(chat.id, { status: 'active' }).catch(toast_error)}>{w('restore')}</Button>
    </div>
  );
}
