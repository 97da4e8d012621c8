// Which models are asked when none is named: the order of policies, and what they say.
import type { Model, ModelPolicy } from '../api';
import { default_model } from '../chat/composer';

export type Task = NonNullable<ModelPolicy['task']>;
export type DataClass = Model['data_class_max'];
export const tasks: Task[] = ['chat', 'app', 'impersonation'];
/** From the least to the most. */
export const data_classes: DataClass[] = ['open', 'internal', 'confidential'];

export const may_be_sent = (model: Model, data_class: DataClass): boolean => data_classes.indexOf(data_class) <= data_classes.indexOf(model.data_class_max);

/** The models of a policy that there still are, in its order. */
export const models_of = (policy: Pick<ModelPolicy, 'model_ids'>, models: Model[]): Model[] => policy.model_ids.flatMap((id) => models.find((model) => model.id === id) ?? []);

export function moved<T>(items: T[], from: number, to: number): T[] {
  return items.toSpliced(from, 1).toSpliced(to, 0, items[from]!);
}

/** The positions that policies must be given to stand in this order. */
export function changed_positions(policies: Pick<ModelPolicy, 'id' | 'position'>[]): { id: string; position: number }[] {
  return policies.map(({ id, position }, index) => ({ id, position: index, is_there: position === index })).filter(({ is_there }) => !is_there).map(({ id, position }) => ({ id, position }));
}

export interface Answerers { policy: ModelPolicy | null; models: Model[] }

/** Who is asked, in turn; the server says the same of each question (modules/chats/model_policies.cpp). `policies` stand in their order. */
export function who_answers(policies: ModelPolicy[], models: Model[], task: Task, data_class: DataClass): Answerers {
  const policy = policies.find((one) => (one.task ?? task) === task && (one.data_class ?? data_class) === data_class);
  const listed = policy ? models_of(policy, models).filter((model) => may_be_sent(model, data_class)) : [];
  if (policy && listed.length) return { policy, models: listed };
  const usual = default_model(models);
  return { policy: null, models: usual && may_be_sent(usual, data_class) ? [usual] : [] };
}
