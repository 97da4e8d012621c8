// Two branches of one chat, side by side. One stream serves both.
import { ArrowLeftRight, Maximize2 } from 'lucide-react';
import { useState } from 'react';
import { type Id } from '../api';
import { branch_title } from '../chat/branch_tree';
import { ChatPane } from '../chat/chat_pane';
import { hue_of } from '../chat/hues';
import { use_chat, type LiveChat } from '../chat/use_chat';
import { use_t } from '../i18n';
import { navigate, set_query, use_query } from '../router';
import { Choice, Empty, ErrorNote, IconButton, SafePart } from '../ui/kit';
import { Shell, use_title, use_wide } from '../ui/shell';
import { BranchSelect, type Side } from './compare_page';
import { NotFound } from './not_found';

function Column({ live, chat_id, side, branch_id }: { live: LiveChat; chat_id: Id; side: Side; branch_id: Id }) {
  const { t } = use_t();
  const title = branch_title(live.state.branches[branch_id], t('branch_main'));
  return (
    <section aria-label={title} data-side={side} className={`flex min-h-0 min-w-0 flex-1 flex-col ${hue_of(live.state.branches, branch_id)}`}>
      <header className="flex h-11 shrink-0 items-center gap-2 border-b-2 hue-line hue-soft px-2">
        <BranchSelect live={live} side={side} branch_id={branch_id} />
        <span className="flex-1" />
        <IconButton name={t('branch_open')} onClick={() => navigate(`/chats/${chat_id}?branch=${branch_id}`)}><Maximize2 /></IconButton>
      </header>
      <div className="min-h-0 flex-1">
        <ChatPane label={`${t('chat')} · ${title}`} live={live} chat_id={chat_id} branch_id={branch_id} app_id={null} versions={[]} on_branch={(id) => set_query({ [side]: id })} on_version={() => {}} />
      </div>
    </section>
  );
}

export function CompareChatPage({ chat_id }: { chat_id: Id }) {
  const { t } = use_t();
  const query = use_query();
  const is_wide = use_wide();
  const live = use_chat(chat_id);
  const [side, set_side] = useState<Side>('left');
  const { chat, branches } = live.state;
  const left = query.get('left') ?? chat?.active_branch_id ?? null;
  const right = query.get('right') ?? Object.keys(branches).find((id) => id !== left) ?? null;
  const title = chat?.title || t('chat');
  use_title(`${title} · ${t('compare')}`);
  if (live.error?.status === 404 || live.state.is_deleted) return <NotFound />;
  const sides: [Side, Id | null][] = is_wide ? [['left', left], ['right', right]] : [side === 'left' ? ['left', left] : ['right', right]];
  const controls = (
    <>
      {!is_wide && <Choice<Side> label={t('compare_side')} value={side} on_change={set_side} options={[{ value: 'left', text: t('left') }, { value: 'right', text: t('right') }]} />}
      {right && <IconButton name={t('swap_sides')} onClick={() => set_query({ left: right, right: left })}><ArrowLeftRight /></IconButton>}
    </>
  );
  return (
    <Shell crumbs={[{ text: title, href: `/chats/${chat_id}${left ? `?branch=${left}` : ''}` }, { text: t('compare') }]} is_heading middle={is_wide && controls}>
      <div className="flex h-full flex-col">
        {!is_wide && <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-2">{controls}</div>}
        {live.error ? <ErrorNote error={live.error} className="m-4" /> : (
          <div className="flex min-h-0 flex-1 divide-x divide-line-strong">
            {sides.map(([name, id]) => (id && branches[id]
              ? <SafePart key={name}><Column live={live} chat_id={chat_id} side={name} branch_id={id} /></SafePart>
              : <div key={name} className="flex-1">{chat && <Empty title={t('compare_empty')}>{t('compare_empty_text')}</Empty>}</div>))}
          </div>
        )}
      </div>
    </Shell>
  );
}
