// One model: who is asked, what it costs, how long it may take, and what it may be told.
import { ListTree } from 'lucide-react';
import { useId, useState } from 'react';
import { models_change, models_create, models_served, models_show, type Id, type Model } from '../api';
import { use_load } from '../load';
import { navigate } from '../router';
import { Bones, Button, ErrorNote, Field, Select } from '../ui/kit';
import { Section } from '../ui/section';
import { fault_at, fault_elsewhere } from './faults';
import { body_of, form_of, name_of, numbers, type ModelForm, type NumberName } from './model_form';
import { BackLink, Group, models_href, use_fault_focus, use_saving } from './parts';
import { data_classes } from './policy_choice';
import { provider_of, providers } from './providers';
import { use_words } from './words';

interface Editing { form: ModelForm; set: (part: Partial<ModelForm>) => void; error: unknown }

function NumberField({ name, hint, editing: { form, set, error } }: { name: NumberName; hint?: string; editing: Editing }) {
  const { w } = use_words();
  const { usual, unit, min, max } = numbers[name];
  const change = (text: string) => {
    const part: Partial<ModelForm> = {};
    part[name] = text;
    set(part);
  };
  return <Field label={w(name)} type="number" inputMode="decimal" step="any" min={min / unit} max={max / unit} value={form[name]} placeholder={String(usual / unit)} hint={hint} error={fault_at(error, name)} onChange={(event) => change(event.target.value)} />;
}

/** The provider's name of the model; of one that is saved, the provider says which it has. */
function NameAtProvider({ model_id, editing: { form, set, error } }: { model_id: Id | null; editing: Editing }) {
  const { w } = use_words();
  const list = useId();
  const [names, set_names] = useState<string[] | null>(null);
  const [failure, set_failure] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const ask = async () => {
    set_busy(true);
    set_failure(null);
    try {
      set_names((await models_served(model_id!)).items.map((one) => one.model));
    } catch (cause) {
      set_failure(cause);
    } finally {
      set_busy(false);
    }
  };
  return (
    <div>
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 flex-1 basis-52"><Field label={w('model_id')} value={form.model} list={list} maxLength={200} autoComplete="off" spellCheck={false} hint={names ? (names.length ? w('served', { n: names.length }) : w('served_none')) : w('model_id_hint')} error={fault_at(error, 'model')} onChange={(event) => set({ model: event.target.value })} /></div>
        {model_id && <Button className="sm:mt-6" is_busy={is_busy} onClick={() => void ask()}>{!is_busy && <ListTree className="size-4" aria-hidden />}{w('served_ask')}</Button>}
      </div>
      <datalist id={list}>{names?.map((name) => <option key={name} value={name} />)}</datalist>
      <ErrorNote error={failure} className="mt-2" />
    </div>
  );
}

function Asked({ model, editing }: { model: Model | null; editing: Editing }) {
  const { t, w } = use_words();
  const { form, set, error } = editing;
  const known = provider_of(form.provider);
  const has_key = !!model?.has_api_key && !form.is_key_removed;
  return (
    <Group title={w('model_asked')}>
      {model ? <p><span className="text-muted">{w('provider')}:</span> {known.text}</p> : <Select label={w('provider')} value={form.provider} hint={w('provider_text')} on_change={(provider) => set({ provider })} options={providers} />}
      <Field label={t('name')} value={form.name} maxLength={100} placeholder={name_of({ ...form, name: '' })} error={fault_at(error, 'name')} onChange={(event) => set({ name: event.target.value })} />
      <NameAtProvider model_id={model?.id ?? null} editing={editing} />
      <Field label={w('base_url')} value={form.base_url} maxLength={2000} inputMode="url" autoComplete="off" spellCheck={false} placeholder={known.base_url} hint={w('base_url_hint')} error={fault_at(error, 'base_url')} onChange={(event) => set({ base_url: event.target.value })} />
      <Field label={w('api_key')} type="password" value={form.api_key} autoComplete="new-password" placeholder={has_key ? '••••••••' : ''} hint={has_key ? w('api_key_keep') : known.needs_key ? w('api_key_hint') : w('api_key_optional')} error={fault_at(error, 'api_key')} onChange={(event) => set({ api_key: event.target.value })} />
      {model?.has_api_key && <label className="flex cursor-pointer items-center gap-2"><input type="checkbox" className="size-4 accent-(--accent)" checked={form.is_key_removed} onChange={(event) => set({ is_key_removed: event.target.checked })} />{w('api_key_remove')}</label>}
      <NumberField name="context_tokens" hint={w('context_tokens_hint')} editing={editing} />
      <label className="flex cursor-pointer items-start gap-2"><input type="checkbox" className="mt-0.5 size-4 accent-(--accent)" checked={form.takes_images} onChange={(event) => set({ takes_images: event.target.checked })} /><span>{w('takes_images')}<span className="block text-xs text-muted">{w('takes_images_hint')}</span></span></label>
    </Group>
  );
}

