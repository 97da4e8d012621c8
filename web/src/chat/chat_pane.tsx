// The conversation of one branch: its messages, live, and the box for the next one.
import { MessageSquareText, ScanText, SlidersHorizontal, WifiOff } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  branches_activate, branches_create, branches_fork, chats_continue, chats_generate, chats_impersonate, chats_messages, chats_say, generations_abort, messages_create, messages_edit, messages_pin, messages_regenerate, messages_rm, messages_unpin,
  type Branch, type Generation, type Id, type Message, type Version,
} from '../api';
import { messages_of, running_generation } from '../chat_state';
import { use_t } from '../i18n';
import { use_answer_settings } from '../models/answer_settings';
import { navigate } from '../router';
import { Bones, Confirm, Empty, ErrorNote, IconButton, SafePart } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { AskMenu, can_continue, type Ask } from './ask_menu';
import { use_attachments } from './attachments';
import { title_from } from './branch_tree';
import { Composer, use_model } from './composer';
import { add_to_draft, use_draft, when_draft_wanted } from './drafts';
import { MessageList } from './message_list';
import { move_variant, type MessageActs } from './message_view';
import type { LiveChat } from './use_chat';
import { use_words } from './words';

const asks = { generate: chats_generate, continue: chats_continue, impersonate: chats_impersonate };

/** Chunks of their own, for who looks closer. */
const PromptInspector = lazy(() => import('./prompt_inspector'));
const AnswerFigures = lazy(() => import('./answer_figures'));
const SentPrompt = lazy(() => import('./sent_prompt'));
const AnswerSetting = lazy(() => import('../models/answer_setting'));

interface Props {
  /** Tells this chat from another one on the page. */
  label?: string;
  live: LiveChat;
  chat_id: Id;
  branch_id: Id;
  app_id: Id | null;
  versions: Version[];
  on_branch: (branch_id: Id) => void;
  on_version: (version_id: Id) => void;
  /** The message to bring into view. */
  focus_id?: Id | null;
  autofocus?: boolean;
}

