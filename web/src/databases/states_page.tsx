// The states as a tree, each below the one that its step began with.
import { ChevronRight, Copy, EllipsisVertical, GitCompare, Layers, Pin, PlayCircle, Tag, Trash2 } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { db_open, db_refs, db_remove_state, db_states, db_tag, db_untag, type DatabaseState, type Ref } from '../api';
import { byte_text, full_time, time_ago } from '../i18n';
import { use_load } from '../load';
import { navigate, set_query, use_query } from '../router';
import { Badge, Bones, Button, Confirm, Empty, ErrorNote, Field, Menu, MenuItem, MenuLine, icon_button } from '../ui/kit';
import { toast, toast_error } from '../ui/toast';
import { Form } from './instance_actions';
import { Frame, instance_href, short_state, span_text } from './parts';
import { line_of, tree_lines, type StateLine } from './state_tree';
import { use_words } from './words';

const page_size = 200;
/** States that are read; the tree of more would be no help to anybody. */
const states_max = 2000;
const depth_shown_max = 12;
const drawn_more = 200;

/** All states, page by page; `is_cut` when there are more than are read. */
export async function load_states(): Promise<{ states: DatabaseState[]; is_cut: boolean }> {
  const states: DatabaseState[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof db_states>> = await db_states({ limit: page_size, ...(cursor ? { cursor } : {}) });
    states.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && states.length < states_max);
  return { states, is_cut: cursor !== null };
}

/** "psql -f schema.sql <schema.sql" without the names of the inputs. */
export const state_title = (state: DatabaseState): string => (state.kind === 'base' ? state.image : state.title.replace(/ <.*$/s, ''));

