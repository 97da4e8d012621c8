import { Columns2, EllipsisVertical, GitBranch, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { branches_activate, branches_rename, branches_rm, type Branch, type Id, type Version } from '../api';
import type { ChatState } from '../chat_state';
import { time_ago, use_t } from '../i18n';
import { Button, Confirm, Dialog, ErrorNote, Field, IconButton, Menu, icon_button, MenuItem, MenuLine } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { hue_of } from './hues';

/** `lines` tells for each level above whether its line goes on below this row. */
interface Row { branch: Branch; depth: number; lines: boolean[]; is_last: boolean }

/** Branches nested deeper are drawn no further in. */
const depth_max = 12;

function rows_of(branches: Record<Id, Branch>): Row[] {
  const rows: Row[] = [];
  const children = (parent: Id | null, depth: number, lines: boolean[]) => {
    const found = Object.values(branches).filter((branch) => (branch.parent_branch_id && branches[branch.parent_branch_id] ? branch.parent_branch_id : null) === parent);
    found.sort((left, right) => Number(right.is_main) - Number(left.is_main) || left.created_at.localeCompare(right.created_at));
    found.forEach((branch, index) => {
      const is_last = index === found.length - 1;
      rows.push({ branch, depth, lines, is_last });
      if (depth < depth_max) children(branch.id, depth + 1, depth === 0 ? [] : [...lines, !is_last]);
    });
  };
  children(null, 0, []);
  return rows;
}

export function branch_title(branch: Branch | undefined, main: string): string {
  if (!branch) return '';
  return branch.is_main && (!branch.title || branch.title === 'main') ? main : branch.title || branch.id.slice(-6);
}

const title_chars_max = 40;

/** A title for a new branch: the first words of what is asked on it or was asked before it, told apart from those there are. */
export function title_from(text: string, branches: Record<Id, Branch>): string {
  const line = text.trim().replace(/\s+/g, ' ');
  const title = line.length <= title_chars_max ? line : `${line.slice(0, title_chars_max).replace(/\s+\S*$/, '')}…`;
  const taken = new Set(Object.values(branches).map((branch) => branch.title));
  for (let number = 1; ; number++) {
    const wanted = number === 1 ? title : `${title} (${number})`;
    if (!taken.has(wanted)) return wanted;
  }
}

function Rename({ branch, on_close }: { branch: Branch; on_close: () => void }) {
  const { t } = use_t();
  const [title, set_title] = useState(branch.title);
  const [error, set_error] = useState<unknown>(null);
  const save = async () => {
    try {
      await branches_rename(branch.id, { title: title.trim() });
      on_close();
    } catch (cause) {
      set_error(cause);
    }
  };
  return (
    <Dialog title={t('branch_rename')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!title.trim()} onClick={save}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}><Field label={t('name')} value={title} autoFocus maxLength={200} onChange={(event) => set_title(event.target.value)} /></form>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}

/** The branches of a chat as a growing plant: each with what was said last, its version, and a mark on the active one. */
export function BranchTree({ state, current_id, versions, on_open, on_compare }:
  { state: ChatState; current_id: Id; versions: Version[]; on_open: (branch_id: Id) => void; on_compare?: (branch_id: Id) => void }) {
  const { t, language } = use_t();
  const [renamed, set_renamed] = useState<Branch | null>(null);
  const [deleted, set_deleted] = useState<Branch | null>(null);
  const rows = rows_of(state.branches);
  const open = (branch: Branch) => {
    on_open(branch.id);
    if (state.chat?.active_branch_id !== branch.id) branches_activate(branch.id).catch(toast_error);
  };
  return (
    <>
      <ul aria-label={t('branches')}>
        {rows.map(({ branch, depth, lines, is_last }) => {
          const version = versions.find((other) => other.id === branch.current_version_id);
          const is_current = branch.id === current_id;
          return (
            <li key={branch.id} className={`flex items-stretch ${hue_of(state.branches, branch.id)}`}>
              {lines.map((goes_on, index) => <span key={index} aria-hidden className={`ml-[0.85rem] w-2.5 shrink-0 ${goes_on ? 'border-l-2 border-line-strong' : ''}`} />)}
              {depth > 0 && (
                <span aria-hidden className="relative ml-[0.85rem] w-2.5 shrink-0">
                  <span className="absolute left-0 top-0 h-4 w-3 rounded-bl-lg border-b-2 border-l-2 hue-line" />
                  {!is_last && <span className="absolute bottom-0 left-0 top-0 border-l-2 border-line-strong" />}
                </span>
              )}
              <div className={`group flex min-w-0 flex-1 items-center rounded-xl ${is_current ? 'hue-soft' : 'hover:bg-hover'}`}>
                <button type="button" aria-current={is_current || undefined} onClick={() => open(branch)} className="flex min-w-0 flex-1 items-start gap-2.5 rounded-xl px-2.5 py-1.5 text-left">
                  <span aria-hidden className="mt-1.5 size-2.5 shrink-0 rounded-full hue-fill" />
                  <span className="min-w-0 flex-1">
                    <span className="flex items-center gap-2">
                      <span className="truncate font-medium">{branch_title(branch, t('branch_main'))}</span>
                      {version && <span className="shrink-0 font-mono text-xs text-muted">v{version.number}</span>}
                      {state.chat?.active_branch_id === branch.id && <span className="shrink-0 text-xs hue-text">{t('branch_active')}</span>}
                    </span>
                    <span className="block truncate text-xs text-muted">{branch.last_message_preview || t('branch_empty')}</span>
                    <span className="block text-xs text-muted">{t('messages_count', { n: branch.messages_count })} · {time_ago(branch.created_at, language)}</span>
                  </span>
                </button>
                {on_compare && !is_current && <IconButton name={t('compare_with_this')} onClick={() => on_compare(branch.id)}><Columns2 /></IconButton>}
                <Menu trigger={<button type="button" aria-label={t('branch_actions', { title: branch_title(branch, t('branch_main')) })} className={`mr-1 ${icon_button()}`}><EllipsisVertical /></button>}>
                  <MenuItem icon={<GitBranch />} on_select={() => open(branch)}>{t('branch_open')}</MenuItem>
                  <MenuItem icon={<Pencil />} on_select={() => set_renamed(branch)}>{t('rename')}</MenuItem>
                  {!branch.is_main && <><MenuLine /><MenuItem icon={<Trash2 />} is_danger on_select={() => set_deleted(branch)}>{t('delete')}</MenuItem></>}
                </Menu>
              </div>
            </li>
          );
        })}
      </ul>
      {renamed && <Rename branch={renamed} on_close={() => set_renamed(null)} />}
      {deleted && (
        <Confirm title={t('branch_delete')} action={t('delete')} text={t('branch_delete_text', { title: branch_title(deleted, t('branch_main')) })} on_close={() => set_deleted(null)}
          on_confirm={async () => {
            await branches_rm(deleted.id);
            if (deleted.id === current_id && state.chat) on_open(Object.values(state.branches).find((branch) => branch.is_main)?.id ?? state.chat.active_branch_id);
          }} />
      )}
    </>
  );
}
