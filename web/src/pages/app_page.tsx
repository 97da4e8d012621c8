// One app: its conversation beside what grows from it.
import { Columns2, FileCode, GitBranch, History, MessageSquareText, MonitorPlay, ScrollText } from 'lucide-react';
import * as Tabs from '@radix-ui/react-tabs';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { apps_show, versions_ls, type App, type Id } from '../api';
import { use_edited_paths } from '../app/edits';
import { FilesPane } from '../app/files_pane';
import { LogsPane } from '../app/logs_pane';
import { PreviewPane, reloads_itself } from '../app/preview_pane';
import { use_database } from '../app/database_line';
import { use_preview } from '../app/use_preview';
import { VersionsPane } from '../app/versions_pane';
import { BranchTree, branch_title } from '../chat/branch_tree';
import { ChatPane } from '../chat/chat_pane';
import { messages_of, running_generation } from '../chat_state';
import { add_to_draft } from '../chat/drafts';
import { hue_of } from '../chat/hues';
import { use_chat, type LiveChat } from '../chat/use_chat';
import { use_t, type Key } from '../i18n';
import { use_load, type Loaded } from '../load';
import { navigate, set_query, use_query } from '../router';
import { Shell, use_title, use_wide } from '../ui/shell';
import { Dialog, ErrorNote, IconButton, SafePart } from '../ui/kit';
import { Split } from '../ui/split';
import { toast } from '../ui/toast';
import { NotFound } from './not_found';

type Tab = 'preview' | 'files' | 'versions' | 'logs';
const tabs: { value: Tab; key: Key; icon: typeof History }[] = [
  { value: 'preview', key: 'preview', icon: MonitorPlay }, { value: 'files', key: 'files', icon: FileCode },
  { value: 'versions', key: 'versions', icon: History }, { value: 'logs', key: 'logs', icon: ScrollText },
];

/** The branch that the address names, else the active one; a branch that is gone gives way to it. */
export function use_branch(live: LiveChat, app: App | null, wanted: Id | null, missing: () => void): Id | null {
  const fallback = live.state.chat?.active_branch_id ?? app?.branch_id ?? null;
  const is_known = !wanted || !!live.state.branches[wanted];
  useEffect(() => {
    if (is_known || !live.state.chat) return;
    const timer = setTimeout(missing, 5000);
    return () => clearTimeout(timer);
  }, [is_known, live.state.chat, missing]);
  // The first answer fixes the branch of this visit: another person's switch does not move this page.
  const [first, set_first] = useState<Id | null>(null);
  useEffect(() => { if (!first && fallback && live.state.chat) set_first(fallback); }, [first, fallback, live.state.chat]);
  const held = first && live.state.branches[first] ? first : fallback;
  return wanted ?? held;
}

export function BranchButton({ live, branch_id, on_click }: { live: LiveChat; branch_id: Id | null; on_click: () => void }) {
  const { t } = use_t();
  if (!branch_id) return null;
  const title = branch_title(live.state.branches[branch_id], t('branch_main')) || '…';
  const count = Object.keys(live.state.branches).length;
  return (
    <button type="button" onClick={on_click} className={`branch-button flex h-8 min-w-0 max-w-72 items-center gap-1.5 rounded-full border hue-line hue-soft px-3 text-sm pointer-coarse:h-9 ${hue_of(live.state.branches, branch_id)}`} aria-label={`${title} ${count}: ${t('branches_open')}`}>
      <GitBranch className="size-3.5 shrink-0 hue-text" aria-hidden /><span className="truncate">{title}</span>{' '}
      <span className="text-xs text-muted max-sm:hidden">{count}</span>
    </button>
  );
}

