// Service accounts and whose jobs may sign in as them: a chunk of its own, inside the settings.
import { Bot, Plus, Trash2 } from 'lucide-react';
import { useId, useState, type FormEvent } from 'react';
import { service_accounts_create, service_accounts_distrust, service_accounts_ls, service_accounts_rm, service_accounts_trust, type ServiceAccount, type TrustRule } from '../api';
import { time_ago } from '../i18n';
import { use_load } from '../load';
import { Badge, Bones, Button, Confirm, Dialog, Empty, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { CopyButton } from '../ui/markdown';
import { Section } from '../ui/section';
import { claims_of } from './claims';
import { use_words } from './words';

type Role = 'viewer' | 'developer' | 'admin';
const roles: Role[] = ['viewer', 'developer', 'admin'];

/** What a rule for each begins with. */
const places = {
  github: { name: 'GitHub Actions', issuer: 'https://token.actions.githubusercontent.com', claims: 'repository: \nref: refs/heads/*' },
  gitlab: { name: 'GitLab', issuer: 'https://gitlab.com', claims: 'project_path: \nref_protected: true' },
  other: { name: '', issuer: '', claims: '' },
};
type Place = keyof typeof places;

function AccountDialog({ on_close, on_done }: { on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState('');
  const [role, set_role] = useState<Role>('developer');
  const [error, set_error] = useState<unknown>(null);
  const create = async (event?: FormEvent) => {
    event?.preventDefault();
    try {
      await service_accounts_create({ name: name.trim(), role });
      on_done();
      on_close();
    } catch (cause) {
      set_error(cause);
    }
  };
  return (
    <Dialog title={w('account_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form onSubmit={create} className="space-y-4">
        <Field label={t('name')} value={name} autoFocus required maxLength={200} hint={w('account_name_hint')} onChange={(event) => set_name(event.target.value)} />
        <Select label={w('role')} value={role} on_change={(value) => set_role(value as Role)} options={roles.map((value) => ({ value, text: w(`role_${value}`) }))} />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}

function RuleDialog({ account, on_close, on_done }: { account: ServiceAccount; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const id = useId();
  const [place, set_place] = useState<Place>('github');
  const [issuer, set_issuer] = useState(places.github.issuer);
  const [audience, set_audience] = useState(location.origin);
  const [claims, set_claims] = useState(places.github.claims);
  const [permissions, set_permissions] = useState('databases');
  const [error, set_error] = useState<unknown>(null);
  const choose = (value: Place) => {
    set_place(value);
    set_issuer(places[value].issuer);
    set_claims(places[value].claims);
  };
  const create = async (event?: FormEvent) => {
    event?.preventDefault();
    const limit = permissions === 'databases' ? { permissions: ['databases.read', 'databases.write'] } : {};
    try {
      await service_accounts_trust(account.id, { issuer: issuer.trim(), audience: audience.trim(), claims: claims_of(claims), ...limit });
      on_done();
      on_close();
    } catch (cause) {
      set_error(cause);
    }
  };
  return (
    <Dialog title={w('rule_title', { name: account.name })} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!issuer.trim() || !audience.trim() || !claims.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form onSubmit={create} className="space-y-4">
        <Select label={w('from')} value={place} on_change={(value) => choose(value as Place)} options={(Object.keys(places) as Place[]).map((value) => ({ value, text: places[value].name || w('from_other') }))} />
        <Field label={w('issuer')} type="url" value={issuer} required maxLength={500} hint={w('issuer_hint')} onChange={(event) => set_issuer(event.target.value)} />
        <Field label={w('audience')} value={audience} required maxLength={500} hint={w('audience_hint')} onChange={(event) => set_audience(event.target.value)} />
        <div>
          <label htmlFor={id} className="mb-1 block text-sm font-medium">{w('claims')}</label>
          <textarea id={id} className="field font-mono" rows={3} value={claims} spellCheck={false} aria-describedby={`${id}-note`} onChange={(event) => set_claims(event.target.value)} />
          <p id={`${id}-note`} className="mt-1 text-xs text-muted">{w('claims_hint')}</p>
        </div>
        <Select label={w('permissions')} value={permissions} on_change={set_permissions} options={[{ value: 'databases', text: w('permissions_databases') }, { value: 'all', text: w('permissions_all') }]} />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}

function RuleRow({ rule, on_delete }: { rule: TrustRule; on_delete: () => void }) {
  const { t, w, language } = use_words();
  const what = rule.claims.map(({ name, pattern }) => `${name}: ${pattern}`);
  const notes = [
    rule.issuer,
    w('for_audience', { audience: rule.audience }),
    rule.permissions ? w('may', { permissions: rule.permissions.join(', ') }) : w('may_all'),
    w('lives', { n: Math.round(rule.token_lifetime_s / 60) }),
    rule.last_used_at ? t('used_at', { time: time_ago(rule.last_used_at, language) }) : t('used_never'),
  ];
  return (
    <li className="flex items-start gap-3 py-2">
      <div className="min-w-0 flex-1"><p className="break-all font-mono text-sm">{what.join(' · ')}</p><p className="break-words text-xs text-muted">{notes.join(' · ')}</p></div>
      <IconButton name={w('rule_delete_one', { name: what[0] ?? rule.issuer })} onClick={on_delete}><Trash2 /></IconButton>
    </li>
  );
}

function AccountRow({ account, reload }: { account: ServiceAccount; reload: () => void }) {
  const { t, w } = use_words();
  const [is_adding, set_adding] = useState(false);
  const [is_deleting, set_deleting] = useState(false);
  const [deleted, set_deleted] = useState<TrustRule | null>(null);
  const { name } = account;
  return (
    <li className="service-account px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 basis-48 max-sm:basis-full">
          <p className="flex flex-wrap items-center gap-2 font-medium"><span className="break-words">{name}</span><Badge>{w(account.role ? `is_${account.role}` : 'role_none')}</Badge></p>
          <p className="flex items-center gap-1 text-xs text-muted"><code className="select-all break-all">{account.id}</code><CopyButton text={account.id} /></p>
        </div>
        <Button small aria-label={w('rule_new_one', { name })} onClick={() => set_adding(true)}><Plus className="size-3.5" aria-hidden />{w('rule_new')}</Button>
        <IconButton name={w('account_delete_one', { name })} onClick={() => set_deleting(true)}><Trash2 /></IconButton>
      </div>
      {account.trust_rules.length === 0 ? <p className="mt-2 text-muted">{w('rules_empty')}</p>
        : <ul aria-label={w('rules', { name })} className="mt-2 divide-y divide-line border-t border-line">{account.trust_rules.map((rule) => <RuleRow key={rule.id} rule={rule} on_delete={() => set_deleted(rule)} />)}</ul>}
      {is_adding && <RuleDialog account={account} on_close={() => set_adding(false)} on_done={reload} />}
      {is_deleting && <Confirm title={w('account_delete')} text={w('account_delete_text', { name })} action={t('delete')} on_close={() => set_deleting(false)} on_confirm={async () => { await service_accounts_rm(account.id); reload(); }} />}
      {deleted && <Confirm title={w('rule_delete')} text={w('rule_delete_text', { n: Math.round(deleted.token_lifetime_s / 60) })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await service_accounts_distrust(account.id, deleted.id); reload(); }} />}
    </li>
  );
}

export default function ServiceAccounts() {
  const { t, w } = use_words();
  const accounts = use_load('service-accounts', service_accounts_ls);
  const [is_adding, set_adding] = useState(false);
  return (
    <Section title={t('service_accounts')} text={w('accounts_text')} action={<Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('account_new')}</Button>}>
      {accounts.error && <ErrorNote error={accounts.error} retry={accounts.reload} className="mb-3" />}
      {!accounts.value ? !accounts.error && <Bones lines={3} />
        : accounts.value.items.length === 0 ? <div className="card"><Empty icon={<Bot />} title={w('accounts_empty')}>{w('accounts_empty_text')}</Empty></div>
          : <ul aria-label={t('service_accounts')} className="card divide-y divide-line">{accounts.value.items.map((account) => <AccountRow key={account.id} account={account} reload={accounts.reload} />)}</ul>}
      {is_adding && <AccountDialog on_close={() => set_adding(false)} on_done={accounts.reload} />}
    </Section>
  );
}
