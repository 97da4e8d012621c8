import { use_t } from '../i18n';
import { Link } from '../router';
import { Shell, use_title } from '../ui/shell';

export function NotFound() {
  const { t } = use_t();
  use_title(t('not_found'));
  return (
    <Shell crumbs={[]}>
      <div className="flex h-full flex-col items-center justify-center gap-3 px-6 text-center">
        <svg viewBox="0 0 64 64" className="size-20" fill="none" stroke="var(--line-strong)" strokeWidth="3" strokeLinecap="round" aria-hidden><path d="M26 60V14" /><path d="M26 44c0-10 16-6 16-16" strokeDasharray="2 7" /><circle cx="26" cy="10" r="4" fill="var(--accent)" stroke="none" /><circle cx="42" cy="22" r="5" strokeDasharray="3 5" /></svg>
        <h1 className="text-xl font-semibold">{t('not_found')}</h1>
        <p className="max-w-sm text-muted">{t('not_found_text')}</p>
        <Link href="/" className="text-accent underline underline-offset-2">{t('go_home')}</Link>
      </div>
    </Shell>
  );
}
