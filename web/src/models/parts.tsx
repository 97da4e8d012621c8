// What the pages of models and policies share.
import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode, type Ref } from 'react';
import { models_ls, policies_ls, type Model, type ModelPolicy } from '../api';
import { use_pages, type Pages } from '../library/pages';
import type { Language } from '../i18n';
import { as_error, use_load, type Loaded } from '../load';
import { Link, navigate } from '../router';
import { toast } from '../ui/toast';
import type { DataClass, Task } from './policy_choice';
import { use_words } from './words';

type Words = ReturnType<typeof use_words>['w'];

export const models_href = '/settings/models';
export const policies_href = '/settings/policies';

export const use_models = (): Pages<Model> => use_pages('models', (query, options) => models_ls(query, options));
export const use_policies = (): Loaded<ModelPolicy[]> => use_load('policies', async () => (await policies_ls()).items);

/** Prices are small, and none of their digits is lost. */
export const price_text = (usd: number, language: Language) => new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 0, maximumFractionDigits: 6 }).format(usd);

export const task_text = (task: Task | null, w: Words) => w(task ? `task_${task}` : 'task_any');
export const data_class_text = (data_class: DataClass | null, w: Words) => w(data_class ? `only_${data_class}` : 'class_any');

export function BackLink({ href, children }: { href: string; children: ReactNode }) {
  return <Link href={href} className="mb-3 inline-flex items-center gap-1.5 rounded text-muted hover:text-ink"><ArrowLeft className="size-4" aria-hidden />{children}</Link>;
}

/** Fields that belong together, with what they are for. */
export function Group({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <fieldset className="card min-w-0 px-4 pb-4 pt-3">
      <legend className="sr-only">{title}</legend>
      <p aria-hidden className="font-medium">{title}</p>
      {text && <p className="text-xs text-muted">{text}</p>}
      <div className="mt-3 space-y-4">{children}</div>
    </fieldset>
  );
}

/** A form whose first field at fault has the focus as soon as a fault is shown. */
export function use_fault_focus(error: unknown): Ref<HTMLFormElement> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => { if (error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(); }, [error]);
  return form;
}

/** Saves what a page's form says and leaves for `href`; what somebody else saved meanwhile is loaded instead. */
export function use_saving({ href, saved_word, reload }: { href: string; saved_word: 'model_saved' | 'policy_saved'; reload: () => void }) {
  const { w } = use_words();
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const save = async (send: () => Promise<{ name: string }>) => {
    set_busy(true);
    set_error(null);
    try {
      toast(w(saved_word, { name: (await send()).name }));
      navigate(href);
    } catch (cause) {
      const is_behind = as_error(cause).status === 412;
      if (is_behind) reload();
      set_error(is_behind ? new Error(w('changed_meanwhile')) : cause);
      set_busy(false);
    }
  };
  return { error, is_busy, save };
}
