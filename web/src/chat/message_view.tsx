import { BrainCircuit, ChevronLeft, ChevronRight, CircleStop, Delete, EllipsisVertical, Gauge, GitBranch, GitCommitVertical, Mails, MessageSquareReply, MessagesSquare, Pencil, Pin, PinOff, Quote, RefreshCw, ScanText, Split, TextCursorInput, Trash2, Workflow } from 'lucide-react';
import { lazy, memo, Suspense, useRef, useState, type KeyboardEvent, type ReactNode, type TouchEvent } from 'react';
import { variants_ls, variants_select, type Block, type Branch, type Generation, type Id, type Message, type Version } from '../api';
import { is_running } from '../chat_state';
import { cost_text, full_time, time_ago, use_t } from '../i18n';
import { navigate } from '../router';
import { store, stored } from '../stored';
import { Badge, Button, ErrorNote, IconButton, Menu, MenuItem, MenuLine, icon_button } from '../ui/kit';
import { CopyButton, Markdown } from '../ui/markdown';
import { toast_error } from '../ui/toast';
import { branch_title } from './branch_tree';
import { ChangeCard } from './change_card';
import { use_words } from './words';

const Citations = lazy(() => import('./citations'));

export interface MessageActs {
  regenerate: (message: Message) => Promise<void>;
  branch: (message: Message) => Promise<void>;
  /** Asks the question of this exchange again where it disturbs nothing: on a branch made before it. */
  ask_on_branch: (message: Message, text: string) => Promise<void>;
  edit: (message: Message, text: string, how: { answer_again: boolean; in_place: boolean }) => Promise<void>;
  /** What another answer here would be made of. */
  inspect: (message: Message) => void;
  show_figures: (generation: Generation) => void;
  /** What this answer was made of. */
  show_sent: (generation: Generation) => void;
  /** Asks for an answer to the history as it is. */
  answer: () => Promise<void>;
  /** Takes what a model wrote for the person into the message box instead. */
  to_box: (message: Message) => Promise<void>;
  /** A chat of its own with the history up to this message. */
  fork: (message: Message) => Promise<void>;
  /** Pins a message, or lets a pinned one go. */
  pin: (message: Message) => Promise<void>;
  remove: (message: Message, keep_following: boolean) => void;
  open_branch: (branch_id: Id) => void;
  open_version: (version_id: Id) => void;
}

interface Props {
  message: Message;
  app_id: Id | null;
  version: Version | null;
  forks: { branch: Branch; hue: string }[];
  hue: string;
  /** How many messages the branch has. */
  count: number;
  is_last: boolean;
  /** It was written on a branch that this one was forked from. */
  is_inherited: boolean;
  /** The branch was forked here: it keeps the variant of that moment. */
  is_pinned: boolean;
  /** Something hangs on this message: what follows it, or the branch that it was written on. */
  is_early: boolean;
  acts: MessageActs;
}

/** Whether something stands before the question of this exchange, so that a branch can begin there. */
const can_branch_before = (message: Message): boolean => message.seq > (message.role === 'user' ? 1 : 2);

function Reasoning({ block }: { block: Block }) {
  const { t } = use_t();
  return (
    <details className="rounded-xl border border-line bg-sunken/60">
      <summary className="flex items-center gap-2 px-3 py-1.5 text-muted hover:text-ink"><BrainCircuit className="size-4" aria-hidden />{block.status === 'streaming' ? t('reasoning_now') : t('reasoning')}</summary>
      <div className="border-t border-line px-3 py-2 text-muted"><Markdown text={block.content} /></div>
    </details>
  );
}

/** Shows the variant before or after the one that is shown, if there is one. */
export async function move_variant(message: Message, step: -1 | 1): Promise<void> {
  const wanted = message.variant.number + step;
  if (wanted < 1 || wanted > message.variants_count) return;
  const { items } = await variants_ls(message.id, { limit: 200 });
  const sorted = items.toSorted((left, right) => left.number - right.number);
  const found = sorted[sorted.findIndex((variant) => variant.id === message.variant.id) + step];
  if (found) await variants_select(message.id, found.id);
}

