// What the pages of the library share: their frame, long fields, pictures, and what happens to unsaved changes.
import { ChevronRight, Download, Upload } from 'lucide-react';
import { useEffect, useId, useRef, useState, type DragEvent, type ReactNode, type TextareaHTMLAttributes } from 'react';
import { profiles_avatar_url } from '../api';
import { download } from '../download';
import { use_path } from '../router';
import { Area } from '../ui/area';
import { Button, ErrorNote, Menu, MenuItem } from '../ui/kit';
import { use_words, type Word } from './words';

const places: { href: string; word: Word }[] = [{ href: '/library', word: 'characters' }, { href: '/library/personas', word: 'personas' }, { href: '/library/lorebooks', word: 'lorebooks' }, { href: '/library/knowledge', word: 'knowledge' }, { href: '/library/prompts', word: 'templates' }, { href: '/library/pipelines', word: 'pipelines' }];

/** Pages whose address does not begin with their place's. */
const other_paths: Record<string, string> = { '/library': '/library/characters', '/library/pipelines': '/library/runs' };
const is_in = (path: string, href: string) => path === href || (href !== '/library' && path.startsWith(href)) || (href in other_paths && path.startsWith(other_paths[href]!));

/** A page of the library. */
export function Frame(page: { title: string; crumb?: string; text?: string; action?: ReactNode; fills?: boolean; children: ReactNode }) {
  const { t, w } = use_words();
  const path = use_path();
  return <Area area={{ text: t('library'), href: '/library' }} places={places.map(({ href, word }) => ({ href, text: w(word), is_here: is_in(path, href) }))} {...page} />;
}

export const source_href = (id: string) => `/library/knowledge/${id}`;
export const character_href = (id: string) => `/library/characters/${id}`;

