// The form of a lorebook's entry: what everybody needs first, the rest behind a disclosure each.
import { useState } from 'react';
import type { LoreEntry } from '../api';
import { Field, Select } from '../ui/kit';
import { Code } from '../ui/markdown';
import { lines_of, option_groups, set_in, type OptionGroup } from './entry';
import { tags_of } from './card';
import { Check, Disclosure, LongField } from './parts';
import { use_words, type Word } from './words';

type Set = (part: Partial<LoreEntry>) => void;
interface Props { value: LoreEntry; set: Set }

const positions: LoreEntry['position'][] = ['before', 'after', 'an_top', 'an_bottom', 'at_depth', 'em_top', 'em_bottom', 'outlet', 'personality', 'scenario'];
const roles: LoreEntry['role'][] = ['system', 'user', 'assistant'];
const logics: LoreEntry['selective_logic'][] = ['and_any', 'and_all', 'not_any', 'not_all'];
const triggers = ['normal', 'continue', 'impersonate', 'swipe', 'regenerate', 'quiet'];
const group_words: Record<OptionGroup, Word> = { keys: 'options_keys', places: 'options_places', chance: 'options_chance', time: 'options_time', recursion: 'options_recursion', whom: 'options_whom' };
type Flag = { [name in keyof LoreEntry]: LoreEntry[name] extends boolean ? name : never }[keyof LoreEntry];
type Count = { [name in keyof LoreEntry]: LoreEntry[name] extends number ? name : never }[keyof LoreEntry];
type Third = { [name in keyof LoreEntry]: LoreEntry[name] extends boolean | null ? (null extends LoreEntry[name] ? name : never) : never }[keyof LoreEntry];

/** A list as it is typed; it is read at once, and set right when the field is left. */
function Lines({ label, hint, items, rows, on_change }: { label: string; hint?: string; items: string[]; rows: number; on_change: (items: string[]) => void }) {
  const [typed, set_typed] = useState<string | null>(null);
  return <LongField label={label} hint={hint} rows={rows} spellCheck={false} value={typed ?? items.join('\n')} onChange={(event) => { set_typed(event.target.value); on_change(lines_of(event.target.value)); }} onBlur={() => set_typed(null)} />;
}

function Commas({ label, hint, items, on_change }: { label: string; hint?: string; items: string[]; on_change: (items: string[]) => void }) {
  const [typed, set_typed] = useState<string | null>(null);
  return <Field label={label} hint={hint} autoComplete="off" value={typed ?? items.join(', ')} onChange={(event) => { set_typed(event.target.value); on_change(tags_of(event.target.value)); }} onBlur={() => set_typed(null)} />;
}

function Number_({ name, value, set, label, hint, max = 1e9 }: Props & { name: Count; label: string; hint?: string; max?: number }) {
  return <Field label={label} hint={hint} type="number" inputMode="numeric" min={name === 'insertion_order' ? undefined : 0} max={max} step={1} value={String(value[name])} onChange={(event) => { const typed = event.target.valueAsNumber; if (Number.isFinite(typed)) set({ [name]: Math.trunc(typed) }); }} />;
}

/** A number that may also be left to the setting. */
export function OptionalNumber({ label, hint, value, max, on_change }: { label: string; hint?: string; value: number | null; max: number; on_change: (value: number | null) => void }) {
  return <Field label={label} hint={hint} type="number" inputMode="numeric" min={0} max={max} value={value ?? ''} onChange={(event) => on_change(Number.isFinite(event.target.valueAsNumber) ? Math.trunc(event.target.valueAsNumber) : null)} />;
}

export function ThirdChoice({ label, value, on_change }: { label: string; value: boolean | null; on_change: (value: boolean | null) => void }) {
  const { w } = use_words();
  return <Select label={label} value={value === null ? '' : String(value)} on_change={(next) => on_change(next === '' ? null : next === 'true')} options={[{ value: '', text: w('as_the_setting') }, { value: 'true', text: w('yes') }, { value: 'false', text: w('no') }]} />;
}

function Options({ group, value, set }: Props & { group: OptionGroup }) {
  const { w } = use_words();
  const flag = (name: Flag) => <Check key={name} label={w(`entry_${name}` as Word)} checked={value[name]} on_change={(checked) => set({ [name]: checked })} />;
  const third = (name: Third) => <ThirdChoice key={name} label={w(`entry_${name}` as Word)} value={value[name]} on_change={(next) => set({ [name]: next })} />;
  const count = (name: Count, hint?: Word, max?: number) => <Number_ key={name} name={name} value={value} set={set} label={w(`entry_${name}` as Word)} {...(hint ? { hint: w(hint) } : {})} {...(max ? { max } : {})} />;
  const grid = 'grid gap-4 sm:grid-cols-2';
  switch (group) {
    case 'keys': return (
      <>
        <div className={grid}><Lines label={w('entry_secondary_keys')} hint={w('entry_secondary_keys_hint')} items={value.secondary_keys} rows={2} on_change={(secondary_keys) => set({ secondary_keys, selective: true })} />
          <Select label={w('entry_selective_logic')} value={value.selective_logic} on_change={(logic) => set({ selective_logic: logic as LoreEntry['selective_logic'] })} options={logics.map((logic) => ({ value: logic, text: w(`logic_${logic}`) }))} /></div>
        <div className={grid}>{third('case_sensitive')}{third('match_whole_words')}<OptionalNumber label={w('entry_scan_depth')} hint={w('entry_scan_depth_hint')} max={1000} value={value.scan_depth} on_change={(scan_depth) => set({ scan_depth })} /></div>
        {flag('use_regex')}
      </>
    );
    case 'places': return <div className="grid gap-2.5 sm:grid-cols-2">{option_groups.places.map(flag)}</div>;
    case 'chance': return <><div className={grid}>{count('probability', 'entry_probability_hint', 100)}<Field label={w('entry_group')} hint={w('entry_group_hint')} autoComplete="off" maxLength={1000} value={value.group} onChange={(event) => set({ group: event.target.value })} />{count('group_weight')}{third('use_group_scoring')}</div>{flag('group_override')}{flag('ignore_budget')}</>;
    case 'time': return <div className="grid gap-4 sm:grid-cols-3">{count('sticky', 'entry_sticky_hint')}{count('cooldown', 'entry_cooldown_hint')}{count('delay', 'entry_delay_hint')}</div>;
    case 'recursion': return <>{flag('exclude_recursion')}{flag('prevent_recursion')}<div className={grid}>{count('delay_until_recursion', 'entry_delay_until_recursion_hint', 200)}</div></>;
    case 'whom': return <Whom value={value} set={set} />;
  }
}

