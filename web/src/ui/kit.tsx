// The small parts every page is made of.
import * as RadixMenu from '@radix-ui/react-dropdown-menu';
import * as RadixTooltip from '@radix-ui/react-tooltip';
import { Check, CircleAlert, Loader, RotateCw, X } from 'lucide-react';
import {
  Component, createContext, useContext, useEffect, useId, useRef, useState, type KeyboardEvent, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode, type Ref,
} from 'react';
import type { ApiError } from '../api';
import { error_text, use_t } from '../i18n';

type Kind = 'primary' | 'plain' | 'quiet' | 'danger';
const kinds: Record<Kind, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong shadow-card',
  plain: 'bg-raised border border-line-strong hover:bg-hover',
  quiet: 'text-muted hover:text-ink hover:bg-hover',
  danger: 'bg-danger-soft text-danger border border-danger/30 hover:border-danger',
};

export function Button({ kind = 'plain', is_busy = false, small = false, className = '', children, disabled, ...rest }:
  ButtonHTMLAttributes<HTMLButtonElement> & { kind?: Kind; is_busy?: boolean; small?: boolean; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button type="button" disabled={disabled || is_busy} aria-busy={is_busy || undefined}
      className={`inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg font-medium transition-colors disabled:opacity-55 ${small ? 'h-7 px-2.5 text-xs pointer-coarse:h-9' : 'h-9 px-3.5 pointer-coarse:h-10'} ${kinds[kind]} ${className}`} {...rest}>
      {is_busy && <Loader className="size-3.5 animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

/** Where menus and tooltips are drawn: inside the open dialog, since all else lies below it. */
const layer = createContext<HTMLElement | null>(null);

/** The size and colours of a button that is only a picture; a finger gets more room than a pointer. */
export const icon_button = (small = false) => `inline-flex ${small ? 'size-7 pointer-coarse:size-9' : 'size-8 pointer-coarse:size-10'} shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink [&_svg]:size-4`;

/** A button that is only a picture: its name is its tooltip. */
export function IconButton({ name, children, className = '', is_on, small = false, side = 'bottom', ...rest }:
  ButtonHTMLAttributes<HTMLButtonElement> & { name: string; is_on?: boolean; small?: boolean; side?: 'top' | 'bottom' | 'left' | 'right'; ref?: Ref<HTMLButtonElement> }) {
  return (
    <Tip text={name} side={side}>
      <button type="button" aria-label={name} aria-pressed={is_on}
        className={`${icon_button(small)} disabled:pointer-events-none disabled:opacity-40 aria-pressed:bg-accent-soft aria-pressed:text-accent ${className}`} {...rest}>
        {children}
      </button>
    </Tip>
  );
}

export function Tip({ text, side = 'bottom', children }: { text: string; side?: 'top' | 'bottom' | 'left' | 'right'; children: ReactNode }) {
  const container = useContext(layer);
  return (
    <RadixTooltip.Root>
      <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
      <RadixTooltip.Portal container={container}>
        <RadixTooltip.Content side={side} sideOffset={5} collisionPadding={8} className="z-50 max-w-64 rounded-md bg-ink px-2 py-1 text-xs text-bg shadow-float">{text}</RadixTooltip.Content>
      </RadixTooltip.Portal>
    </RadixTooltip.Root>
  );
}

export function Menu({ trigger, children, align = 'end' }: { trigger: ReactNode; children: ReactNode; align?: 'start' | 'center' | 'end' }) {
  const container = useContext(layer);
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{trigger}</RadixMenu.Trigger>
      <RadixMenu.Portal container={container}>
        <RadixMenu.Content align={align} sideOffset={5} collisionPadding={8}
          className="appear z-40 max-h-[70dvh] min-w-44 max-w-80 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float">{children}</RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

const item = 'flex w-full cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 pointer-coarse:py-2.5 text-left outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-45 [&_svg]:size-4 [&_svg]:shrink-0';
export function MenuItem({ icon, children, on_select, is_danger, is_chosen, disabled }:
  { icon?: ReactNode; children: ReactNode; on_select: () => void; is_danger?: boolean; is_chosen?: boolean; disabled?: boolean }) {
  return (
    <RadixMenu.Item className={`${item} ${is_danger ? 'text-danger' : ''}`} onSelect={on_select} disabled={disabled ?? false}>
      {icon}
      <span className="min-w-0 flex-1">{children}</span>
      {is_chosen && <Check aria-hidden className="text-accent" />}
    </RadixMenu.Item>
  );
}
export const MenuLine = () => <RadixMenu.Separator className="my-1 h-px bg-line" />;
export const MenuTitle = ({ children }: { children: ReactNode }) => (
  <RadixMenu.Label className="px-2.5 pb-1 pt-1.5 text-xs font-medium text-muted">{children}</RadixMenu.Label>
);

/** A modal dialog of the platform: focus stays inside, Escape closes, focus returns to where it was. */
export function Dialog({ title, children, on_close, wide = false, footer }:
  { title: string; children: ReactNode; on_close: () => void; wide?: boolean; footer?: ReactNode }) {
  const { t } = use_t();
  const ref = useRef<HTMLDialogElement>(null);
  const label = useId();
  const [element, set_element] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector<HTMLElement>('input:not([type=checkbox]), textarea') ?? dialog).focus();
    set_element(dialog);
    return () => { dialog.close(); before?.focus?.(); };
  }, []);
  // A tooltip takes the browser's own Escape for itself, so the key is read here; a menu keeps it.
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || (event.target as HTMLElement).closest('[role=menu]')) return;
    event.preventDefault();
    event.stopPropagation();
    on_close();
  };
  return (
    <dialog ref={ref} tabIndex={-1} aria-labelledby={label} onCancel={(event) => { event.preventDefault(); on_close(); }}
      onKeyDown={press} onClick={(event) => { if (event.target === ref.current) on_close(); }}
      className={`appear m-auto max-h-[88dvh] w-[calc(100vw-1.5rem)] overflow-hidden rounded-2xl border border-line bg-surface p-0 text-ink shadow-float outline-none open:flex open:flex-col ${wide ? 'max-w-5xl' : 'max-w-lg'}`}>
      <layer.Provider value={element}>
        <header className="flex items-center gap-3 border-b border-line py-2.5 pl-5 pr-2.5">
          <h2 id={label} className="min-w-0 flex-1 truncate text-base font-semibold">{title}</h2>
          <IconButton name={t('close')} onClick={on_close}><X /></IconButton>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
        {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-bg px-5 py-3">{footer}</footer>}
      </layer.Provider>
    </dialog>
  );
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, on_confirm, on_close }:
  { title: string; text: ReactNode; action: string; on_confirm: () => Promise<unknown>; on_close: () => void }) {
  const { t } = use_t();
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const confirm = async () => {
    set_busy(true);
    set_error(null);
    try {
      await on_confirm();
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Dialog title={title} on_close={on_close}
      footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="danger" is_busy={is_busy} onClick={confirm}>{action}</Button></>}>
      <div className="text-muted">{text}</div>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}

export function Field({ label, hint, error, ...rest }: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: ReactNode; error?: string | null; ref?: Ref<HTMLInputElement> }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">{label}</label>
      <input id={id} className="field" aria-invalid={error ? true : undefined} aria-describedby={hint || error ? `${id}-note` : undefined} {...rest} />
      {(error || hint) && <p id={`${id}-note`} className={`mt-1 text-xs ${error ? 'text-danger' : 'text-muted'}`}>{error ?? hint}</p>}
    </div>
  );
}

