// Which models of a policy were asked before the one that answered, and why they did not.
import { runs_show, type Id, type Run } from '../api';
import { error_text } from '../i18n';
import { use_load } from '../load';
import { use_words } from './words';

interface PassedOver { model: string; reason: string }

export function passed_over_in(run: Pick<Run, 'steps'>): PassedOver[] {
  return run.steps.flatMap((step) => (step.output as { passed_over?: PassedOver[] } | null)?.passed_over ?? []);
}

/** Nothing when the first one answered. */
export function PassedOverModels({ run_id }: { run_id: Id }) {
  const { w } = use_words();
  const run = use_load(run_id, () => runs_show(run_id));
  const models = run.value ? passed_over_in(run.value) : [];
  if (!models.length) return null;
  return (
    <section aria-label={w('passed_over')} className="mt-3 rounded-lg bg-warn-soft px-3 py-2">
      <p className="font-medium text-warn">{w('passed_over')}</p>
      <ul className="mt-1 space-y-1">{models.map(({ model, reason }) => <li key={model} className="break-words"><span className="font-medium">{model}</span> <span className="text-muted">{error_text(new Error(reason))}</span></li>)}</ul>
    </section>
  );
}
