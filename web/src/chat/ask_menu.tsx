// What can be asked of the model without saying anything, and what can be said without asking it.
import { Bot, MessageSquarePlus, MessageSquareReply, NotebookPen, Sparkles, TextCursorInput, UserPen } from 'lucide-react';
import type { Message } from '../api';
import { is_running } from '../chat_state';
import { Key, Menu, MenuItem, MenuLine, MenuTitle, icon_button } from '../ui/kit';
import { use_words } from './words';

/** What a model can be asked for without a message. */
export type Ask = 'generate' | 'continue' | 'impersonate';

/** Whether there is something to go on from; an answer about an app is whole, or is not applied. */
export const can_continue = (last: Message | undefined, app_id: string | null): boolean =>
  !app_id && last?.role === 'assistant' && !is_running(last.variant.generation) && last.text.trim() !== '';

export function AskMenu({ last, app_id, text, is_busy, on_ask, on_add }:
  { last: Message | undefined; app_id: string | null; text: string; is_busy: boolean; on_ask: (ask: Ask) => void; on_add: (role: Message['role']) => void }) {
  const { w } = use_words();
  const has_text = text.trim() !== '';
  return (
    <Menu align="start" trigger={<button type="button" aria-label={w('ask_menu')} title={w('ask_menu')} className={icon_button()}><Sparkles /></button>}>
      <MenuTitle>{w('ask_title')}</MenuTitle>
      <MenuItem icon={<TextCursorInput />} disabled={is_busy || !can_continue(last, app_id)} on_select={() => on_ask('continue')}><span className="flex items-center justify-between gap-3">{w('ask_continue')}<Key>C</Key></span></MenuItem>
      <MenuItem icon={<MessageSquareReply />} disabled={is_busy || !last} on_select={() => on_ask('generate')}>{w(last?.role === 'assistant' ? 'ask_generate_more' : 'ask_generate')}</MenuItem>
      <MenuItem icon={<UserPen />} disabled={is_busy || !last} on_select={() => on_ask('impersonate')}>{w('ask_impersonate')}<span className="block text-xs text-muted">{w('ask_impersonate_note')}</span></MenuItem>
      <MenuLine />
      <MenuTitle>{w(has_text ? 'add_title' : 'add_title_empty')}</MenuTitle>
      <MenuItem icon={<MessageSquarePlus />} disabled={!has_text} on_select={() => on_add('user')}>{w('add_user')}</MenuItem>
      <MenuItem icon={<Bot />} disabled={!has_text} on_select={() => on_add('assistant')}>{w('add_assistant')}</MenuItem>
      <MenuItem icon={<NotebookPen />} disabled={!has_text} on_select={() => on_add('system')}>{w('add_system')}</MenuItem>
    </Menu>
  );
}
