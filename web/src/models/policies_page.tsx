// Policies in their order, and who would answer by them.
import { Plus, Split, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { policies_change, policies_rm, type Model, type ModelPolicy } from '../api';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Confirm, Empty, ErrorNote, IconButton, Select } from '../ui/kit';
import { Section } from '../ui/section';
import { data_class_text, policies_href, price_text, task_text, use_models, use_policies } from './parts';
import { changed_positions, data_classes, models_of, tasks, who_answers, type DataClass, type Task } from './policy_choice';
import { Sortable } from './sortable';
import { use_words } from './words';

/** Models in the order in which they are asked. */
function Chain({ models }: { models: Model[] }) {
  const { w } = use_words();
  if (!models.length) return <span>{w('policy_models_none')}</span>;
  return <>{models.map((model, index) => <span key={model.id}>{index > 0 && <span className="text-muted"> {w('policy_then')} </span>}{model.name}</span>)}</>;
}

function PolicyRow({ policy, models, on_delete }: { policy: ModelPolicy; models: Model[]; on_delete: () => void }) {
  const { w, language } = use_words();
  return (
    <>
      <div className="policy min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link href={`${policies_href}/${policy.id}`} className="min-w-0 break-words font-medium hover:underline">{policy.name}</Link>
          {policy.task && <Badge tone="info">{task_text(policy.task, w)}</Badge>}{policy.data_class && <Badge tone="warn">{data_class_text(policy.data_class, w)}</Badge>}
          {policy.cost_usd_max !== null && <Badge>{w('cost_up_to', { cost: price_text(policy.cost_usd_max, language) })}</Badge>}
        </p>
        <p className="mt-0.5 break-words"><Chain models={models_of(policy, models)} /></p>
      </div>
      <IconButton name={w('policy_delete_one', { name: policy.name })} onClick={on_delete}><Trash2 /></IconButton>
    </>
  );
}

function WhoAnswers({ policies, models }: { policies: ModelPolicy[]; models: Model[] }) {
  const { w } = use_words();
  const [task, set_task] = useState<Task>('chat');
  const [data_class, set_data_class] = useState<DataClass>('internal');
  const found = who_answers(policies, models, task, data_class);
  return (
    <section aria-label={w('who')} className="mt-8">
      <h2 className="text-base font-semibold">{w('who')}</h2>
      <p className="text-muted">{w('who_text')}</p>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <Select label={w('task')} value={task} on_change={(value) => set_task(value as Task)} options={tasks.map((value) => ({ value, text: task_text(value, w) }))} />
        <Select label={w('data_class')} value={data_class} on_change={(value) => set_data_class(value as DataClass)} options={data_classes.map((value) => ({ value, text: data_class_text(value, w) }))} />
      </div>
      <div role="status" className="who mt-3 rounded-xl bg-accent-soft px-4 py-3">
        {found.models.length > 0 && <p className="break-words font-medium"><Chain models={found.models} /></p>}
        <p className="break-words">{found.policy ? w('who_policy', { name: found.policy.name }) : w(found.models.length ? 'who_default' : 'who_nobody')}</p>
      </div>
    </section>
  );
}

export function PoliciesPage() {
  const { t, w } = use_words();
  const policies = use_policies();
  const models = use_models();
  const [deleted, set_deleted] = useState<ModelPolicy | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const list = policies.value;
  const add = <Button kind="primary" onClick={() => navigate(`${policies_href}/new`)}><Plus className="size-4" aria-hidden />{w('policy_new')}</Button>;
  // One order after the other is saved; the list is read again when the last one is.
  const saved = useRef(Promise.resolve());
  const [unsaved, set_unsaved] = useState(0);
  const { reload } = policies;
  useEffect(() => { if (unsaved === 0) reload(); }, [unsaved, reload]);
  const order = (ordered: ModelPolicy[]) => {
    const changes = changed_positions(ordered);
    policies.set(ordered.map((policy, position) => ({ ...policy, position })));
    set_error(null);
    set_unsaved((count) => count + 1);
    const save = async () => { for (const { id, position } of changes) await policies_change(id, { position }); };
    saved.current = saved.current.then(save).catch(set_error).then(() => set_unsaved((count) => count - 1));
  };
  return (
    <Section title={t('policies')} text={w('policies_text')} action={!!list?.length && add}>
      {(policies.error ?? models.error) && <ErrorNote error={policies.error ?? models.error} retry={() => { policies.reload(); models.reload(); }} className="mb-3" />}
      <ErrorNote error={error} className="mb-3" />
      {!list || !models.items.length ? !policies.error && !models.error && <Bones lines={4} /> : (
        <>
          {list.length === 0 ? <div className="card border-dashed shadow-none"><Empty icon={<Split />} title={w('policies_empty')}><p>{w('policies_empty_text')}</p><div className="mt-4">{add}</div></Empty></div>
            : <Sortable label={w('policies_order')} items={list} name_of={(policy) => policy.name} is_busy={unsaved > 0} on_order={order}>{(policy) => <PolicyRow policy={policy} models={models.items} on_delete={() => set_deleted(policy)} />}</Sortable>}
          <WhoAnswers policies={list} models={models.items} />
        </>
      )}
      {deleted && <Confirm title={w('policy_delete')} text={w('policy_delete_text', { name: deleted.name })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await policies_rm(deleted.id); policies.reload(); }} />}
    </Section>
  );
}
