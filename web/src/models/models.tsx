// The pages of models and policies: a chunk of its own, inside the settings. Which of them an address shows.
import { ModelPage } from './model_page';
import { ModelsPage } from './models_page';
import { PoliciesPage } from './policies_page';
import { PolicyPage } from './policy_page';

/** `part` is the id of a model or a policy, or "new"; absent, all are listed. */
export default function Models({ kind, part }: { kind: 'models' | 'policies'; part: string | undefined }) {
  const id = part === 'new' ? null : (part ?? null);
  if (kind === 'models') return part ? <ModelPage key={part} model_id={id} /> : <ModelsPage />;
  return part ? <PolicyPage key={part} policy_id={id} /> : <PoliciesPage />;
}
