import { ScrollText } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { use_t, type Key } from '../i18n';
import type { LogLine } from '../preview_state';
import { Choice, Empty } from '../ui/kit';
import { CopyButton } from '../ui/markdown';

const source_look = { server: 'text-info', install: 'text-warn', proxy: 'text-muted', browser: 'text-accent' };

export function LogLines({ lines }: { lines: LogLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  const is_at_end = useRef(true);
  useLayoutEffect(() => { if (is_at_end.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [lines]);
  return (
    <div ref={box} tabIndex={0} role="log" onScroll={() => { const node = box.current!; is_at_end.current = node.scrollHeight - node.scrollTop - node.clientHeight < 40; }}
      className="h-full overflow-auto px-3 py-2 font-mono text-[0.76rem] leading-[1.6] focus-visible:outline-offset-[-2px]">
      {lines.map((line) => (
        <div key={line.key} className="flex gap-3"><span className={`w-14 shrink-0 select-none ${source_look[line.source] ?? 'text-muted'}`}>{line.source}</span><span className="min-w-0 whitespace-pre-wrap break-words">{line.text}</span></div>
      ))}
    </div>
  );
}

type Source = LogLine['source'] | 'all';
const sources: { value: Source; key: Key }[] = [
  { value: 'all', key: 'log_all' }, { value: 'server', key: 'log_server' }, { value: 'install', key: 'log_install' }, { value: 'browser', key: 'log_browser' }, { value: 'proxy', key: 'log_proxy' },
];

export function LogsPane({ lines }: { lines: LogLine[] }) {
  const { t } = use_t();
  const [source, set_source] = useState<Source>('all');
  const shown = source === 'all' ? lines : lines.filter((line) => line.source === source);
  return (
    <section aria-label={t('logs')} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center justify-between gap-2 overflow-x-auto border-b border-line px-2">
        <Choice<Source> label={t('log_source')} value={source} on_change={set_source} options={sources.map(({ value, key }) => ({ value, text: t(key) }))} />
        <CopyButton text={shown.map((line) => line.text).join('\n')} />
      </div>
      <div className="min-h-0 flex-1 bg-sunken">{shown.length ? <LogLines lines={shown} /> : <Empty icon={<ScrollText />} title={t('logs_empty')}>{t('logs_empty_text')}</Empty>}</div>
    </section>
  );
}