function TagForm({ state, refs, on_close, on_done }: { state: DatabaseState; refs: Ref[]; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const first = refs.find((ref) => ref.state_id === state.id);
  const [name, set_name] = useState(first?.name ?? '');
  const [tags, set_tags] = useState(first?.tags.join(', ') ?? '');
  const [is_pinned, set_pinned] = useState(first?.is_pinned ?? true);
  const known = refs.find((ref) => ref.name === name.trim());
  return (
    <Form title={w('tag_title', { id: short_state(state.id) })} action={t('save')} can_go={name.trim() !== ''} on_close={on_close} on_go={async () => {
      await db_tag(name.trim(), { state_id: state.id, tags: tags.split(',').map((tag) => tag.trim()).filter(Boolean), is_pinned });
      on_done();
    }}>
      <Field label={w('ref')} value={name} maxLength={100} required autoComplete="off" spellCheck={false} placeholder="shop@main" hint={known && known.state_id !== state.id ? w('ref_moves', { id: short_state(known.state_id) }) : w('ref_hint')} onChange={(event) => set_name(event.target.value)} />
      <Field label={w('tags')} value={tags} maxLength={500} autoComplete="off" hint={w('tags_hint')} onChange={(event) => set_tags(event.target.value)} />
      <label className="flex cursor-pointer items-start gap-2"><input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-(--accent)" checked={is_pinned} onChange={(event) => set_pinned(event.target.checked)} /><span>{w('pin')}<span className="block text-xs text-muted">{w('pin_hint')}</span></span></label>
    </Form>
  );
}

/** Says first what goes with it, and what keeps it. */
function RemoveDialog({ state, states, refs, on_close, on_done }: { state: DatabaseState; states: DatabaseState[]; refs: Ref[]; on_close: () => void; on_done: () => void }) {
  const { t, w, language } = use_words();
  const line = line_of(states, state.id);
  const bytes = line.reduce((sum, one) => sum + one.bytes, 0);
  const instances = line.reduce((sum, one) => sum + one.instances, 0);
  const ids = new Set(line.map((one) => one.id));
  const named = refs.filter((ref) => ids.has(ref.state_id));
  const text = (
    <div className="space-y-3">
      <p>{w('remove_text', { n: line.length, size: byte_text(bytes, language) })}</p>
      <ul aria-label={w('remove_list')} className="max-h-60 overflow-y-auto rounded-lg border border-line bg-sunken px-3 py-2">{line.slice(0, 100).map((one) => <li key={one.id} className="flex justify-between gap-3 font-mono text-xs text-ink"><span className="min-w-0 truncate">{state_title(one)}</span><span className="shrink-0 text-muted">{byte_text(one.bytes, language)}</span></li>)}{line.length > 100 && <li className="text-xs">⋯ {line.length - 100}</li>}</ul>
      {named.length > 0 && <p>{w('remove_refs', { refs: named.map((ref) => ref.name).join(', ') })}</p>}
      {instances > 0 && <p className="text-danger">{w('remove_instances', { n: instances })}</p>}
    </div>
  );
  return <Confirm title={w('remove_title', { id: short_state(state.id) })} text={text} action={t('delete')} on_close={on_close} on_confirm={async () => { await db_remove_state(state.id, { recurse: line.length > 1 }); on_done(); }} />;
}

function StateMenu({ state, states, refs, reload }: { state: DatabaseState; states: DatabaseState[]; refs: Ref[]; reload: () => void }) {
  const { t, w } = use_words();
  const [asked, set_asked] = useState<'tag' | 'remove' | null>(null);
  const close = () => set_asked(null);
  const own = refs.filter((ref) => ref.state_id === state.id);
  return (
    <>
      <Menu trigger={<button type="button" aria-label={w('state_actions', { id: short_state(state.id) })} className={icon_button(true)}><EllipsisVertical /></button>}>
        <MenuItem icon={<PlayCircle />} on_select={() => db_open({ name: state.id }).then((made) => navigate(instance_href(made.id)), toast_error)}>{w('instance_make')}</MenuItem>
        <MenuItem icon={<Tag />} on_select={() => set_asked('tag')}>{w('tag')}…</MenuItem>
        {own.map((ref) => <MenuItem key={ref.name} icon={<Tag />} on_select={() => void db_untag(ref.name).then(reload, toast_error)}>{w('untag', { name: ref.name })}</MenuItem>)}
        <MenuItem icon={<GitCompare />} on_select={() => navigate(`/databases/compare?left=${state.parent_id ?? state.id}&right=${state.id}`)}>{w('compare_with')}</MenuItem>
        <MenuItem icon={<Copy />} on_select={() => void navigator.clipboard?.writeText(state.id).then(() => toast(t('copied')), toast_error)}>{w('copy_id')}</MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} is_danger on_select={() => set_asked('remove')}>{t('delete')}…</MenuItem>
      </Menu>
      {asked === 'tag' && <TagForm state={state} refs={refs} on_close={close} on_done={reload} />}
      {asked === 'remove' && <RemoveDialog state={state} states={states} refs={refs} on_close={close} on_done={reload} />}
    </>
  );
}