function AppScreen({ app, reload }: { app: App; reload: Loaded<App> }) {
  const { t } = use_t();
  const query = use_query();
  const is_wide = use_wide();
  const live = use_chat(app.chat_id);
  const wanted = query.get('branch');
  const branch_id = use_branch(live, app, wanted, useCallback(() => {
    toast(t('branch_gone'));
    set_query({ branch: null });
  }, [t]));
  const preview = use_preview(app.id, branch_id);
  const database = use_database(app, branch_id, live);
  // A new version makes the list stale, not empty.
  const versions = use_load(`versions:${app.id}:${live.state.versions_seen}`, async () => (await versions_ls(app.id, { limit: 200 })).items, { keeps_old: true });
  const list = versions.value ?? [];
  const [shows_branches, set_shows_branches] = useState(false);
  const pane = query.get('tab') as Tab | 'chat' | null;
  const tab = tabs.some((other) => other.value === pane) ? (pane as Tab) : 'preview';
  const current_version_id = (branch_id && live.state.branches[branch_id]?.current_version_id) || list.find((version) => version.branch_id === branch_id)?.id || null;
  const has_unsaved = use_edited_paths(branch_id).length > 0;
  const mark = (value: Tab | 'chat') => value === 'files' && has_unsaved && <span role="img" aria-label={t('unsaved')} className="size-2 rounded-full bg-warn" />;
  use_title(app.name);
  const { is_deleted } = live.state;

  const on_branch = useCallback((id: Id) => {
    set_shows_branches(false);
    set_query({ branch: id });
  }, []);
  const on_version = useCallback((id: Id) => set_query({ tab: 'versions', version: id }), []);
  const on_fix = (text: string) => {
    if (!branch_id) return;
    if (!is_wide) set_query({ tab: 'chat' });
    add_to_draft(app.chat_id, branch_id, text);
  };
  const compare = (other: Id) => navigate(`/apps/${app.id}/compare?left=${branch_id}&right=${other}`);
  const others = Object.values(live.state.branches).filter((branch) => branch.id !== branch_id);

  const chat = branch_id
    ? <ChatPane live={live} chat_id={app.chat_id} branch_id={branch_id} app_id={app.id} versions={list} on_branch={on_branch} on_version={on_version} focus_id={query.get('message')} autofocus={is_wide} />
    : <div className="p-4">{live.error && <ErrorNote error={live.error} retry={reload.reload} />}</div>;
  const contents: Record<Tab, () => ReactNode> = {
    preview: () => <PreviewPane live={preview} database={database} on_fix={on_fix} reloads={!reloads_itself(app.template)} />,
    files: () => branch_id && <FilesPane app={app} branch_id={branch_id} versions={list} current_version_id={current_version_id} is_answering={!!running_generation(messages_of(live.state, branch_id))} />,
    versions: () => branch_id && <VersionsPane app={app} branch_id={branch_id} state={live.state} versions={versions} highlighted_id={query.get('version')} />,
    logs: () => <LogsPane lines={preview.state.log} />,
  };

  if (is_deleted) return <NotFound />;
  return (
    <Shell crumbs={[{ text: app.name }]} is_heading middle={
      <>
        <BranchButton live={live} branch_id={branch_id} on_click={() => set_shows_branches(true)} />
        {others.length > 0 && <IconButton name={t('compare')} onClick={() => compare(others.find((branch) => branch.id === live.state.branches[branch_id ?? '']?.parent_branch_id)?.id ?? others[others.length - 1]!.id)}><Columns2 /></IconButton>}
      </>
    }>
      {is_wide ? (
        <Split name="app" label={t('resize_panes')} initial={40}
          left={<SafePart>{chat}</SafePart>}
          right={
            <Tabs.Root value={tab} onValueChange={(value) => set_query({ tab: value })} className="flex h-full min-h-0 flex-col bg-surface">
              <Tabs.List aria-label={t('app_parts')} className="flex h-11 shrink-0 items-end gap-1 border-b border-line bg-bg px-2">
                {tabs.map(({ value, key, icon: Icon }) => (
                  <Tabs.Trigger key={value} value={value} className="-mb-px flex h-10 items-center gap-2 rounded-t-lg border border-transparent px-3.5 text-muted hover:text-ink data-[state=active]:border-line data-[state=active]:border-b-surface data-[state=active]:bg-surface data-[state=active]:font-medium data-[state=active]:text-ink"><Icon className="size-4" aria-hidden />{t(key)}{mark(value)}</Tabs.Trigger>
                ))}
              </Tabs.List>
              {/* The preview stays mounted, so that switching tabs does not restart the app that is shown. */}
              {tabs.map(({ value }) => (
                <Tabs.Content key={value} value={value} forceMount={value === 'preview' ? true : undefined} tabIndex={-1} className="min-h-0 flex-1 data-[state=inactive]:hidden"><SafePart>{contents[value]()}</SafePart></Tabs.Content>
              ))}
            </Tabs.Root>
          } />
      ) : (
        <div className="flex h-full min-h-0 flex-col">
          <div className="min-h-0 flex-1"><SafePart>{pane && pane !== 'chat' ? contents[tab]() : chat}</SafePart></div>
          <nav aria-label={t('app_parts')} className="grid shrink-0 grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)]">
            {[{ value: 'chat' as const, key: 'chat' as Key, icon: MessageSquareText }, ...tabs].map(({ value, key, icon: Icon }) => (
              <button key={value} type="button" aria-current={value === (pane ?? 'chat') ? 'page' : undefined} onClick={() => set_query({ tab: value })}
                className="flex flex-col items-center gap-0.5 py-1.5 text-[0.7rem] text-muted aria-[current]:text-accent"><Icon className="size-5" aria-hidden /><span className="flex items-center gap-1">{t(key)}{mark(value)}</span></button>
            ))}
          </nav>
        </div>
      )}
      {shows_branches && branch_id && (
        <Dialog title={t('branches')} on_close={() => set_shows_branches(false)}>
          <BranchTree state={live.state} current_id={branch_id} versions={list} on_open={on_branch} on_compare={compare} />
        </Dialog>
      )}
    </Shell>
  );
}

export function AppPage({ app_id }: { app_id: Id }) {
  const app = use_load(`app:${app_id}`, () => apps_show(app_id));
  if (app.error?.status === 404) return <NotFound />;
  if (app.error) return <Shell crumbs={[]}><ErrorNote error={app.error} retry={app.reload} className="m-4" /></Shell>;
  if (!app.value) return <Shell crumbs={[{ text: '…' }]}><div className="skeleton m-4 h-40" /></Shell>;
  return <AppScreen key={app_id} app={app.value} reload={app} />;
}
