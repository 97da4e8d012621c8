// The messages of one branch on screen: those near the view are drawn, and read from the server as they are wanted.
import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { messages_show, type Branch, type Id, type Message, type Version } from '../api';
import { messages_of, missing_pages, pinned_variants } from '../chat_state';
import { use_t } from '../i18n';
import { Button, Dialog, ErrorNote, Field, IconButton } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { hue_of } from './hues';
import { MessageView, type MessageActs } from './message_view';
import type { LiveChat } from './use_chat';
import { use_long_list } from './use_long_list';

/** Pages are asked for when the view rests so long: who drags the bar over a chat does not read all of it. */
const rest_ms = 60;
/** From so many messages on it is said where in the chat one is. */
const long_messages = 60;

function GoTo({ row, count, on_go, on_close }: { row: number; count: number; on_go: (row: number) => void; on_close: () => void }) {
  const { t } = use_t();
  const [text, set_text] = useState(String(row));
  const wanted = Number(text);
  const is_right = Number.isInteger(wanted) && wanted >= 1 && wanted <= count;
  const go = () => {
    if (!is_right) return;
    on_close();
    on_go(wanted);
  };
  return (
    <Dialog title={t('go_to_message')} on_close={on_close} footer={<Button kind="primary" disabled={!is_right} onClick={go}>{t('go')}</Button>}>
      <form onSubmit={(event) => { event.preventDefault(); go(); }}>
        <Field label={t('go_to_number', { count })} type="number" inputMode="numeric" min={1} max={count} value={text} onChange={(event) => set_text(event.target.value)} onFocus={(event) => event.target.select()} />
      </form>
    </Dialog>
  );
}

interface Props {
  live: LiveChat;
  branch_id: Id;
  app_id: Id | null;
  versions: Version[];
  acts: MessageActs;
  is_busy: boolean;
  /** What was sent and is not in the history yet. */
  pending: string | null;
  /** The message to bring into view, as the address names it. */
  focus_id: Id | null;
}

export function MessageList({ live, branch_id, app_id, versions, acts, is_busy, pending, focus_id }: Props) {
  const { t, language } = use_t();
  const { state, error, read_page, read_end } = live;
  const view = state.views[branch_id]!;
  const { count } = view;
  const list = use_long_list(count);
  const { first, last } = list.rows;
  const messages = useMemo(() => messages_of(state, branch_id), [state, branch_id]);
  const by_seq = useMemo(() => new Map(messages.map((message) => [message.seq, message])), [messages]);
  const [shows_go_to, set_shows_go_to] = useState(false);

  const missing = missing_pages(view, first, last).join();
  useEffect(() => {
    if (!missing || error) return;
    const timer = setTimeout(() => missing.split(',').forEach((seq) => read_page(branch_id, Number(seq))), rest_ms);
    return () => clearTimeout(timer);
  }, [missing, error, branch_id, read_page]);
  const read_again = () => (missing ? missing.split(',').forEach((seq) => read_page(branch_id, Number(seq))) : read_end(branch_id));

  const [lit, set_lit] = useState<number | null>(null);
  const to_row = useRef(list.to_row);
  to_row.current = list.to_row;
  const go = useCallback((row: number) => {
    to_row.current(row);
    set_lit(row);
  }, []);
  useEffect(() => {
    if (focus_id) messages_show(focus_id).then((message) => go(message.seq), toast_error);
  }, [focus_id, go]);

  const forks = useMemo(() => {
    const found: Record<Id, { branch: Branch; hue: string }[]> = {};
    for (const branch of Object.values(state.branches))
      if (branch.forked_from_message_id && branch.id !== branch_id) (found[branch.forked_from_message_id] ??= []).push({ branch, hue: hue_of(state.branches, branch.id) });
    return found;
  }, [state.branches, branch_id]);
  const no_forks = useRef<{ branch: Branch; hue: string }[]>([]).current;
  const hues = useMemo(() => Object.fromEntries(Object.keys(state.branches).map((id) => [id, hue_of(state.branches, id)])), [state.branches]);
  const pinned = useMemo(() => pinned_variants(state.branches, branch_id), [state.branches, branch_id]);
  const last_question = messages.findLast((message) => message.role === 'user')?.seq ?? 0;

  const row_of = (seq: number, message: Message | undefined) => {
    if (!message) return <div key={seq} data-row={seq} data-blank aria-hidden><div style={{ height: list.blank }} className="px-12 py-3"><div className="skeleton h-full max-h-16 w-2/3" /></div></div>;
    const is_inherited = message.branch_id !== branch_id;
    return (
      <div key={seq} data-row={seq} className={lit === seq ? 'lit' : undefined}>
        <MessageView message={message} app_id={app_id} acts={acts} forks={forks[message.id] ?? no_forks} hue={hues[message.branch_id] ?? 'hue-0'} count={count}
          version={versions.find((version) => version.id === message.variant.version_id) ?? null} is_last={seq === count && pending === null}
          is_inherited={is_inherited} is_pinned={pinned.has(message.id)} is_early={is_inherited || seq < last_question} />
      </div>
    );
  };
  const number = (value: number) => value.toLocaleString(language);

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={list.scroller} onScroll={list.scrolled} onKeyDown={list.pressed} role="log" aria-label={t('messages')} aria-busy={is_busy} tabIndex={0} className="long-list relative h-full overflow-y-auto overscroll-contain pt-4 focus-visible:outline-offset-[-2px]">
        <div className="mx-auto max-w-3xl">
          {error && <ErrorNote error={error} retry={read_again} className="mx-4 mb-4" />}
          <div ref={list.body}>
            <div style={{ height: list.above }} />
            {Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => row_of(first + index, by_seq.get(first + index)))}
            <div style={{ height: list.below }} />
          </div>
          {pending !== null && (
            <div className={`flex gap-2.5 px-3 opacity-70 sm:px-4 ${hues[branch_id] ?? 'hue-0'}`}>
              <div aria-hidden className={`stem stem-last w-5 shrink-0 ${count === 0 ? 'stem-first' : ''}`}><span className="absolute left-1/2 top-[0.85rem] size-3 -translate-x-1/2 rounded-full border-[3px] bg-bg hue-line" /></div>
              <div className="min-w-0 flex-1 pb-4 pt-1.5"><div className="w-fit max-w-full whitespace-pre-wrap break-words rounded-2xl rounded-tl-md border border-line bg-raised px-3.5 py-2">{pending}</div></div>
            </div>
          )}
        </div>
      </div>
      {list.is_away && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex items-center justify-center gap-2 [&>*]:pointer-events-auto">
          {count >= long_messages && <Button small onClick={() => set_shows_go_to(true)} aria-label={t('go_to_message')} className="rounded-full shadow-float tabular-nums">{t('message_of', { row: number(list.row), count: number(count) })}</Button>}
          <IconButton name={t('to_end')} side="top" onClick={list.to_end} className="rounded-full border border-line bg-raised shadow-float"><ArrowDown /></IconButton>
        </div>
      )}
      {shows_go_to && <GoTo row={list.row} count={count} on_go={go} on_close={() => set_shows_go_to(false)} />}
    </div>
  );
}
