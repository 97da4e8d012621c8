// How the organization's prompts look for lore: what a book or an entry does not say for itself.
import { useState } from 'react';
import { lorebooks_set, lorebooks_settings, type LoreSettings } from '../api';
import { use_load } from '../load';
import { Bones, Button, Dialog, ErrorNote, Field, Select } from '../ui/kit';
import { toast } from '../ui/toast';
import { Check } from './parts';
import { use_words, type Word } from './words';

type Count = { [name in keyof LoreSettings]: LoreSettings[name] extends number ? name : never }[keyof LoreSettings];
type Flag = { [name in keyof LoreSettings]: LoreSettings[name] extends boolean ? name : never }[keyof LoreSettings];

/** The model's window is not asked for: prompts know theirs. */
const counts: { name: Exclude<Count, 'context_tokens'>; max: number }[] = [
  { name: 'scan_depth', max: 1000 }, { name: 'budget_percent', max: 100 }, { name: 'budget_cap', max: 1e9 }, { name: 'min_activations', max: 10_000 }, { name: 'min_activations_depth_max', max: 1000 }, { name: 'max_recursion_steps', max: 200 },
];
const flags: Flag[] = ['include_names', 'recursive', 'case_sensitive', 'match_whole_words', 'use_group_scoring'];
const strategies: LoreSettings['insertion_strategy'][] = ['character_first', 'evenly', 'global_first'];

function Form({ saved, on_close }: { saved: LoreSettings; on_close: () => void }) {
  const { t, w } = use_words();
  const [value, set_value] = useState(saved);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const set = (part: Partial<LoreSettings>) => set_value((old) => ({ ...old, ...part }));
  const save = async () => {
    set_busy(true);
    set_error(null);
    try {
      await lorebooks_set(value);
      toast(w('saved'));
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <form className="space-y-5" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <p className="text-muted">{w('lore_settings_text')}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        {counts.map(({ name, max }) => <Field key={name} label={w(`lore_${name}` as Word)} hint={w(`lore_${name}_hint` as Word)} type="number" inputMode="numeric" min={0} max={max} step={1} value={String(value[name])} onChange={(event) => { const typed = event.target.valueAsNumber; if (Number.isFinite(typed)) set({ [name]: Math.trunc(typed) }); }} />)}
        <Select label={w('lore_insertion_strategy')} hint={w('lore_insertion_strategy_hint')} value={value.insertion_strategy} on_change={(next) => set({ insertion_strategy: next as LoreSettings['insertion_strategy'] })} options={strategies.map((strategy) => ({ value: strategy, text: w(`strategy_${strategy}`) }))} />
      </div>
      <div className="space-y-2.5">{flags.map((name) => <Check key={name} label={w(`lore_${name}` as Word)} checked={value[name]} on_change={(checked) => set({ [name]: checked })} />)}</div>
      <ErrorNote error={error} />
      <div className="flex flex-wrap justify-end gap-2"><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" type="submit" is_busy={is_busy}>{t('save')}</Button></div>
    </form>
  );
}

export function LoreSettingsDialog({ on_close }: { on_close: () => void }) {
  const { w } = use_words();
  const settings = use_load('lore settings', lorebooks_settings);
  return (
    <Dialog title={w('lore_settings')} on_close={on_close}>
      {settings.error ? <ErrorNote error={settings.error} retry={settings.reload} /> : settings.value ? <Form saved={settings.value} on_close={on_close} /> : <Bones lines={6} />}
    </Dialog>
  );
}
