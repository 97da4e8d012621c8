// Two branches of one app, side by side: what was said last and what runs. One stream serves both chats.
import { ArrowLeftRight, Maximize2, MessageSquareText, MonitorPlay } from 'lucide-react';
import { useState } from 'react';
import { apps_show, versions_ls, type App, type Id, type Version } from '../api';
import { PreviewBadge, PreviewFrame, reloads_itself } from '../app/preview_pane';
import { use_preview } from '../app/use_preview';
import { branch_title } from '../chat/branch_tree';
import { ChatPane } from '../chat/chat_pane';
import { add_to_draft } from '../chat/drafts';
import { hue_of } from '../chat/hues';
import { use_chat, type LiveChat } from '../chat/use_chat';
import { use_t } from '../i18n';
import { use_load } from '../load';
import { navigate, set_query, use_query } from '../router';
import { Choice, Empty, ErrorNote, IconButton, SafePart } from '../ui/kit';
import { Shell, use_title, use_wide } from '../ui/shell';
import { NotFound } from './not_found';

export type Side = 'left' | 'right';

/** Which branch a side shows. */
export function BranchSelect({ live, side, branch_id }: { live: LiveChat; side: Side; branch_id: Id }) {
  const { t } = use_t();
  return (
    <select aria-label={t(side === 'left' ? 'branch_left' : 'branch_right')} className="field !h-8 !w-auto min-w-0 max-w-64 !py-0 font-medium" value={branch_id} onChange={(event) => set_query({ [side]: event.target.value })}>
      {Object.values(live.state.branches).map((branch) => <option key={branch.id} value={branch.id}>{branch_title(branch, t('branch_main'))}</option>)}
    </select>
  );
}

function Column({ app, live, side, branch_id, versions, shows_chat }: { app: App; live: LiveChat; side: Side; branch_id: Id; versions: Version[]; shows_chat: boolean }) {
  const { t } = use_t();
  const preview = use_preview(app.id, branch_id);
  const version = versions.find((other) => other.id === live.state.branches[branch_id]?.current_version_id);
  const open = () => navigate(`/apps/${app.id}?branch=${branch_id}`);
  return (
    <section aria-label={branch_title(live.state.branches[branch_id], t('branch_main'))} data-side={side} className={`flex min-h-0 min-w-0 flex-1 flex-col ${hue_of(live.state.branches, branch_id)}`}>
      <header className="flex h-11 shrink-0 items-center gap-2 border-b-2 hue-line hue-soft px-2">
        <BranchSelect live={live} side={side} branch_id={branch_id} />
        {version && <span className="font-mono text-xs text-muted">v{version.number}</span>}
        <span className="flex-1" />
        <PreviewBadge preview={preview.state.preview} />
        <IconButton name={t('branch_open')} onClick={open}><Maximize2 /></IconButton>
      </header>
      <PreviewFrame live={preview} reloads={!reloads_itself(app.template)} title={`${t('preview')} · ${branch_title(live.state.branches[branch_id], t('branch_main'))}`} on_fix={(text) => { add_to_draft(app.chat_id, branch_id, text); open(); }} />
      {shows_chat && (
        <div className="h-[42%] min-h-0 shrink-0 border-t border-line bg-bg">
          <SafePart><ChatPane label={`${t('chat')} · ${branch_title(live.state.branches[branch_id], t('branch_main'))}`} live={live} chat_id={app.chat_id} branch_id={branch_id} app_id={app.id} versions={versions} on_branch={(id) => set_query({ [side]: id })} on_version={(id) => navigate(`/apps/${app.id}?branch=${branch_id}&tab=versions&version=${id}`)} /></SafePart>
        </div>
      )}
    </section>
  );
}

function CompareScreen({ app }: { app: App }) {
  const { t } = use_t();
  const query = use_query();
  const is_wide = use_wide();
  const live = use_chat(app.chat_id);
  const versions = use_load(`versions:${app.id}:${live.state.versions_seen}`, async () => (await versions_ls(app.id, { limit: 200 })).items, { keeps_old: true }).value ?? [];
  const [shown, set_shown] = useState<'both' | 'preview'>('both');
  const [side, set_side] = useState<Side>('left');
  const ids = Object.keys(live.state.branches);
  const left = query.get('left') ?? app.branch_id;
  const right = query.get('right') ?? ids.find((id) => id !== left) ?? null;
  use_title(`${app.name} · ${t('compare')}`);
  const sides: [Side, Id | null][] = is_wide ? [['left', left], ['right', right]] : [side === 'left' ? ['left', left] : ['right', right]];
  const controls = (
    <>
        {!is_wide && <Choice<Side> label={t('compare_side')} value={side} on_change={set_side} options={[{ value: 'left', text: t('left') }, { value: 'right', text: t('right') }]} />}
        <Choice label={t('compare_shows')} value={shown} on_change={set_shown} options={[{ value: 'both', text: t('compare_both'), icon: <MessageSquareText /> }, { value: 'preview', text: t('compare_preview'), icon: <MonitorPlay /> }]} />
        {right && <IconButton name={t('swap_sides')} onClick={() => set_query({ left: right, right: left })}><ArrowLeftRight /></IconButton>}
    </>
  );
  return (
    <Shell crumbs={[{ text: app.name, href: `/apps/${app.id}?branch=${left}` }, { text: t('compare') }]} is_heading middle={is_wide && controls}>
      <div className="flex h-full flex-col">
        {!is_wide && <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-2">{controls}</div>}
      {live.error ? <ErrorNote error={live.error} className="m-4" /> : (
        <div className="flex min-h-0 flex-1 divide-x divide-line-strong">
          {sides.map(([name, id]) => (id && live.state.branches[id]
            ? <SafePart key={name}><Column app={app} live={live} side={name} branch_id={id} versions={versions} shows_chat={shown === 'both'} /></SafePart>
            : <div key={name} className="flex-1">{live.state.chat && <Empty title={t('compare_empty')}>{t('compare_empty_text')}</Empty>}</div>))}
        </div>
      )}
      </div>
    </Shell>
  );
}

export function ComparePage({ app_id }: { app_id: Id }) {
  const app = use_load(`app:${app_id}`, () => apps_show(app_id));
  if (app.error?.status === 404) return <NotFound />;
  if (app.error) return <Shell crumbs={[]}><ErrorNote error={app.error} retry={app.reload} className="m-4" /></Shell>;
  if (!app.value) return <Shell crumbs={[{ text: '…' }]}><div className="skeleton m-4 h-40" /></Shell>;
  return <CompareScreen app={app.value} />;
}
