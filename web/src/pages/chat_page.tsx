// A chat without an app: only the conversation.
import { BookUser } from 'lucide-react';
import { Suspense, lazy, useCallback, useState } from 'react';
import { type Id } from '../api';
import { BranchTree } from '../chat/branch_tree';
import { ChatPane } from '../chat/chat_pane';
import { AwayNote, ChatMenu } from '../chat/chat_menu';
import { use_chat } from '../chat/use_chat';
import { use_t } from '../i18n';
import { navigate, set_query, use_query } from '../router';
import { Dialog, IconButton } from '../ui/kit';
import { Shell, use_title } from '../ui/shell';
import { BranchButton, use_branch } from './app_page';
import { NotFound } from './not_found';

const ChatSetting = lazy(() => import('../library/chat_setting'));

export function ChatPage({ chat_id }: { chat_id: Id }) {
  const { t } = use_t();
  const live = use_chat(chat_id);
  const query = use_query();
  const branch_id = use_branch(live, null, query.get('branch'), useCallback(() => set_query({ branch: null }), []));
  const [shows_branches, set_shows_branches] = useState(false);
  const [shows_setting, set_shows_setting] = useState(false);
  const title = live.state.chat?.title || t('chat');
  use_title(title);
  const on_branch = useCallback((id: Id) => {
    set_shows_branches(false);
    set_query({ branch: id });
  }, []);
  const compare = (other_id: Id) => navigate(`/chats/${chat_id}/compare?left=${branch_id}&right=${other_id}`);
  const other = Object.values(live.state.branches).findLast((branch) => branch.id !== branch_id);
  if (live.error?.status === 404 || live.state.is_deleted) return <NotFound />;
  const app_id = live.state.chat?.app_id;
  return (
    <Shell crumbs={[{ text: t('chats'), href: '/chats' }, { text: title }]} is_heading middle={
      <>
        <BranchButton live={live} branch_id={branch_id} on_click={() => set_shows_branches(true)} />
        <IconButton name={t('chat_setting')} onClick={() => set_shows_setting(true)}><BookUser /></IconButton>
        {live.state.chat && <ChatMenu chat={live.state.chat} {...(branch_id ? { branch_id } : {})} on_compare={other ? () => compare(other.id) : null} on_change={(chat) => { if (!chat || chat.status === 'deleted') navigate('/chats'); }} />}
      </>
    }>
      <div className="flex h-full flex-col">
      {live.state.chat && <AwayNote chat={live.state.chat} />}
      {branch_id && <div className="min-h-0 flex-1"><ChatPane live={live} chat_id={chat_id} branch_id={branch_id} app_id={null} versions={[]} on_branch={on_branch} on_version={() => { if (app_id) navigate(`/apps/${app_id}`); }} focus_id={query.get('message')} autofocus /></div>}
      </div>
      {shows_branches && branch_id && <Dialog title={t('branches')} on_close={() => set_shows_branches(false)}><BranchTree state={live.state} current_id={branch_id} versions={[]} on_open={on_branch} on_compare={compare} /></Dialog>}
      {shows_setting && live.state.chat && <Suspense><ChatSetting chat={live.state.chat} on_close={() => set_shows_setting(false)} /></Suspense>}
    </Shell>
  );
}