function Whom({ value, set }: Props) {
  const { w } = use_words();
  const filter = { is_exclude: value.character_filter.is_exclude ?? false, names: value.character_filter.names ?? [], tags: value.character_filter.tags ?? [] };
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Commas label={w('entry_names')} hint={w('entry_names_hint')} items={filter.names} on_change={(names) => set({ character_filter: { ...filter, names } })} />
        <Commas label={w('entry_tags')} hint={w('tags_hint')} items={filter.tags} on_change={(tags) => set({ character_filter: { ...filter, tags } })} />
      </div>
      <Check label={w('entry_is_exclude')} checked={filter.is_exclude} on_change={(is_exclude) => set({ character_filter: { ...filter, is_exclude } })} />
      <fieldset><legend className="mb-1.5 text-sm font-medium">{w('entry_triggers')}</legend><div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
        {triggers.map((trigger) => <Check key={trigger} label={w(`trigger_${trigger}` as Word)} checked={value.triggers.includes(trigger)} on_change={(checked) => set({ triggers: triggers.filter((other) => (other === trigger ? checked : value.triggers.includes(other))) })} />)}
      </div></fieldset>
    </>
  );
}

function Position({ value, set }: Props) {
  const { w } = use_words();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Select label={w('entry_position')} value={value.position} on_change={(position) => set({ position: position as LoreEntry['position'] })} options={positions.map((position) => ({ value: position, text: w(`position_${position}`) }))} />
      <Number_ name="insertion_order" value={value} set={set} label={w('entry_insertion_order')} hint={w('entry_insertion_order_hint')} />
      {value.position === 'at_depth' && <><Number_ name="depth" value={value} set={set} label={w('entry_depth')} hint={w('entry_depth_hint')} /><Select label={w('entry_role')} value={value.role} on_change={(role) => set({ role: role as LoreEntry['role'] })} options={roles.map((role) => ({ value: role, text: w(`role_${role}`) }))} /></>}
      {value.position === 'outlet' && <Field label={w('entry_outlet_name')} hint={w('entry_outlet_hint')} autoComplete="off" maxLength={1000} value={value.outlet_name} onChange={(event) => set({ outlet_name: event.target.value })} />}
    </div>
  );
}

export function EntryForm({ value, set }: Props) {
  const { w } = use_words();
  const kept = { ...value.extensions, ...value.unknown };
  return (
    <div className="space-y-4">
      <section aria-label={w('entry')} className="card space-y-4 p-4">
        <Field label={w('entry_comment')} value={value.comment} autoComplete="off" hint={w('entry_comment_hint')} onChange={(event) => set({ comment: event.target.value })} />
        <fieldset className="flex flex-wrap gap-x-6 gap-y-2"><legend className="sr-only">{w('entry_when')}</legend>
          <Check label={w('entry_enabled')} checked={value.enabled} on_change={(enabled) => set({ enabled })} /><Check label={w('entry_constant')} checked={value.constant} on_change={(constant) => set({ constant })} /></fieldset>
        {value.constant ? <p className="text-xs text-muted">{w('entry_constant_note')}</p> : <Lines label={w('entry_keys')} hint={w('entry_keys_hint')} items={value.keys} rows={3} on_change={(keys) => set({ keys })} />}
        <LongField label={w('entry_content')} rows={7} value={value.content} maxLength={200_000} hint={w('entry_content_hint')} onChange={(event) => set({ content: event.target.value })} />
        <Position value={value} set={set} />
      </section>
      {(Object.keys(option_groups) as OptionGroup[]).map((group) => {
        const count = set_in(value, group);
        return <Disclosure key={group} title={w(group_words[group])} note={count ? w('options_set', { n: count }) : undefined}><Options group={group} value={value} set={set} /></Disclosure>;
      })}
      {Object.keys(kept).length > 0 && <Disclosure title={w('entry_rest')}><p className="text-muted">{w('card_rest_text')}</p><pre tabIndex={0} className="max-h-72 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs"><Code text={JSON.stringify(kept, null, 2)} language="json" /></pre></Disclosure>}
    </div>
  );
}