function Variants({ message }: { message: Message }) {
  const { t } = use_t();
  const [is_busy, set_busy] = useState(false);
  const move = (step: -1 | 1) => {
    set_busy(true);
    move_variant(message, step).catch(toast_error).finally(() => set_busy(false));
  };
  if (message.variants_count < 2) return null;
  return (
    <div role="group" aria-label={t('variants')} className="variants flex items-center">
      <IconButton name={t('variant_previous')} disabled={is_busy || message.variant.number <= 1} onClick={() => move(-1)} small><ChevronLeft /></IconButton>
      <span className="min-w-8 text-center font-mono text-xs tabular-nums text-muted" aria-live="polite">{message.variant.number}/{message.variants_count}</span>
      <IconButton name={t('variant_next')} disabled={is_busy || message.variant.number >= message.variants_count} onClick={() => move(1)} small><ChevronRight /></IconButton>
    </div>
  );
}

/** A finger that moves so far sideways, and less up or down, turns to another variant. */
const swipe_px_min = 60;

/** Handlers for a message whose variants a finger swipes through; what scrolls sideways itself keeps its swipes. */
function use_swipe(swiped: (step: -1 | 1) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches[0]!;
      start.current = event.touches.length === 1 && !(event.target as HTMLElement).closest('pre, table, textarea, .overflow-x-auto') ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd: (event: TouchEvent) => {
      const from = start.current;
      const touch = event.changedTouches[0]!;
      start.current = null;
      if (!from || Math.abs(touch.clientX - from.x) < swipe_px_min || Math.abs(touch.clientY - from.y) > swipe_px_min / 2) return;
      swiped(touch.clientX < from.x ? 1 : -1);
    },
  };
}

function Outcome({ generation, retry }: { generation: Generation; retry: () => void }) {
  const { t } = use_t();
  return (
    <>
      {!!generation.problems?.length && (
        <div role="alert" className="rounded-xl border border-warn/40 bg-warn-soft px-3.5 py-2.5">
          <p className="font-medium">{t('changes_refused')}</p>
          <ul className="mt-1 list-disc pl-5">{generation.problems.map((problem, index) => <li key={index}>{problem.path && <code className="font-mono text-[0.8rem]">{problem.path}: </code>}{problem.message}</li>)}</ul>
        </div>
      )}
      {generation.status === 'error' && <ErrorNote error={new Error(generation.error_message || t('generation_failed'))} retry={retry} />}
      {generation.status === 'aborted' && <p className="flex items-center gap-1.5 text-xs text-muted"><CircleStop className="size-3.5" aria-hidden />{t('generation_aborted')}</p>}
    </>
  );
}

/** What stood in the prompt of an answer: loaded when somebody asks. */
function Sources({ generation, answer }: { generation: Generation; answer: string }) {
  const { w } = use_words();
  const [is_open, set_open] = useState(false);
  return (
    <details className="sources text-xs" onToggle={(event) => set_open(event.currentTarget.open)}>
      <summary className="inline-flex cursor-pointer list-none items-center gap-1.5 rounded-md px-1.5 py-1 text-muted hover:bg-hover hover:text-ink pointer-coarse:py-2 [&::-webkit-details-marker]:hidden"><Quote className="size-3.5" aria-hidden />{w('citations', { n: generation.citations_count })}</summary>
      {is_open && <Suspense><Citations generation_id={generation.id} answer={answer} /></Suspense>}
    </details>
  );
}

/** Where an edit that is not saved is kept: the message may leave the view, and the page may be left. */
const edit_key = (message: Message) => `edit.${message.id}`;

