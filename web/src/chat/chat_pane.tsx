// The conversation of one branch: its messages, live, and the box for the next one.
import { ArrowDown, MessageSquareText, WifiOff } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import {
  branches_activate, branches_create, chats_say, generations_abort, messages_edit, messages_regenerate, messages_rm, type Branch, type Id, type Message, type Version,
} from '../api';
import { messages_of, pinned_variants, running_generation } from '../chat_state';
import { use_t } from '../i18n';
import { Bones, Button, Confirm, Empty, ErrorNote, IconButton, SafePart } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { title_from } from './branch_tree';
import { Composer, use_model } from './composer';
import { use_draft, when_draft_wanted } from './drafts';
import { hue_of } from './hues';
import { MessageView, type MessageActs } from './message_view';
import type { LiveChat } from './use_chat';

/** Messages this near to the end are always laid out, so that the end stands where it is said to be. */
const near_messages = 30;
/** The browser keeps what is in view in its place by itself, unless the view is at its very top. */
const keeps_place = CSS.supports('overflow-anchor', 'auto');

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
  autofocus?: boolean;
}

export function ChatPane({ label, live, chat_id, branch_id, app_id, versions, on_branch, on_version, autofocus = false }: Props) {
  const { t } = use_t();
  const { state } = live;
  const messages = useMemo(() => messages_of(state, branch_id), [state, branch_id]);
  const view = state.views[branch_id];
  const is_known = !!state.branches[branch_id];
  const { read_branch } = live;
  useEffect(() => { if (is_known && !view) read_branch(branch_id); }, [is_known, view, branch_id, read_branch]);
  const running = running_generation(messages);
  const [draft, set_draft] = use_draft(chat_id, branch_id);
  const picked = use_model();
  const [pending, set_pending] = useState<{ branch_id: Id; text: string; id: Id | null } | null>(null);
  const [removed, set_removed] = useState<Message | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => when_draft_wanted(() => setTimeout(() => {
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  })), []);

  const send = useCallback(async (text: string) => {
    set_pending({ branch_id, text, id: null });
    try {
      const posted = await chats_say(chat_id, { text, branch_id, ...(picked.model ? { model: picked.model } : {}) });
      set_draft('');
      set_pending({ branch_id, text, id: posted.id });
    } catch (cause) {
      set_pending(null);
      throw cause;
    }
  }, [chat_id, branch_id, picked.model, set_draft]);

  const current = useRef({ messages, branches: state.branches, branch_id, model: picked.model, on_branch, on_version });
  current.current = { messages, branches: state.branches, branch_id, model: picked.model, on_branch, on_version };
  const acts = useMemo<MessageActs>(() => {
    const model = () => (current.current.model ? { model: current.current.model } : {});
    const before = (message: Message): Message | undefined => current.current.messages[current.current.messages.findIndex((other) => other.id === message.id) - 1];
    const after = (message: Message): Message | undefined => current.current.messages[current.current.messages.findIndex((other) => other.id === message.id) + 1];
    const open = async (branch: Branch) => {
      await branches_activate(branch.id);
      current.current.on_branch(branch.id);
    };
    return {
      regenerate: async (message) => { await messages_regenerate(message.id, model()); },
      branch: async (message) => {
        const question = message.role === 'user' ? message : before(message) ?? message;
        await open(await branches_create(chat_id, { from_message_id: message.id, branch_id: current.current.branch_id, title: title_from(question.text, current.current.branches) }));
      },
      ask_on_branch: async (message, text) => {
        const question = message.role === 'user' ? message : before(message);
        const start = question && before(question);
        if (!question || !start) return;
        const asked = text || question.text;
        const branch = await branches_create(chat_id, { from_message_id: start.id, branch_id: current.current.branch_id, title: title_from(asked, current.current.branches) });
        await chats_say(chat_id, { text: asked, branch_id: branch.id, ...model() });
        await open(branch);
      },
      edit: async (message, text, answer_again) => {
        if (text !== message.text) await messages_edit(message.id, { text });
        const answer = after(message);
        if (answer_again && answer?.role === 'assistant') await messages_regenerate(answer.id, model());
      },
      remove: set_removed,
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

  // The view keeps to the end while the person is there, and stays put when they have scrolled away.
  const scroller = useRef<HTMLDivElement>(null);
  const is_at_end = useRef(true);
  const [shows_jump, set_shows_jump] = useState(false);
  const to_end = useCallback(() => { scroller.current?.scrollTo({ top: scroller.current.scrollHeight }); }, []);
  const oldest = useRef<{ id: string; top: number } | null>(null);
  useLayoutEffect(() => {
    const box = scroller.current!;
    const known = oldest.current && box.querySelector<HTMLElement>(`[id="${oldest.current.id}"]`);
    if (is_at_end.current) to_end();
    else if (known && (!keeps_place || box.scrollTop === 0)) box.scrollTop += known.offsetTop - oldest.current!.top; // what was read above it must not push it down
    const first = box.querySelector<HTMLElement>('article');
    oldest.current = first && { id: first.id, top: first.offsetTop };
  }, [messages, pending, to_end]);
  useEffect(() => {
    is_at_end.current = true;
    to_end();
  }, [branch_id, to_end]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    is_at_end.current = scrollHeight - scrollTop - clientHeight < 60;
    set_shows_jump(scrollHeight - scrollTop - clientHeight > 400);
  };

  // Older messages are read before the person reaches the oldest of those that are here.
  const beginning = useRef<HTMLDivElement>(null);
  const { error } = live;
  useEffect(() => {
    if (!view?.older || error || !beginning.current) return;
    const watcher = new IntersectionObserver(([entry]) => { if (entry!.isIntersecting) read_branch(branch_id); }, { root: scroller.current, rootMargin: '1200px 0px 0px' });
    watcher.observe(beginning.current);
    return () => watcher.disconnect();
  }, [view?.older, error, branch_id, read_branch]);

  const forks = useMemo(() => {
    const found: Record<Id, { branch: Branch; hue: string }[]> = {};
    for (const branch of Object.values(state.branches))
      if (branch.forked_from_message_id && branch.id !== branch_id) (found[branch.forked_from_message_id] ??= []).push({ branch, hue: hue_of(state.branches, branch.id) });
    return found;
  }, [state.branches, branch_id]);
  const no_forks = useRef<{ branch: Branch; hue: string }[]>([]).current;
  const hues = useMemo(() => Object.fromEntries(Object.keys(state.branches).map((id) => [id, hue_of(state.branches, id)])), [state.branches]);

  const is_pending = pending?.branch_id === branch_id && !(pending.id && state.messages[pending.id]);
  const last_question = messages.findLastIndex((message) => message.role === 'user');
  const first_question = messages.findIndex((message) => message.role === 'user');
  const pinned = useMemo(() => pinned_variants(state.branches, branch_id), [state.branches, branch_id]);

  return (
    <section aria-label={label ?? t('chat')} className="flex h-full min-h-0 flex-col">
      {live.link === 'lost' && <p role="status" className="flex items-center justify-center gap-2 border-b border-line bg-warn-soft px-3 py-1 text-xs text-warn"><WifiOff className="size-3.5" aria-hidden />{t('link_lost')}</p>}
      <div className="relative min-h-0 flex-1">
        <div ref={scroller} onScroll={scrolled} role="log" aria-label={t('messages')} aria-busy={!!running} tabIndex={0} className="relative h-full overflow-y-auto overscroll-contain pt-4 focus-visible:outline-offset-[-2px]">
          <div className="mx-auto max-w-3xl">
            {error && <ErrorNote error={error} retry={is_known ? () => read_branch(branch_id) : undefined} className="mx-4 mb-4" />}
            {!view?.is_loaded ? !error && <Bones lines={7} className="px-8 pt-2" />
                : messages.length === 0 && !is_pending ? <Empty icon={<MessageSquareText />} title={t('chat_empty')}>{t('chat_empty_text')}</Empty>
                  : (
                    <SafePart>
                      {view.older && <div ref={beginning} className="pb-4 text-center"><Button small kind="quiet" onClick={() => read_branch(branch_id)}>{t('show_older')}</Button></div>}
                      {messages.map((message, index) => {
                        const is_inherited = message.branch_id !== branch_id;
                        return (
                          <MessageView key={message.id} message={message} app_id={app_id} acts={acts} forks={forks[message.id] ?? no_forks} hue={hues[message.branch_id] ?? 'hue-0'}
                            version={versions.find((version) => version.id === message.variant.version_id) ?? null} is_far={index < messages.length - near_messages} is_first={index === 0 && !view.older} is_last={index === messages.length - 1 && !is_pending}
                            is_inherited={is_inherited} is_pinned={pinned.has(message.id)} is_early={is_inherited || index < last_question} can_branch_before={index > first_question + (message.role === 'user' ? 0 : 1)} />
                        );
                      })}
                      {is_pending && (
                        <div className={`flex gap-2.5 px-3 opacity-70 sm:px-4 ${hues[branch_id] ?? 'hue-0'}`}>
                          <div aria-hidden className={`stem stem-last w-5 shrink-0 ${messages.length === 0 ? 'stem-first' : ''}`}><span className="absolute left-1/2 top-[0.85rem] size-3 -translate-x-1/2 rounded-full border-[3px] bg-bg hue-line" /></div>
                          <div className="min-w-0 flex-1 pb-4 pt-1.5"><div className="w-fit max-w-full whitespace-pre-wrap break-words rounded-2xl rounded-tl-md border border-line bg-raised px-3.5 py-2">{pending.text}</div></div>
                        </div>
                      )}
                    </SafePart>
                  )}
          </div>
        </div>
        {shows_jump && <IconButton name={t('to_end')} side="top" onClick={to_end} className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full border border-line bg-raised shadow-float"><ArrowDown /></IconButton>}
      </div>
      <div className="mx-auto w-full max-w-3xl px-3 pb-3 pt-1 sm:px-4">
        <Composer key={branch_id} box={box} text={draft} on_text={set_draft} on_send={send} label={t('message_new')} picked={picked} autofocus={autofocus} on_stop={running ? stop : null}
          placeholder={messages.length ? t('composer_next') : t('composer_first')} />
      </div>
      {removed && (
        <Confirm title={t('delete_from_here')} action={t('delete')} text={t('delete_from_here_text')} on_close={() => set_removed(null)} on_confirm={() => messages_rm(removed.id)} />
      )}
    </section>
  );
}