export function Select({ label, value, options, on_change, hint }:
  { label: string; value: string; options: { value: string; text: string }[]; on_change: (value: string) => void; hint?: string }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">{label}</label>
      <select id={id} className="field" value={value} onChange={(event) => on_change(event.target.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
      {hint && <p className="mt-1 text-xs text-muted">{hint}</p>}
    </div>
  );
}

/** The error's own words, the members at fault, and the request to quote. */
export function ErrorNote({ error, className = '', retry }: { error: unknown; className?: string; retry?: (() => void) | undefined }) {
  const { t } = use_t();
  if (!error) return null;
  const api = error as Partial<ApiError>;
  return (
    <div role="alert" className={`flex flex-wrap items-start gap-x-2.5 gap-y-2 rounded-xl border border-danger/30 bg-danger-soft px-3.5 py-2.5 ${className}`}>
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
      <div className="min-w-0 flex-1 basis-52">
        <p className="break-words">{error_text(error, t)}</p>
        {!!api.errors?.length && (
          <ul className="mt-1 list-disc pl-4 text-xs">{api.errors.map((fault) => <li key={fault.pointer + fault.detail}><code className="font-mono">{fault.pointer}</code> {fault.detail}</li>)}</ul>
        )}
        {api.request_id && <p className="mt-1 break-all text-xs text-muted">{t('error_request', { id: api.request_id })}</p>}
      </div>
      {retry && <Button small onClick={retry}><RotateCw className="size-3.5" aria-hidden />{t('retry')}</Button>}
    </div>
  );
}

export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="flex h-full flex-col items-center justify-center px-6 py-10 text-center">
      {icon && <div className="mb-3 text-muted [&_svg]:size-8 [&_svg]:stroke-[1.4]">{icon}</div>}
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 max-w-sm text-muted">{children}</div>}
    </div>
  );
}

