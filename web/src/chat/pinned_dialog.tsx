// The pinned messages of a branch, and the way to each.
import { PinOff } from 'lucide-react';
import { messages_pinned, messages_unpin, type Id } from '../api';
import { use_load } from '../load';
import { set_query } from '../router';
import { Bones, Dialog, ErrorNote, IconButton } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { use_words } from './words';

export function PinnedDialog({ branch_id, on_close }: { branch_id: Id; on_close: () => void }) {
  const { w } = use_words();
  const pinned = use_load(`pinned ${branch_id}`, () => messages_pinned(branch_id));
  const go = (message_id: Id) => {
    on_close();
    set_query({ branch: branch_id, message: message_id });
  };
  return (
    <Dialog title={w('pinned')} on_close={on_close}>
      <p className="mb-3 text-muted">{w('pinned_text')}</p>
      {pinned.error ? <ErrorNote error={pinned.error} retry={pinned.reload} /> : !pinned.value ? <Bones lines={3} /> : pinned.value.items.length === 0 ? <p className="text-muted">{w('pinned_none')}</p> : (
        <ul aria-label={w('pinned')} className="card divide-y divide-line">
          {pinned.value.items.map((message) => (
            <li key={message.id} className="pinned flex items-center gap-2 py-1 pl-4 pr-2">
              <button type="button" onClick={() => go(message.id)} className="min-w-0 flex-1 py-1 text-left hover:underline"><span className="block text-xs text-muted tabular-nums">{w(`role_${message.role}`)} · {message.seq}</span><span className="line-clamp-2 break-words">{message.text}</span></button>
              <IconButton small name={w('unpin')} onClick={() => messages_unpin(message.id).then(pinned.reload, toast_error)}><PinOff /></IconButton>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
