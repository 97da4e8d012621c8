// One policy: when it fits, and which models are asked then.
import { X } from 'lucide-react';
import { useState } from 'react';
import { policies_create, policies_set, policies_show, type CreateModelPolicy, type Id, type Model, type ModelPolicy } from '../api';
import { use_load } from '../load';
import { navigate } from '../router';
import { Bones, Button, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { Section } from '../ui/section';
import { fault_at, fault_elsewhere } from './faults';
import { BackLink, Group, data_class_text, policies_href, task_text, use_fault_focus, use_models, use_policies, use_saving } from './parts';
import { data_classes, may_be_sent, models_of, tasks } from './policy_choice';
import { Sortable } from './sortable';
import { use_words } from './words';

interface PolicyForm { name: string; task: ModelPolicy['task']; data_class: ModelPolicy['data_class']; cost_usd_max: string; model_ids: Id[] }

const body_of = ({ name, task, data_class, cost_usd_max, model_ids }: PolicyForm): CreateModelPolicy =>
  ({ name: name.trim(), task, data_class, cost_usd_max: cost_usd_max === '' ? null : Number(cost_usd_max), model_ids });

function Models({ form, all, fault, on_change }: { form: PolicyForm; all: Model[]; fault: string | null; on_change: (model_ids: Id[]) => void }) {
  const { w } = use_words();
  const { data_class, model_ids } = form;
  const chosen = models_of(form, all);
  const free = all.filter((model) => !model_ids.includes(model.id));
  return (
    <Group title={w('policy_models')}>
      {chosen.length === 0 ? <p className="text-muted">{w('policy_models_none')}</p> : (
        <Sortable label={w('policy_models')} items={chosen} name_of={(model) => model.name} on_order={(models) => on_change(models.map((model) => model.id))}>
          {(model) => (
            <>
              <span className="min-w-0 flex-1 break-words">{model.name} {data_class && !may_be_sent(model, data_class) && <span className="text-xs text-warn">{w('policy_model_may_not', { data_class: w(`class_${data_class}`) })}</span>}</span>
              <IconButton small name={w('policy_model_remove', { name: model.name })} onClick={() => on_change(model_ids.filter((id) => id !== model.id))}><X /></IconButton>
            </>
          )}
        </Sortable>
      )}
      {free.length > 0 && <Select label={w('policy_model_add')} value="" on_change={(id) => on_change([...model_ids, id])} options={[{ value: '', text: w('policy_model_choose') }, ...free.map((model) => ({ value: model.id, text: model.name }))]} />}
      {fault && <p role="alert" className="text-xs text-danger">{fault}</p>}
    </Group>
  );
}

const members = ['name', 'model_ids', 'cost_usd_max'];

function PolicyEditor({ policy, models, position, reload }: { policy: ModelPolicy | null; models: Model[]; position: number; reload: () => void }) {
  const { t, w } = use_words();
  const [form, set_form] = useState<PolicyForm>(() => ({ name: policy?.name ?? '', task: policy?.task ?? null, data_class: policy?.data_class ?? null, cost_usd_max: String(policy?.cost_usd_max ?? ''), model_ids: policy ? models_of(policy, models).map((model) => model.id) : [] }));
  const { error, is_busy, save } = use_saving({ href: policies_href, saved_word: 'policy_saved', reload });
  const form_ref = use_fault_focus(error);
  const set = (part: Partial<PolicyForm>) => set_form((old) => ({ ...old, ...part }));
  const send = () => (policy ? policies_set(policy.id, body_of(form), { if_match: policy.version }) : policies_create({ ...body_of(form), position }));
  return (
    <form ref={form_ref} className="space-y-4" onSubmit={(event) => { event.preventDefault(); void save(send); }}>
      <Field label={t('name')} value={form.name} required autoFocus={!policy} maxLength={100} autoComplete="off" hint={w('policy_name_hint')} error={fault_at(error, 'name')} onChange={(event) => set({ name: event.target.value })} />
      <Models form={form} all={models} fault={fault_at(error, 'model_ids')} on_change={(model_ids) => set({ model_ids })} />
      <Group title={w('policy_fits')}>
        <Select label={w('task')} value={form.task ?? ''} on_change={(value) => set({ task: (value || null) as PolicyForm['task'] })} options={[null, ...tasks].map((task) => ({ value: task ?? '', text: task_text(task, w) }))} />
        <Select label={w('data_class')} value={form.data_class ?? ''} on_change={(value) => set({ data_class: (value || null) as PolicyForm['data_class'] })} options={[null, ...data_classes].map((data_class) => ({ value: data_class ?? '', text: data_class_text(data_class, w) }))} />
        <Field label={w('cost_usd_max')} type="number" inputMode="decimal" step="any" min={0} max={1_000_000} value={form.cost_usd_max} hint={w('cost_usd_max_hint')} error={fault_at(error, 'cost_usd_max')} onChange={(event) => set({ cost_usd_max: event.target.value })} />
      </Group>
      <ErrorNote error={fault_elsewhere(error, members)} />
      <div className="flex justify-end gap-2"><Button onClick={() => navigate(policies_href)}>{t('cancel')}</Button><Button kind="primary" type="submit" is_busy={is_busy} disabled={!form.name.trim() || !form.model_ids.length}>{t('save')}</Button></div>
    </form>
  );
}

/** `policy_id` null is a new one, which stands last. */
export function PolicyPage({ policy_id }: { policy_id: Id | null }) {
  const { t, w } = use_words();
  const policy = use_load(policy_id, () => policies_show(policy_id!));
  const policies = use_policies();
  const models = use_models();
  const error = policy.error ?? policies.error ?? models.error;
  const is_ready = models.is_complete && policies.value && (!policy_id || policy.value);
  return (
    <>
      <BackLink href={policies_href}>{t('policies')}</BackLink>
      <Section title={policy_id ? (policy.value?.name ?? '…') : w('policy_new')}>
        {error && <ErrorNote error={error} retry={() => { policy.reload(); policies.reload(); models.reload(); }} className="mb-3" />}
        {!is_ready ? !error && <Bones lines={6} /> : <PolicyEditor policy={policy.value} models={models.items} position={Math.max(-1, ...policies.value!.map((one) => one.position)) + 1} reload={policy.reload} />}
      </Section>
    </>
  );
}
