// What of knowledge and lore stood in an answer's prompt, each with the way to where it comes from. A chunk of its own.
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { generations_citations, type CitedEntry, type CitedPassage, type Id } from '../api';
import { use_load } from '../load';
import { Link } from '../router';
import { Badge, Bones, ErrorNote } from '../ui/kit';
import { entry_href, numbers_named, passage_href } from './citation_places';
import { place_of } from './passage_place';
import { use_words } from './words';

function Cited({ mark, title, note, text, href, way }: { mark: ReactNode; title: string; note: ReactNode; text: string; href: string; way: string }) {
  return (
    <li><details className="group/cited">
      <summary className="flex cursor-pointer list-none items-baseline gap-x-2 px-3 py-1.5 hover:bg-hover focus-visible:outline-offset-[-2px] [&::-webkit-details-marker]:hidden">
        <span className="shrink-0 font-mono text-xs text-muted">{mark}</span><span className="min-w-0 flex-1 break-words">{title}</span>{note}
        <ChevronRight className="size-3.5 shrink-0 self-center text-muted transition-transform group-open/cited:rotate-90" aria-hidden />
      </summary>
      <div className="border-t border-line bg-sunken px-3 py-2">
        <p className="max-h-60 overflow-y-auto whitespace-pre-wrap break-words text-muted" tabIndex={0}>{text}</p>
        <Link href={href} className="mt-1.5 inline-block text-accent underline underline-offset-2">{way}</Link>
      </div>
    </details></li>
  );
}

function Passage({ passage, is_named }: { passage: CitedPassage; is_named: boolean }) {
  const { w } = use_words();
  return <Cited mark={`[${passage.number}]`} title={place_of(passage)} note={<>{is_named && <Badge tone="good">{w('citation_named')}</Badge>}<span className="shrink-0 text-xs text-muted">{w('citation_piece', { n: passage.position + 1 })}</span></>} text={passage.text} href={passage_href(passage)} way={w('citation_to_source')} />;
}

function Entry({ entry }: { entry: CitedEntry }) {
  const { w } = use_words();
  const keys = entry.matched_keys.join(', ');
  return <Cited mark="·" title={`${entry.lorebook_name}, ${entry.comment || w('entry', { uid: entry.uid })}`} note={<span className="min-w-0 max-w-[40%] truncate text-xs text-muted">{keys ? w('found', { keys }) : w(`reason_${entry.reason}`)}</span>} text={entry.text} href={entry_href(entry)} way={w('citation_to_book')} />;
}

export default function Citations({ generation_id, answer }: { generation_id: Id; answer: string }) {
  const { w } = use_words();
  const loaded = use_load(`citations ${generation_id}`, () => generations_citations(generation_id));
  if (loaded.error) return <ErrorNote error={loaded.error} retry={loaded.reload} className="mt-1" />;
  if (!loaded.value) return <Bones lines={2} className="mt-1" />;
  const named = numbers_named(answer);
  return (
    <ul aria-label={w('citations_all')} className="mt-1 divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface text-sm">
      {loaded.value.passages.map((passage) => <Passage key={passage.number} passage={passage} is_named={named.has(passage.number)} />)}
      {loaded.value.entries.map((entry, at) => <Entry key={at} entry={entry} />)}
    </ul>
  );
}
