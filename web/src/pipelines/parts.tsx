// What the pages of pipelines share: addresses, the tabs of a pipeline, values to read.
import { Download } from 'lucide-react';
import { duration_text, type Language } from '../i18n';
import { Button } from '../ui/kit';
import { Code, CopyButton } from '../ui/markdown';
import { use_words } from './words';

export const pipelines_href = '/library/pipelines';
export const pipeline_href = (id: string, tab?: string) => `${pipelines_href}/${id}${tab ? `?tab=${tab}` : ''}`;
export const run_href = (id: string, step?: string) => `/library/runs/${id}${step ? `?step=${step}` : ''}`;

/** Of a longer value the page shows so many letters; all of it can be copied. */
const letters_max = 20_000;

/** A value as people read it: a text as it is, anything else as JSON. */
export function Value({ label, value }: { label: string; value: unknown }) {
  const { w } = use_words();
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <div>
      <div className="mb-1 flex min-h-7 items-center gap-2"><h4 className="min-w-0 flex-1 text-xs font-medium text-muted">{label}</h4><CopyButton text={text} /></div>
      <pre role="region" aria-label={label} tabIndex={0} className="max-h-96 overflow-auto whitespace-pre-wrap break-words rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs leading-relaxed"><Code text={text.slice(0, letters_max)} language={typeof value === 'string' ? 'text' : 'json'} /></pre>
      {text.length > letters_max && <p className="mt-1 text-xs text-muted">{w('value_cut', { n: letters_max, of: text.length })}</p>}
    </div>
  );
}

export function DownloadButton({ name, media_type, text }: { name: string; media_type: string; text: string }) {
  const { t } = use_words();
  const download = () => {
    const href = URL.createObjectURL(new Blob([text], { type: media_type }));
    const link = document.createElement('a');
    link.href = href;
    link.download = name;
    link.click();
    URL.revokeObjectURL(href);
  };
  return <Button small onClick={download}><Download className="size-3.5" aria-hidden />{t('download')}</Button>;
}

export function span_of(from: string | null, to: string | null, language: Language): string | null {
  return from && to ? duration_text(Math.max(0, Date.parse(to) - Date.parse(from)), language) : null;
}

/** An object that somebody types, as texts are asked for in dialogs; null is none. */
export function read_object(text: string): Record<string, unknown> | null {
  try {
    const read: unknown = JSON.parse(text.trim() || '{}');
    return read !== null && typeof read === 'object' && !Array.isArray(read) ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
