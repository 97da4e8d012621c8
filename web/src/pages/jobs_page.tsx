import { ActivitySquare, Ban, RotateCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { jobs_cancel, jobs_ls, jobs_retry, type Job } from '../api';
import { duration_text, full_time, time_ago, use_t, type Key, type Language } from '../i18n';
import { use_load } from '../load';
import { Badge, Bones, Button, Choice, Empty, ErrorNote, type Tone } from '../ui/kit';
import { Shell, use_title } from '../ui/shell';
import { toast_error } from '../ui/toast';

type JobStatus = Job['status'];

const tones: Record<JobStatus, Tone> = { queued: 'info', running: 'warn', done: 'good', failed: 'bad', cancelled: 'plain' };
export const job_text: Record<JobStatus, Key> = { queued: 'job_queued', running: 'job_running', done: 'job_done', failed: 'job_failed', cancelled: 'job_cancelled' };
/** There is no stream of all jobs: the list is read again this often while it is looked at. */
const refresh_ms = 2000;

function took(job: Job, language: Language): string | null {
  if (!job.started_at) return null;
  return duration_text((job.ended_at ? Date.parse(job.ended_at) : Date.now()) - Date.parse(job.started_at), language);
}

function JobRow({ job, reload }: { job: Job; reload: () => void }) {
  const { t, language } = use_t();
  const act = (run: (id: string) => Promise<unknown>) => () => void run(job.id).then(reload, toast_error);
  const can_cancel = job.status === 'queued' || job.status === 'running';
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1.5 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-2"><code className="font-mono text-[0.8rem] font-medium">{job.kind}</code><Badge tone={tones[job.status]}>{t(job_text[job.status])}</Badge>{job.attempt > 1 && <span className="text-xs text-muted">{t('job_attempt', { n: job.attempt, max: job.attempts_max })}</span>}</p>
        <p className="mt-0.5 text-xs text-muted"><span title={full_time(job.created_at, language)}>{time_ago(job.created_at, language)}</span>{job.started_at && ` · ${took(job, language)}`}{job.subject && <> · <code className="font-mono">{job.subject}</code></>}</p>
        {job.message && job.status === 'running' && <p className="mt-1 break-words text-muted">{job.message}</p>}
        {job.error && <p className="mt-1 break-words text-danger">{job.error}</p>}
        {job.status === 'running' && job.progress !== null && <progress max={1} value={job.progress} aria-label={t('job_progress')} className="mt-1.5 block h-1.5 w-full max-w-72 overflow-hidden rounded-full accent-(--accent)" />}
      </div>
      {can_cancel && <Button small onClick={act(jobs_cancel)}><Ban className="size-3.5" aria-hidden />{t('cancel')}</Button>}
      {(job.status === 'failed' || job.status === 'cancelled') && <Button small onClick={act(jobs_retry)}><RotateCw className="size-3.5" aria-hidden />{t('retry')}</Button>}
    </li>
  );
}

export function JobsPage() {
  const { t } = use_t();
  use_title(t('jobs'));
  const [status, set_status] = useState<JobStatus | 'all'>('all');
  const jobs = use_load(`jobs:${status}`, () => jobs_ls({ limit: 100, ...(status === 'all' ? {} : { status }) }));
  const { reload } = jobs;
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') reload(); }, refresh_ms);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <Shell crumbs={[{ text: t('jobs') }]}>
      <div className="h-full overflow-y-auto"><div className="mx-auto max-w-4xl px-4 py-6">
        <div className="mb-4 flex flex-wrap items-center justify-between gap-3"><h1 className="text-xl font-semibold">{t('jobs')}</h1>
          <div className="max-w-full overflow-x-auto"><Choice<JobStatus | 'all'> label={t('job_status')} value={status} on_change={set_status} options={[{ value: 'all', text: t('log_all') }, ...(Object.keys(job_text) as JobStatus[]).map((value) => ({ value, text: t(job_text[value]) }))]} /></div>
        </div>
        {jobs.error && <ErrorNote error={jobs.error} retry={reload} className="mb-3" />}
        {!jobs.value ? !jobs.error && <Bones lines={6} /> : jobs.value.items.length === 0 ? <div className="card"><Empty icon={<ActivitySquare />} title={t('jobs_empty')}>{t('jobs_empty_text')}</Empty></div>
          : <ul aria-label={t('jobs')} className="card divide-y divide-line">{jobs.value.items.map((job) => <JobRow key={job.id} job={job} reload={reload} />)}</ul>}
      </div></div>
    </Shell>
  );
}
