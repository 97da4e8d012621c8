import { use_t } from '../i18n';
import { ErrorNote } from './kit';
import { Mark } from './logo';

export function Boot() {
  const { t } = use_t();
  return <div className="flex h-full items-center justify-center" role="status" aria-label={t('loading')}><Mark className="size-10 animate-pulse" /></div>;
}

export function BootError({ error, again }: { error: unknown; again: () => void }) {
  return (
    <div className="mx-auto flex h-full max-w-md flex-col items-center justify-center gap-5 px-4">
      <Mark className="size-10" />
      <ErrorNote error={error} retry={again} className="w-full" />
    </div>
  );
}
