import { FileText, Plus } from 'lucide-react';
import { useState } from 'react';
import { prompts_create, prompts_ls, type PromptTemplate } from '../api';
import { time_ago } from '../i18n';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Choice, Dialog, Empty, ErrorNote, Field, Select } from '../ui/kit';
import { use_pages } from './pages';
import { Frame } from './parts';
import { use_targets, type Targets } from './targets';
import { text_to_begin } from './template';
import { use_words, type Word } from './words';

export const template_href = (id: string) => `/library/prompts/${id}`;
export type TemplateScope = PromptTemplate['scope'];
const scopes: TemplateScope[] = ['global', 'entity_profile', 'chat'];
export const scope_words: Record<TemplateScope | 'persona', Word> = { global: 'scope_global', entity_profile: 'scope_entity_profile', persona: 'scope_persona', chat: 'scope_chat' };

/** A template of its own, or a copy of another one for another scope. */
export function NewTemplate({ copied, targets, on_close }: { copied: { name: string; text: string } | null; targets: Targets; on_close: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState(copied ? w('template_copy_name', { name: copied.name }).slice(0, 100) : '');
  const [scope, set_scope] = useState<TemplateScope>('global');
  const [scope_id, set_scope_id] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const choices = targets.of(scope);
  const chosen = scope === 'global' ? '' : scope_id || (choices[0]?.value ?? '');
  const can_create = name.trim() !== '' && (scope === 'global' || chosen !== '');
  // It begins disabled: what chats are sent changes only when somebody says so.
  const create = () => text_to_begin(copied).then((text) => prompts_create({ name: name.trim(), text, is_enabled: false, scope, ...(chosen ? { scope_id: chosen } : {}) })).then((made) => navigate(template_href(made.id)), set_error);
  return (
    <Dialog title={copied ? w('template_copy') : w('template_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!can_create} onClick={() => void create()}>{t('create')}</Button></>}>
      <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); if (can_create) void create(); }}>
        <Field label={t('name')} value={name} maxLength={100} autoComplete="off" hint={w('template_name_hint')} onChange={(event) => set_name(event.target.value)} />
        <div><p className="mb-1 text-sm font-medium">{w('template_scope')}</p><Choice<TemplateScope> label={w('template_scope')} value={scope} on_change={(next) => { set_scope(next); set_scope_id(''); }} options={scopes.map((value) => ({ value, text: w(scope_words[value]) }))} /></div>
        {scope !== 'global' && (choices.length ? <Select label={w(scope === 'chat' ? 'target_chat' : 'target_entity_profile')} value={chosen} on_change={set_scope_id} options={choices} /> : <p className="text-muted">{w('targets_empty')}</p>)}
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function Row({ template, targets }: { template: PromptTemplate; targets: Targets }) {
  const { w, language } = use_words();
  return (
    <li className="template relative flex items-center gap-3 px-4 py-3 hover:bg-hover has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-accent">
      <div className="min-w-0 flex-1">
        <Link href={template_href(template.id)} className="block truncate font-medium outline-none after:absolute after:inset-0">{template.name}</Link>
        <p className="truncate text-xs text-muted">{template.scope !== 'global' && `${targets.name(template.scope, template.scope_id)} · `}{time_ago(template.updated_at, language)}</p>
      </div>
      {template.is_enabled ? <Badge tone="good">{w('enabled')}</Badge> : <Badge>{w('disabled')}</Badge>}
    </li>
  );
}

export function PromptTemplatesPage() {
  const { w } = use_words();
  const templates = use_pages('prompts', (query, options) => prompts_ls(query, options));
  const targets = use_targets();
  const [is_adding, set_adding] = useState(false);
  const add = <Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('template_new')}</Button>;
  const is_empty = templates.is_complete && templates.items.length === 0;
  return (
    <Frame title={w('templates')} text={w('templates_text')} action={!is_empty && add}>
      {templates.error && <ErrorNote error={templates.error} retry={templates.reload} className="mb-3" />}
      {is_empty ? <div className="card border-dashed shadow-none"><Empty icon={<FileText />} title={w('templates_empty')}><p>{w('templates_empty_text')}</p><div className="mt-4">{add}</div></Empty></div>
        : templates.items.length === 0 ? !templates.error && <Bones lines={4} />
        : scopes.map((scope) => ({ scope, items: templates.items.filter((template) => template.scope === scope) })).filter(({ items }) => items.length).map(({ scope, items }) => (
          <section key={scope} aria-label={w(scope_words[scope])} className="mb-6"><h2 className="mb-2 text-base font-semibold">{w(scope_words[scope])}</h2><ul className="card divide-y divide-line overflow-hidden">{items.map((template) => <Row key={template.id} template={template} targets={targets} />)}</ul></section>
        ))}
      {is_adding && <NewTemplate copied={null} targets={targets} on_close={() => set_adding(false)} />}
    </Frame>
  );
}