function StateRow({ line, is_closed, is_chosen, toggle, menu, pins }: { line: StateLine; is_closed: boolean; is_chosen: boolean; toggle: () => void; menu: ReactNode; pins: ReadonlySet<string> }) {
  const { w, language } = use_words();
  const { state, depth, children } = line;
  return (
    <li data-state={state.id} className={`state flex items-start gap-1 py-2 pr-2 ${is_chosen ? 'bg-accent-soft' : ''}`} style={{ paddingLeft: `${0.5 + Math.min(depth, depth_shown_max) * 1.1}rem` }}>
      {children > 0 ? <button type="button" aria-expanded={!is_closed} aria-label={w('state_children', { n: children })} onClick={toggle} className={icon_button(true)}><ChevronRight className={`transition-transform ${is_closed ? '' : 'rotate-90'}`} /></button> : <span className="w-7 shrink-0 pointer-coarse:w-9" />}
      <div className="min-w-0 flex-1 pt-0.5">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1"><p className="min-w-0 break-words font-mono text-[0.8rem] font-medium">{state_title(state)}</p>{state.refs.map((ref) => <Badge key={ref} tone="info">{pins.has(ref) && <Pin className="size-3" aria-label={w('pinned')} />}{ref}</Badge>)}</div>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted"><span className="font-mono">{short_state(state.id)}</span><span className="sm:hidden">{byte_text(state.bytes, language)}</span><span title={full_time(state.created_at, language)}>{w('made', { time: time_ago(state.created_at, language) })}</span>{state.uses > 0 && <span title={full_time(state.last_used_at, language)}>{w('used', { time: time_ago(state.last_used_at, language) })}</span>}</p>
      </div>
      <dl className="grid grid-cols-[5.5rem_5.5rem_3.5rem_4.5rem] gap-x-2 pt-0.5 text-right text-xs tabular-nums max-sm:hidden">
        {[[w('size'), byte_text(state.bytes, language)], [w('build_cost'), span_text(state.build_ms, language)], [w('uses'), String(state.uses)], [w('instances'), String(state.instances)]].map(([name, value]) => <div key={name}><dt className="sr-only">{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {menu}
    </li>
  );
}

export function StatesPage() {
  const { w } = use_words();
  const chosen = use_query().get('state');
  const loaded = use_load('states', async () => {
    const [all, refs] = await Promise.all([load_states(), db_refs({ limit: 200 })]);
    return { ...all, refs: refs.items };
  });
  const [closed, set_closed] = useState<ReadonlySet<string>>(new Set());
  const [drawn, set_drawn] = useState(drawn_more);
  const lines = useMemo(() => tree_lines(loaded.value?.states ?? [], closed), [loaded.value, closed]);
  const pins = useMemo(() => new Set(loaded.value?.refs.filter((ref) => ref.is_pinned).map((ref) => ref.name)), [loaded.value]);
  const toggle = (id: string) => set_closed((old) => new Set(old.has(id) ? [...old].filter((other) => other !== id) : [...old, id]));
  const at = chosen ? lines.findIndex((line) => line.state.id.startsWith(chosen)) : -1;
  const shown = lines.slice(0, Math.max(drawn, at + 20));
  return (
    <Frame title={w('states')} text={w('states_text')}>
      {loaded.error && <ErrorNote error={loaded.error} retry={loaded.reload} className="mb-3" />}
      {!loaded.value ? !loaded.error && <Bones lines={8} /> : loaded.value.states.length === 0 ? <div className="card"><Empty icon={<Layers />} title={w('states_empty')}>{w('states_empty_text')}</Empty></div> : (
        <div className="card overflow-hidden">
          <div aria-hidden className="flex items-center gap-1 border-b border-line bg-sunken py-1.5 pl-9 pr-10 text-xs font-medium text-muted max-sm:hidden"><span className="flex-1 pl-1">{w('state')}</span><span className="grid grid-cols-[5.5rem_5.5rem_3.5rem_4.5rem] gap-x-2 text-right"><span>{w('size')}</span><span>{w('build_cost')}</span><span>{w('uses')}</span><span>{w('instances')}</span></span></div>
          <ul aria-label={w('states')} className="divide-y divide-line">
            {shown.map((line, index) => (
              <StateRow key={line.state.id} line={line} is_closed={closed.has(line.state.id)} is_chosen={index === at} toggle={() => toggle(line.state.id)} pins={pins}
                menu={<StateMenu state={line.state} states={loaded.value!.states} refs={loaded.value!.refs} reload={loaded.reload} />} />
            ))}
          </ul>
          {lines.length > shown.length && <div className="border-t border-line p-2"><Button small onClick={() => set_drawn(shown.length + drawn_more)}>{w('states_more', { n: lines.length - shown.length })}</Button></div>}
        </div>
      )}
      {chosen && at >= 0 && <p className="mt-3"><Button small kind="quiet" onClick={() => set_query({ state: null })}>{w('choice_end')}</Button></p>}
      {loaded.value?.is_cut && <p className="mt-3 text-muted">{w('only_newest', { n: loaded.value.states.length })}</p>}
    </Frame>
  );
}