export function ChatPane({ label, live, chat_id, branch_id, app_id, versions, on_branch, on_version, focus_id = null, autofocus = false }: Props) {
  const { t } = use_t();
  const { w } = use_words();
  const { state } = live;
  const messages = useMemo(() => messages_of(state, branch_id), [state, branch_id]);
  const view = state.views[branch_id];
  const is_known = !!state.branches[branch_id];
  const { read_end, error } = live;
  useEffect(() => { if (is_known && !view) read_end(branch_id); }, [is_known, view, branch_id, read_end]);
  const running = running_generation(messages);
  const [draft, set_draft] = use_draft(chat_id, branch_id);
  const picked = use_model();
  const [settings] = use_answer_settings(chat_id);
  const terms = useMemo(() => ({ ...(picked.model ? { model: picked.model } : {}), ...(settings ? { settings } : {}) }), [picked.model, settings]);
  const [shows_setting, set_shows_setting] = useState(false);
  const [pending, set_pending] = useState<{ branch_id: Id; text: string; id: Id | null } | null>(null);
  const [removed, set_removed] = useState<{ message: Message; keep_following: boolean } | null>(null);
  const [inspected, set_inspected] = useState<{ message_id: Id | null } | null>(null);
  const [figures, set_figures] = useState<Generation | null>(null);
  const [sent, set_sent] = useState<Generation | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => when_draft_wanted(() => setTimeout(() => {
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  })), []);

  const attachments = use_attachments(chat_id);
  const { ids: image_ids, clear: clear_images } = attachments;
  const send = useCallback(async (text: string) => {
    set_pending({ branch_id, text, id: null });
    try {
      const posted = await chats_say(chat_id, { ...(text ? { text } : {}), ...(image_ids.length ? { image_ids } : {}), branch_id, ...terms });
      set_draft('');
      clear_images();
      set_pending({ branch_id, text, id: posted.id });
    } catch (cause) {
      set_pending(null);
      throw cause;
    }
  }, [chat_id, branch_id, terms, set_draft, image_ids, clear_images]);

  const ask = useCallback(async (wanted: Ask) => { await asks[wanted](chat_id, { branch_id, ...terms }); }, [chat_id, branch_id, terms]);
  const add = useCallback(async (text: string, role: Message['role']) => {
    await messages_create(branch_id, { text, role });
    set_draft('');
  }, [branch_id, set_draft]);

  const now = { messages, branches: state.branches, branch_id, app_id, is_busy: !!running, terms, ask, on_branch, on_version };
  const current = useRef(now);
  current.current = now;
  const acts = useMemo<MessageActs>(() => {
    const model = () => current.current.terms;
    /** The message of this branch at a seq, which need not be here. */
    const message_at = async (seq: number): Promise<Message | undefined> =>
      current.current.messages.find((other) => other.seq === seq)
      ?? (seq < 1 ? undefined : (await chats_messages(chat_id, { branch_id: current.current.branch_id, after: seq - 1, limit: 1 })).items[0]);
    const question_of = async (message: Message) => (message.role === 'user' ? message : message_at(message.seq - 1));
    const open = async (branch: Branch) => {
      await branches_activate(branch.id);
      current.current.on_branch(branch.id);
    };
    return {
      regenerate: async (message) => { await messages_regenerate(message.id, model()); },
      branch: async (message) => {
        const question = (await question_of(message)) ?? message;
        await open(await branches_create(chat_id, { from_message_id: message.id, branch_id: current.current.branch_id, title: title_from(question.text, current.current.branches) }));
      },
      ask_on_branch: async (message, text) => {
        const question = await question_of(message);
        const start = question && (await message_at(question.seq - 1));
        if (!question || !start) return;
        const asked = text || question.text;
        const branch = await branches_create(chat_id, { from_message_id: start.id, branch_id: current.current.branch_id, title: title_from(asked, current.current.branches) });
        await chats_say(chat_id, { text: asked, branch_id: branch.id, ...model() });
        await open(branch);
      },
      edit: async (message, text, { answer_again, in_place }) => {
        if (text !== message.text) await messages_edit(message.id, { text, in_place });
        if (!answer_again) return;
        const answer = await message_at(message.seq + 1);
        if (answer?.role === 'assistant') await messages_regenerate(answer.id, model());
        else if (!answer) await current.current.ask('generate');
      },
      answer: () => current.current.ask('generate'),
      to_box: async (message) => {
        await messages_rm(message.id);
        add_to_draft(chat_id, current.current.branch_id, message.text);
      },
      fork: async (message) => { navigate(`/chats/${(await branches_fork(current.current.branch_id, { message_id: message.id })).id}`); },
      pin: async (message) => { await (message.pinned_at ? messages_unpin : messages_pin)(message.id); },
      inspect: (message) => set_inspected({ message_id: message.id }),
      show_figures: set_figures,
      show_sent: set_sent,
      remove: (message, keep_following) => set_removed({ message, keep_following }),
      open_branch: (id) => {
        branches_activate(id).catch(toast_error);
        current.current.on_branch(id);
      },
      open_version: (id) => current.current.on_version(id),
    };
  }, [chat_id]);

  const stop = useCallback(() => { if (running) generations_abort(running.id).catch(toast_error); }, [running]);
  useEffect(() => {
    if (!running) return;
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open], [role=menu]')) stop();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [running, stop]);

  // Keys that act on the conversation, silent while something is typed or open.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable=true], [role=menu], [role=tablist], [role=separator]') || document.querySelector('dialog[open], [role=menu]')) return;
      const { messages: shown, is_busy } = current.current;
      const answer = shown.findLast((message) => message.role === 'assistant');
      if (event.key === 'ArrowLeft' && answer) move_variant(answer, -1).catch(toast_error);
      else if (event.key === 'ArrowRight' && answer) move_variant(answer, 1).catch(toast_error);
      else if (event.key === 'i') set_inspected({ message_id: null });
      else if (event.key === 'c' && !is_busy && can_continue(shown.at(-1), current.current.app_id)) current.current.ask('continue').catch(toast_error);
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);

  const is_pending = pending?.branch_id === branch_id && !(pending.id && state.messages[pending.id]);
  return (
    <section aria-label={label ?? t('chat')} className="flex h-full min-h-0 flex-col">
      {live.link === 'lost' && <p role="status" className="flex items-center justify-center gap-2 border-b border-line bg-warn-soft px-3 py-1 text-xs text-warn"><WifiOff className="size-3.5" aria-hidden />{t('link_lost')}</p>}
      {view?.is_loaded && (view.count > 0 || is_pending)
        ? <SafePart key={branch_id}><MessageList live={live} branch_id={branch_id} app_id={app_id} versions={versions} acts={acts} is_busy={!!running} pending={is_pending ? pending.text : null} focus_id={focus_id} /></SafePart>
        : (
          <div className="min-h-0 flex-1 overflow-y-auto pt-4">
            <div className="mx-auto h-full max-w-3xl">
              {error ? <ErrorNote error={error} retry={is_known ? () => read_end(branch_id) : undefined} className="mx-4" />
                : !view?.is_loaded ? <Bones lines={7} className="px-8 pt-2" />
                  : <Empty icon={<MessageSquareText />} title={t('chat_empty')}>{t('chat_empty_text')}</Empty>}
            </div>
          </div>
        )}
      <div className="mx-auto w-full max-w-3xl px-3 pb-3 pt-1 sm:px-4">
        <Composer key={branch_id} box={box} text={draft} on_text={set_draft} on_send={send} label={t('message_new')} picked={picked} autofocus={autofocus} on_stop={running ? stop : null} attachments={attachments}
          extra={
            <>
              <AskMenu last={messages.at(-1)} app_id={app_id} text={draft} is_busy={!!running} on_ask={(wanted) => void ask(wanted).catch(toast_error)} on_add={(role) => void add(draft.trim(), role).catch(toast_error)} />
              <IconButton name={t('prompt_next')} side="top" onClick={() => set_inspected({ message_id: null })}><ScanText /></IconButton>
              <IconButton name={t('answer_setting')} side="top" is_on={!!settings || undefined} onClick={() => set_shows_setting(true)}><SlidersHorizontal /></IconButton>
            </>
          }
          placeholder={!app_id ? t('composer_chat') : messages.length ? t('composer_next') : t('composer_first')} />
      </div>
      <Suspense>
        {inspected && <PromptInspector chat_id={chat_id} branch_id={branch_id} text={draft} model={picked.model} message_id={inspected.message_id} on_close={() => set_inspected(null)} />}
        {shows_setting && state.chat && <AnswerSetting chat={state.chat} branch_id={branch_id} model={picked.model} on_close={() => set_shows_setting(false)} />}
        {sent && <SentPrompt generation={sent} on_close={() => set_sent(null)} />}
        {figures && <AnswerFigures generation={figures} on_close={() => set_figures(null)} />}
      </Suspense>
      {removed && (
        <Confirm title={removed.keep_following ? w('delete_alone') : t('delete_from_here')} action={t('delete')} text={removed.keep_following ? w('delete_alone_text') : t('delete_from_here_text')}
          on_close={() => set_removed(null)} on_confirm={() => messages_rm(removed.message.id, { keep_following: removed.keep_following })} />
      )}
    </section>
  );
}