function EditBox({ message, is_early, acts, on_close }: Pick<Props, 'message' | 'is_early' | 'acts'> & { on_close: () => void }) {
  const { t } = use_t();
  const [text, set_text] = useState(stored(edit_key(message)) ?? message.text);
  const [in_place, set_in_place] = useState(false);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const change = (next: string) => {
    set_text(next);
    store(edit_key(message), next);
  };
  const run = async (act: () => Promise<void>) => {
    if (!text.trim()) return;
    set_busy(true);
    try {
      await act();
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  const is_question = message.role === 'user';
  const offers_branch = is_question && is_early && can_branch_before(message);
  const main = () => run(() => (offers_branch ? acts.ask_on_branch(message, text.trim()) : acts.edit(message, text.trim(), { answer_again: is_question, in_place })));
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') { event.stopPropagation(); on_close(); }
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void main(); }
  };
  return (
    <div className="rounded-xl border border-line-strong bg-raised p-2 shadow-card">
      <textarea value={text} autoFocus aria-label={t('message_edit')} rows={3} onChange={(event) => change(event.target.value)} onKeyDown={press} className="field-grow block max-h-[50dvh] w-full resize-none bg-transparent px-2 py-1 outline-none" />
      <ErrorNote error={error} className="my-2" />
      {is_early && is_question && <p className="px-2 pb-1 text-xs text-muted">{can_branch_before(message) ? t('edit_early_branch') : t('edit_early')}</p>}
      <div className="flex flex-wrap items-center justify-end gap-2 pt-1">
        <label className="mr-auto flex cursor-pointer items-center gap-1.5 px-2 text-xs text-muted"><input type="checkbox" checked={in_place} onChange={(event) => set_in_place(event.target.checked)} />{t('edit_in_place')}</label>
        <Button small kind="quiet" onClick={on_close}>{t('cancel')}</Button>
        {is_question && <Button small is_busy={is_busy} onClick={() => void run(() => acts.edit(message, text.trim(), { answer_again: false, in_place }))}>{t('save_only')}</Button>}
        <Button small kind="primary" is_busy={is_busy} disabled={!text.trim()} onClick={() => void main()}>{offers_branch ? t('ask_on_branch') : is_question ? t('save_and_answer') : t('save')}</Button>
      </div>
    </div>
  );
}

function ImageBlock({ block }: { block: Block }) {
  const { t } = use_t();
  const { image } = block;
  return image ? <a href={`/api/v1/images/${image.id}`} target="_blank" rel="noreferrer" className="block w-fit"><img src={`/api/v1/images/${image.id}`} alt={t('image')} width={image.width} height={image.height} loading="lazy" className="h-auto max-h-80 w-auto max-w-full rounded-xl border border-line" /></a> : null;
}

/** What a person wrote, without what is for models alone. */
const shown_text = (message: Message) => message.variant.blocks.filter((block) => block?.type === 'answer' && block.visibility !== 'prompt_only').map((block) => block.content).join('\n\n') || message.text;

function Answer({ message, app_id }: { message: Message; app_id: Id | null }) {
  const { t } = use_t();
  const { variant } = message;
  const is_live = is_running(variant.generation);
  const is_refused = !is_live && !variant.version_id && !!variant.generation?.problems?.length;
  if (variant.blocks.length === 0 && is_live) return <p role="status" className="caret text-muted">{variant.generation?.status === 'queued' ? t('generation_queued') : t('generation_thinking')}</p>;
  if (variant.blocks.length === 0) return variant.text ? <Markdown text={variant.text} /> : null;
  return (
    <div className="space-y-2.5">
      {variant.blocks.map((block, index): ReactNode => {
        if (!block || block.visibility === 'prompt_only') return null;
        if (block.type === 'image') return <ImageBlock key={index} block={block} />;
        if (block.type === 'reasoning') return <Reasoning key={index} block={block} />;
        if (block.type === 'code_change') return block.kind && /summary/.test(block.kind) ? null : <ChangeCard key={index} block={block} app_id={app_id} version_id={variant.version_id} is_refused={is_refused} />;
        return block.content.trim() ? <div key={index} className={is_live && index === variant.blocks.length - 1 ? 'streaming' : ''}><Markdown text={block.content} /></div> : null;
      })}
      {is_live && <p className="caret h-4" role="status" aria-label={t('writing')} />}
    </div>
  );
}

/** What the person says, or a model is writing in their place. */
function Question({ message }: { message: Message }) {
  const { t } = use_t();
  const { generation, blocks } = message.variant;
  const is_live = is_running(generation);
  const text = shown_text(message);
  const images = blocks.filter((block) => block?.type === 'image');
  if (!text && !is_live && images.length === 0) return null;
  return (
    <div className="w-fit max-w-full rounded-2xl rounded-tl-md border border-line bg-raised px-3.5 py-2 shadow-card">
      {text && <div className={`whitespace-pre-wrap break-words ${is_live ? 'caret' : ''}`}>{text}</div>}
      {!text && is_live && <p role="status" className="caret text-muted">{generation?.status === 'queued' ? t('generation_queued') : t('generation_thinking')}</p>}
      {images.length > 0 && <div className="space-y-2 not-first:pt-2">{images.map((block, index) => <ImageBlock key={index} block={block} />)}</div>}
    </div>
  );
}

