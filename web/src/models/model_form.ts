// A model as its form shows it, and as the API is told.
import type { ChangeModel, Model } from '../api';
import { provider_of } from './providers';

interface NumberMember { usual: number; unit: number; min: number; max: number }

/** What stands when a field is empty, what one on the page is in the API, and what the API takes. */
export const numbers = {
  context_tokens: { usual: 64_000, unit: 1, min: 1000, max: 10_000_000 },
  tokens_in_usd: { usual: 0, unit: 1, min: 0, max: 1_000_000 },
  tokens_cached_usd: { usual: 0, unit: 1, min: 0, max: 1_000_000 },
  tokens_out_usd: { usual: 0, unit: 1, min: 0, max: 1_000_000 },
  connect_timeout_ms: { usual: 10_000, unit: 1000, min: 100, max: 600_000 },
  first_token_timeout_ms: { usual: 120_000, unit: 1000, min: 100, max: 1_800_000 },
  between_tokens_timeout_ms: { usual: 60_000, unit: 1000, min: 100, max: 1_800_000 },
  total_timeout_ms: { usual: 1_800_000, unit: 1000, min: 1000, max: 1_800_000 },
} satisfies Record<string, NumberMember>;
export type NumberName = keyof typeof numbers;

export type ModelForm = Record<NumberName, string> & {
  provider: string; name: string; base_url: string; model: string; api_key: string; is_key_removed: boolean; takes_images: boolean; data_class_max: Model['data_class_max']; is_default: boolean;
};

const number_names = Object.keys(numbers) as NumberName[];

export function form_of(model: Model | null): ModelForm {
  const texts = Object.fromEntries(number_names.map((name) => {
    const { usual, unit } = numbers[name];
    return [name, !model || model[name] === usual ? '' : String(model[name] / unit)];
  })) as Record<NumberName, string>;
  return {
    ...texts, provider: model?.provider ?? 'openai', name: model?.name ?? '', base_url: model?.base_url ?? '', model: model?.model ?? '', api_key: '', is_key_removed: false,
    takes_images: model?.takes_images ?? true, data_class_max: model?.data_class_max ?? 'confidential', is_default: model?.is_default ?? false,
  };
}

/** What a model is called that was given no name. */
export const name_of = (form: ModelForm): string => form.name.trim() || form.model.trim() || provider_of(form.provider).text;

/** An empty field has its usual value; an empty key leaves the stored one alone. */
export function body_of(form: ModelForm): ChangeModel & { name: string } {
  const values = Object.fromEntries(number_names.map((name) => {
    const { usual, unit } = numbers[name];
    return [name, form[name] === '' ? usual : unit === 1 ? Number(form[name]) : Math.round(Number(form[name]) * unit)];
  })) as Record<NumberName, number>;
  const key = form.api_key || (form.is_key_removed ? '' : null);
  return { ...values, name: name_of(form), base_url: form.base_url.trim(), model: form.model.trim(), takes_images: form.takes_images, data_class_max: form.data_class_max, is_default: form.is_default, ...(key === null ? {} : { api_key: key }) };
}