export const Bones = ({ lines = 4, className = '' }: { lines?: number; className?: string }) => (
  <div aria-hidden className={`space-y-3 ${className}`}>
    {Array.from({ length: lines }, (_, index) => <div key={index} className={`skeleton h-4 ${['w-3/4', 'w-full', 'w-1/2', 'w-5/6'][index % 4]}`} />)}
  </div>
);

const tones = { plain: 'bg-sunken text-muted', good: 'bg-accent-soft text-accent', bad: 'bg-danger-soft text-danger', warn: 'bg-warn-soft text-warn', info: 'bg-info-soft text-info' };
export type Tone = keyof typeof tones;
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) => (
  <span className={`inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium ${tones[tone]}`}>{children}</span>
);

export const Key = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded border border-line-strong bg-sunken px-1.5 py-0.5 font-mono text-[0.7rem]">{children}</kbd>
);

/** A row of choices of which one holds: tabs' look for settings such as theme or viewport. */
export function Choice<T extends string>({ label, value, options, on_change }:
  { label: string; value: T; options: { value: T; text: string; icon?: ReactNode }[]; on_change: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-lg border border-line bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.text} className="relative cursor-pointer">
          <input type="radio" name={name} className="peer sr-only" checked={option.value === value} onChange={() => on_change(option.value)} />
          <span className="flex items-center gap-1.5 whitespace-nowrap rounded-md px-2.5 py-1 pointer-coarse:py-2 text-muted peer-checked:bg-raised peer-checked:text-ink peer-checked:shadow-card peer-focus-visible:outline-2 peer-focus-visible:outline-accent [&_svg]:size-4">
            {option.icon}<span className={option.icon ? 'sr-only' : ''}>{option.text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Keeps a fault of one part from taking the page with it. */
export class Boundary extends Component<{ children: ReactNode; render: (error: Error, again: () => void) => ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) { return { error }; }
  override render() {
    return this.state.error ? this.props.render(this.state.error, () => this.setState({ error: null })) : this.props.children;
  }
}
export function SafePart({ children }: { children: ReactNode }) {
  const { t } = use_t();
  return (
    <Boundary render={(error, again) => (
      <div className="p-4"><ErrorNote error={new Error(`${t('page_broke')} ${error.message}`)} retry={again} /></div>
    )}>{children}</Boundary>
  );
}

export const TooltipProvider = RadixTooltip.Provider;