export const MessageView = memo(function MessageView({ message, app_id, version, forks, hue, count, is_last, is_inherited, is_pinned, is_early, acts }: Props) {
  const { t, w, language } = use_words();
  const [is_editing, set_editing] = useState(() => stored(edit_key(message)) !== null);
  const stop_editing = () => {
    store(edit_key(message), null);
    set_editing(false);
  };
  const swipe = use_swipe((step) => { if (!is_pinned && !is_live) move_variant(message, step).catch(toast_error); });
  const is_question = message.role === 'user';
  const { generation } = message.variant;
  const is_live = is_running(generation);
  const act = (run: () => Promise<void>) => () => void run().catch(toast_error);
  const is_of_model = (message.role === 'assistant' || message.variant.kind === 'generation') && message.seq > 1;
  const is_aside = message.role === 'system' || message.role === 'tool';
  const asks_on_branch = !is_question && is_early && can_branch_before(message);
  const again = asks_on_branch ? act(() => acts.ask_on_branch(message, '')) : act(() => acts.regenerate(message));
  const label = { user: t('message_yours'), assistant: t('message_answer'), system: w('message_system'), tool: w('message_tool') }[message.role];
  return (
    <article id={message.id} data-role={message.role} aria-label={label} aria-posinset={message.seq} aria-setsize={count} className={`message group flex gap-2.5 px-3 sm:px-4 ${hue}`} {...(message.variants_count > 1 && swipe)}>
      <div aria-hidden className={`stem w-5 shrink-0 ${message.seq === 1 ? 'stem-first' : ''} ${is_last ? 'stem-last' : ''}`}>
        <span className={`absolute left-1/2 top-[0.85rem] -translate-x-1/2 ${is_question ? 'size-3 rounded-full border-[3px] bg-bg hue-line' : 'size-3.5 rotate-45 rounded-[0_65%_0_65%] hue-fill'}`} />
      </div>
      <div className="min-w-0 flex-1 pb-4 pt-1.5">
        {is_editing ? <EditBox message={message} is_early={is_early} acts={acts} on_close={stop_editing} />
          : is_question ? <div className="space-y-2.5"><Question message={message} />{generation && <Outcome generation={generation} retry={again} />}</div>
            : is_aside ? <div className="rounded-xl border border-dashed border-line-strong px-3.5 py-2 text-muted"><p className="mb-1 text-xs font-medium">{label}</p><Answer message={message} app_id={app_id} /></div>
              : <div className="space-y-2.5 pt-1"><Answer message={message} app_id={app_id} />{generation && <Outcome generation={generation} retry={again} />}{generation && !is_live && generation.citations_count > 0 && <Sources key={generation.id} generation={generation} answer={message.text} />}</div>}
        {!is_editing && (
          <div className="mt-1.5 flex min-h-7 flex-wrap items-center gap-x-0.5 text-xs text-muted">
            {!is_pinned && <Variants message={message} />}
            {message.pinned_at && <span className="mr-1 flex items-center gap-1 px-1 text-accent"><Pin className="size-3.5" aria-hidden />{w('pinned_mark')}</span>}
            {version && <button type="button" onClick={() => acts.open_version(version.id)} className="mr-1 flex items-center gap-1 rounded-md px-1.5 py-1 font-mono hover:bg-hover hover:text-ink" title={version.title}><GitCommitVertical className="size-3.5" aria-hidden />v{version.number}</button>}
            {generation && !is_live && <button type="button" onClick={() => acts.show_figures(generation)} className="mr-1 min-w-0 truncate rounded-md px-1.5 py-1 hover:bg-hover hover:text-ink" title={full_time(message.created_at, language)}>{[generation.model, generation.tokens_out ? t('tokens', { n: generation.tokens_out }) : null, generation.cost_usd > 0 ? cost_text(generation.cost_usd, language) : null].filter(Boolean).join(' · ')}</button>}
            {is_question && <span className="mr-1.5 pl-1" title={full_time(message.created_at, language)}>{time_ago(message.created_at, language)}</span>}
            {message.variant.kind === 'manual_edit' && (message.variant.number > 1 || message.role === 'assistant') && <span className="mr-1.5"><Badge>{t('edited')}</Badge></span>}
            {!is_live && (
              <div className={`flex items-center transition-opacity ${is_last ? '' : 'pointer-fine:opacity-0 pointer-fine:group-focus-within:opacity-100 pointer-fine:group-hover:opacity-100'}`}>
                {is_last && is_question && <Button small className="mr-1" onClick={act(acts.answer)}><MessageSquareReply className="size-3.5" aria-hidden />{w('answer_it')}</Button>}
                <CopyButton text={message.variant.text || message.text} />
                {is_of_model && <IconButton name={asks_on_branch ? t('answer_again_on_branch') : is_question ? w('write_again') : t('regenerate')} small onClick={again}><RefreshCw /></IconButton>}
                <IconButton name={t('edit')} small onClick={() => set_editing(true)}><Pencil /></IconButton>
                <IconButton name={t('branch_from_here')} small onClick={act(() => acts.branch(message))}><GitBranch /></IconButton>
                <Menu trigger={<button type="button" aria-label={t('more')} className={icon_button(true)}><EllipsisVertical /></button>}>
                  {is_of_model && !is_question && <MenuItem icon={<RefreshCw />} on_select={act(() => acts.regenerate(message))}>{t('regenerate_here')}</MenuItem>}
                  {is_of_model && is_question && is_last && !is_inherited && <MenuItem icon={<TextCursorInput />} on_select={act(() => acts.to_box(message))}>{w('to_box')}</MenuItem>}
                  {!is_aside && can_branch_before(message) && <MenuItem icon={<Split />} on_select={act(() => acts.ask_on_branch(message, ''))}>{t('answer_again_on_branch')}</MenuItem>}
                  <MenuItem icon={<GitBranch />} on_select={act(() => acts.branch(message))}>{t('branch_from_here')}</MenuItem>
                  <MenuItem icon={message.pinned_at ? <PinOff /> : <Pin />} on_select={act(() => acts.pin(message))}>{w(message.pinned_at ? 'unpin' : 'pin')}</MenuItem>
                  {!app_id && <MenuItem icon={<MessagesSquare />} on_select={act(() => acts.fork(message))}>{w('fork_here')}</MenuItem>}
                  {is_of_model && !is_question && <><MenuLine /><MenuItem icon={<ScanText />} on_select={() => acts.inspect(message)}>{t('prompt_of_answer')}</MenuItem></>}
                  {generation && <MenuItem icon={<Mails />} on_select={() => acts.show_sent(generation)}>{w('sent')}</MenuItem>}
                  {generation && <MenuItem icon={<Gauge />} on_select={() => acts.show_figures(generation)}>{t('figures')}</MenuItem>}
                  {generation && <MenuItem icon={<Workflow />} on_select={() => navigate(`/library/runs/${generation.run_id}`)}>{t('run_of_answer')}</MenuItem>}
                  {!is_inherited && <MenuLine />}
                  {!is_inherited && !app_id && !is_last && <MenuItem icon={<Delete />} is_danger on_select={() => acts.remove(message, true)}>{w('delete_alone')}</MenuItem>}
                  {!is_inherited && <MenuItem icon={<Trash2 />} is_danger on_select={() => acts.remove(message, false)}>{t('delete_from_here')}</MenuItem>}
                </Menu>
              </div>
            )}
          </div>
        )}
        {forks.length > 0 && (
          <ul aria-label={t('branches_from_here')} className="mt-1 flex flex-wrap gap-1.5">
            {forks.map(({ branch, hue: fork_hue }) => (
              <li key={branch.id} className={`min-w-0 ${fork_hue}`}>
                <button type="button" onClick={() => acts.open_branch(branch.id)} className="flex max-w-full items-center gap-1.5 rounded-full border hue-line hue-soft px-2.5 py-0.5 text-xs hover:underline pointer-coarse:py-2"><GitBranch className="size-3 shrink-0 hue-text" aria-hidden /><span className="truncate">{branch_title(branch, t('branch_main'))}</span></button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </article>
  );
});