/** A text of any length: the field grows with it. */
export function LongField({ label, hint, action, rows = 3, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement> & { label: string; hint?: ReactNode; action?: ReactNode; rows?: number }) {
  const id = useId();
  return (
    <div>
      <div className="mb-1 flex items-center gap-2"><label htmlFor={id} className="min-w-0 flex-1 text-sm font-medium">{label}</label>{action}</div>
      <textarea id={id} rows={rows} className="field field-grow max-h-[60dvh] resize-y leading-relaxed" style={{ minHeight: `${rows * 1.45 + 0.9}rem` }} aria-describedby={hint ? `${id}-note` : undefined} {...rest} />
      {hint && <p id={`${id}-note`} className="mt-1 text-xs text-muted">{hint}</p>}
    </div>
  );
}

export function Check({ label, hint, checked, on_change }: { label: string; hint?: string; checked: boolean; on_change: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input id={id} type="checkbox" className="mt-0.5 size-4 accent-(--accent)" checked={checked} aria-describedby={hint ? `${id}-note` : undefined} onChange={(event) => on_change(event.target.checked)} />
      <div><label htmlFor={id}>{label}</label>{hint && <p id={`${id}-note`} className="text-xs text-muted">{hint}</p>}</div>
    </div>
  );
}

/** What few people need: there when it is asked for. */
export function Disclosure({ title, note, is_open = false, children }: { title: string; note?: ReactNode; is_open?: boolean; children: ReactNode }) {
  return (
    <details className="card group/disclosure" open={is_open}>
      <summary className="flex list-none items-center gap-2 rounded-xl px-4 py-3 font-medium focus-visible:outline-offset-[-2px] [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 shrink-0 text-muted transition-transform group-open/disclosure:rotate-90" aria-hidden /><span className="min-w-0 flex-1">{title}</span>{note && <span className="text-xs font-normal text-muted">{note}</span>}
      </summary>
      <div className="space-y-4 border-t border-line px-4 py-4">{children}</div>
    </details>
  );
}

const hue_of = (id: string) => id.charCodeAt(id.length - 1) % 6;

/** The picture of a character, or its first letter. Another version of the profile may have another picture. */
export function Avatar({ profile, className = '' }: { profile: { id: string; name: string; has_avatar: boolean; version: number }; className?: string }) {
  const [failed, set_failed] = useState<number | null>(null);
  if (profile.has_avatar && failed !== profile.version)
    return <img key={profile.version} src={`${profiles_avatar_url(profile.id)}?v=${profile.version}`} alt="" loading="lazy" decoding="async" onError={() => set_failed(profile.version)} className={`bg-sunken object-cover object-top ${className}`} />;
  return <span aria-hidden className={`hue-${hue_of(profile.id)} hue-soft hue-text flex items-center justify-center font-semibold uppercase ${className}`}><span className="text-[length:min(4rem,45cqw)]">{[...profile.name.trim()][0] ?? '?'}</span></span>;
}

export interface Choice { text: string; note?: string; href: string }
/** Downloads, one for each kind of file. */
export function ExportMenu({ choices, small = false }: { choices: Choice[]; small?: boolean }) {
  const { w } = use_words();
  return (
    <Menu trigger={<button type="button" className={`inline-flex shrink-0 items-center gap-1.5 rounded-lg border border-line-strong bg-raised font-medium hover:bg-hover ${small ? 'h-7 px-2.5 text-xs pointer-coarse:h-9' : 'h-9 px-3.5 pointer-coarse:h-10'}`}><Download className={small ? 'size-3.5' : 'size-4'} aria-hidden />{w('export')}</button>}>
      {choices.map((choice) => <MenuItem key={choice.href} on_select={() => download(choice.href)}>{choice.text}{choice.note && <span className="block text-xs text-muted">{choice.note}</span>}</MenuItem>)}
    </Menu>
  );
}

/** A button that asks for files. */
export function FileButton({ text, accept, is_multiple = false, kind = 'plain', is_busy = false, small = false, on_files }: { text: string; accept: string; is_multiple?: boolean; kind?: 'plain' | 'primary' | 'quiet'; is_busy?: boolean; small?: boolean; on_files: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button kind={kind} is_busy={is_busy} small={small} onClick={() => input.current!.click()}>{!is_busy && <Upload className="size-4" aria-hidden />}{text}</Button>
      <input ref={input} type="file" hidden tabIndex={-1} accept={accept} multiple={is_multiple} aria-label={text} onChange={(event) => { on_files([...(event.target.files ?? [])]); event.target.value = ''; }} />
    </>
  );
}

/** Takes files that are dropped anywhere on it, and says so while they hang above. */
export function DropZone({ text, on_files, children }: { text: string; on_files: (files: File[]) => void; children: ReactNode }) {
  const [is_over, set_over] = useState(false);
  const has_files = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return (
    <div className="relative min-h-[50dvh]"
      onDragOver={(event) => { if (has_files(event)) { event.preventDefault(); set_over(true); } }}
      onDragLeave={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) set_over(false); }}
      onDrop={(event) => { if (!has_files(event)) return; event.preventDefault(); set_over(false); on_files([...event.dataTransfer.files]); }}>
      {children}
      {is_over && <div className="pointer-events-none absolute -inset-2 z-20 flex items-start justify-center rounded-2xl border-2 border-dashed border-accent bg-accent-soft/85 pt-24 text-base font-semibold text-accent"><span className="flex items-center gap-2"><Upload className="size-5" aria-hidden />{text}</span></div>}
    </div>
  );
}

/** Ctrl+S does what the button does, wherever the focus is. */
export function use_save_key(can_save: boolean, on_save: () => void): void {
  const save = useRef(on_save);
  save.current = on_save;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      if (can_save) save.current();
    };
    // Editors keep their keys to themselves, so this one is taken on its way down.
    document.addEventListener('keydown', press, { capture: true });
    return () => document.removeEventListener('keydown', press, { capture: true });
  }, [can_save]);
}

export function SaveBar({ is_changed, is_busy, error, on_save, on_discard }: { is_changed: boolean; is_busy: boolean; error: unknown; on_save: () => void; on_discard: () => void }) {
  const { t, w } = use_words();
  use_save_key(is_changed && !is_busy, on_save);
  if (!is_changed && !error) return null;
  return (
    <div className="appear sticky bottom-3 z-20 mt-6">
      <ErrorNote error={error} className="mb-2 shadow-float" />
      {is_changed && (
        <div role="region" aria-label={w('unsaved')} className="flex flex-wrap items-center gap-2 rounded-xl border border-line-strong bg-raised px-3 py-2 shadow-float">
          <span className="min-w-0 flex-1 basis-40 text-muted">{w('unsaved_text')}</span>
          <Button kind="quiet" disabled={is_busy} onClick={on_discard}>{w('discard')}</Button>
          <Button kind="primary" is_busy={is_busy} title="Ctrl+S" onClick={on_save}>{t('save')}</Button>
        </div>
      )}
    </div>
  );
}
