import { ArrowUp, ChevronDown, Cpu, Settings2, Square } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from 'react';
import { models_ls, policies_ls, type Model } from '../api';
import { use_t } from '../i18n';
import { use_load } from '../load';
import { navigate } from '../router';
import { use_stored } from '../stored';
import { ErrorNote, IconButton, Menu, MenuItem, MenuLine, MenuTitle } from '../ui/kit';
import { images_among, type Attachments } from './attachments';

/** The model that the person chose in this browser; null leaves the choice to the server. */
export function use_model(): { model: string | null; models: Model[]; has_policies: boolean; chosen: Model | null; choose: (id: string | null) => void } {
  const [kept, keep] = use_stored('model');
  const models = use_load('models', models_ls).value?.items ?? [];
  const has_policies = !!use_load('policies', policies_ls).value?.items.length;
  const chosen = models.find((model) => model.id === kept) ?? null;
  return { model: chosen?.id ?? null, models, has_policies, chosen, choose: keep };
}

/** The model that the server takes when none is named: the one that was made the default, else the newest, the demo last. */
export function default_model(models: Model[]): Model | null {
  const ranked = models.toSorted((left, right) => Number(right.is_default) - Number(left.is_default) || Number(left.provider === 'demo') - Number(right.provider === 'demo') || right.id.localeCompare(left.id));
  return ranked[0] ?? null;
}

export function ModelPicker({ picked }: { picked: ReturnType<typeof use_model> }) {
  const { t } = use_t();
  const { models, has_policies, chosen, choose } = picked;
  const fallback = has_policies ? null : default_model(models);
  const unnamed = has_policies ? t('model_by_policy') : t('model_default');
  const shown = chosen?.name ?? fallback?.name ?? unnamed;
  return (
    <Menu align="start" trigger={
      <button type="button" aria-label={`${t('model_choose')}: ${shown}`} className="flex h-8 min-w-0 items-center gap-1.5 rounded-lg px-2 text-xs text-muted hover:bg-hover hover:text-ink">
        <Cpu className="size-3.5 shrink-0" aria-hidden /><span className="truncate">{shown}</span><ChevronDown className="size-3 shrink-0" aria-hidden />
      </button>
    }>
      <MenuTitle>{t('model')}</MenuTitle>
      <MenuItem on_select={() => choose(null)} is_chosen={!chosen}>
        <span className="block">{unnamed}</span>{fallback && <span className="block text-xs text-muted">{fallback.name}</span>}
      </MenuItem>
      {models.map((model) => (
        <MenuItem key={model.id} on_select={() => choose(model.id)} is_chosen={chosen?.id === model.id}>
          <span className="block">{model.name}</span><span className="block text-xs text-muted">{[model.provider, model.model].filter(Boolean).join(' · ')}</span>
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={<Settings2 />} on_select={() => navigate('/settings/models')}>{t('models_manage')}</MenuItem>
    </Menu>
  );
}

interface Props {
  text: string;
  on_text: (text: string) => void;
  /** Resolves when the server has taken the message; only then the box is emptied. */
  on_send: (text: string) => Promise<void>;
  label: string;
  placeholder: string;
  picked: ReturnType<typeof use_model>;
  on_stop?: (() => void) | null;
  autofocus?: boolean;
  /** Begins with room for a few lines. */
  is_tall?: boolean;
  extra?: ReactNode;
  /** Images that go along; with some a message may have no text. */
  attachments?: Attachments;
  box?: Ref<HTMLTextAreaElement>;
}

export function Composer({ text, on_text, on_send, label, placeholder, picked, on_stop, autofocus, is_tall = false, extra, attachments, box }: Props) {
  const { t } = use_t();
  const [error, set_error] = useState<unknown>(null);
  const [is_sending, set_sending] = useState(false);
  const own = useRef<HTMLTextAreaElement>(null);
  const area = (box as { current: HTMLTextAreaElement | null } | undefined) ?? own;
  useEffect(() => { if (autofocus) area.current?.focus(); }, [autofocus, area]);
  // Browsers without field-sizing grow the box by hand.
  useEffect(() => {
    const node = area.current;
    if (!node || CSS.supports('field-sizing', 'content')) return;
    node.style.height = 'auto';
    node.style.height = `${node.scrollHeight}px`;
  }, [text, area]);
  const can_send = !!text.trim() || !!attachments?.ids.length;
  const take = (event: { preventDefault: () => void }, data: DataTransfer) => {
    const files = attachments ? images_among(data.files) : [];
    if (!files.length) return;
    event.preventDefault();
    attachments!.add(files);
  };
  const send = async () => {
    const wanted = text.trim();
    if (!can_send || is_sending || on_stop) return;
    set_sending(true);
    set_error(null);
    try {
      await on_send(wanted);
    } catch (cause) {
      set_error(cause);
    } finally {
      set_sending(false);
    }
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && on_stop) {
      event.preventDefault();
      on_stop();
    }
  };
  return (
    <div>
      <ErrorNote error={error} className="mb-2" retry={() => void send()} />
      <div className="rounded-2xl border border-line-strong bg-raised shadow-card transition-shadow focus-within:border-accent focus-within:shadow-float">
        {attachments?.strip}
        <textarea ref={area} value={text} onPaste={(event) => take(event, event.clipboardData)} onDrop={(event) => take(event, event.dataTransfer)} rows={is_tall ? 3 : 2} aria-label={label} placeholder={placeholder} onChange={(event) => on_text(event.target.value)} onKeyDown={press}
          className={`field-grow block ${is_tall ? 'min-h-22' : 'min-h-11'} max-h-[40dvh] w-full resize-none bg-transparent px-4 pb-1 pt-3 outline-none placeholder:text-muted max-sm:text-base`} />
        <div className="flex items-center gap-1 px-2 pb-2">
          {attachments?.button}
          {extra}
          <ModelPicker picked={picked} />
          <span className="flex-1" />
          {on_stop
            ? <IconButton name={t('stop_esc')} side="top" onClick={on_stop} className="!bg-ink !text-bg"><Square className="fill-current" /></IconButton>
            : <IconButton name={t('send_enter')} side="top" onClick={() => void send()} disabled={!can_send || is_sending} aria-busy={is_sending || undefined} className="!bg-accent !text-on-accent hover:!bg-accent-strong disabled:!bg-hover disabled:!text-muted"><ArrowUp /></IconButton>}
        </div>
      </div>
    </div>
  );
}
