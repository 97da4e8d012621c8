// How far a run or a step is: a picture, a word and a colour, so that none of them is needed.
import { Ban, CircleCheck, CircleDashed, CircleX, Loader, SkipForward } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Run } from '../api';
import { Badge, type Tone } from '../ui/kit';
import { use_words, type Word } from './words';

export type Status = Run['status'];

export const status_words: Record<Status, Word> = { waiting: 'status_waiting', running: 'status_running', done: 'status_done', failed: 'status_failed', cancelled: 'status_cancelled', skipped: 'status_skipped' };
export const trigger_words: Record<Run['trigger'], Word> = { user_message: 'trigger_user_message', manual: 'trigger_manual', scheduled: 'trigger_scheduled', api: 'trigger_api' };

const tones: Record<Status, Tone> = { waiting: 'plain', running: 'info', done: 'good', failed: 'bad', cancelled: 'warn', skipped: 'plain' };
const icons: Record<Status, ReactNode> = {
  waiting: <CircleDashed aria-hidden />, running: <Loader className="animate-spin" aria-hidden />, done: <CircleCheck aria-hidden />, failed: <CircleX aria-hidden />, cancelled: <Ban aria-hidden />, skipped: <SkipForward aria-hidden />,
};

export const StatusIcon = ({ status }: { status: Status }) => icons[status];

export function StatusBadge({ status }: { status: Status }) {
  const { w } = use_words();
  return <span data-status={status} className="run-status inline-flex shrink-0 [&_svg]:size-3.5"><Badge tone={tones[status]}><StatusIcon status={status} />{w(status_words[status])}</Badge></span>;
}