const members = ['name', 'model', 'base_url', 'api_key', ...Object.keys(numbers)];

function ModelEditor({ model, reload }: { model: Model | null; reload: () => void }) {
  const { t, w } = use_words();
  const [form, set_form] = useState(() => form_of(model));
  const { error, is_busy, save } = use_saving({ href: models_href, saved_word: 'model_saved', reload });
  const form_ref = use_fault_focus(error);
  const editing: Editing = { form, set: (part) => set_form((old) => ({ ...old, ...part })), error };
  const send = () => (model ? models_change(model.id, body_of(form), { if_match: model.version }) : models_create({ ...body_of(form), provider: form.provider }));
  return (
    <form ref={form_ref} className="space-y-4" onSubmit={(event) => { event.preventDefault(); void save(send); }}>
      <Asked model={model} editing={editing} />
      <Group title={w('prices')} text={w('prices_text')}>
        <div className="grid gap-4 sm:grid-cols-3"><NumberField name="tokens_in_usd" editing={editing} /><NumberField name="tokens_cached_usd" editing={editing} /><NumberField name="tokens_out_usd" editing={editing} /></div>
      </Group>
      <Group title={w('times')} text={w('times_text')}>
        <div className="grid gap-4 sm:grid-cols-2"><NumberField name="connect_timeout_ms" editing={editing} /><NumberField name="first_token_timeout_ms" editing={editing} /><NumberField name="between_tokens_timeout_ms" editing={editing} /><NumberField name="total_timeout_ms" editing={editing} /></div>
      </Group>
      <Group title={w('data')}>
        <Select label={w('data_class_max')} value={form.data_class_max} hint={w('data_class_max_hint')} on_change={(value) => editing.set({ data_class_max: value as ModelForm['data_class_max'] })} options={data_classes.map((value) => ({ value, text: w(`up_to_${value}`) }))} />
        <label className="flex cursor-pointer items-start gap-2"><input type="checkbox" className="mt-0.5 size-4 accent-(--accent)" checked={form.is_default} onChange={(event) => editing.set({ is_default: event.target.checked })} /><span>{w('model_default')}<span className="block text-xs text-muted">{w('model_default_hint')}</span></span></label>
      </Group>
      <ErrorNote error={fault_elsewhere(error, members)} />
      <div className="flex justify-end gap-2"><Button onClick={() => navigate(models_href)}>{t('cancel')}</Button><Button kind="primary" type="submit" is_busy={is_busy}>{t('save')}</Button></div>
    </form>
  );
}

/** `model_id` null is a new one. */
export function ModelPage({ model_id }: { model_id: Id | null }) {
  const { t, w } = use_words();
  const model = use_load(model_id, () => models_show(model_id!));
  return (
    <>
      <BackLink href={models_href}>{t('models')}</BackLink>
      <Section title={model_id ? (model.value?.name ?? '…') : w('model_add')}>
        {model.error && <ErrorNote error={model.error} retry={model.reload} className="mb-3" />}
        {model_id && !model.value ? !model.error && <Bones lines={6} />
          : model.value?.provider === 'demo' ? <p className="text-muted">{w('model_built_in')}</p>
            : <ModelEditor model={model.value} reload={model.reload} />}
      </Section>
    </>
  );
}
