// An area of several pages: tabs for its places, and the frame of each page.
import { useEffect, useRef, type ReactNode } from 'react';
import { Link, use_path } from '../router';
import { Shell, use_title } from './shell';

export interface Place { href: string; text: string; is_here: boolean }

function Places({ label, places }: { label: string; places: Place[] }) {
  const path = use_path();
  const row = useRef<HTMLElement>(null);
  // On a phone the row is longer than the screen.
  useEffect(() => { row.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [path]);
  return (
    <nav ref={row} aria-label={label} className="shrink-0 overflow-x-auto border-b border-line bg-surface px-2 sm:px-3">
      <ul className="flex gap-1">
        {places.map(({ href, text, is_here }) => (
          <li key={href}><Link href={href} aria-current={is_here ? 'page' : undefined} className="block whitespace-nowrap border-b-2 border-transparent px-2.5 py-2 pointer-coarse:py-3 text-muted hover:text-ink focus-visible:outline-offset-[-2px] aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-ink">{text}</Link></li>
        ))}
      </ul>
    </nav>
  );
}

interface Props {
  area: { text: string; href: string };
  places: Place[];
  title: string;
  crumb?: string;
  text?: string;
  action?: ReactNode;
  /** The page has no heading of its own, and gives all its room to the children. */
  fills?: boolean;
  children: ReactNode;
}

/** A page that scrolls, with a heading; `fills` gives the whole room below the tabs to the children instead. */
export function Area({ area, places, title, crumb, text, action, fills = false, children }: Props) {
  use_title(title);
  return (
    <Shell crumbs={[area, { text: crumb ?? title }]} is_heading={fills}>
      <div className="flex h-full flex-col"><Places label={area.text} places={places} />
        {fills ? <div className="min-h-0 flex-1">{children}</div> : (
          <div className="min-h-0 flex-1 overflow-y-auto"><div className="mx-auto max-w-5xl px-4 py-6">
            <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
              <div className="min-w-0 flex-1 basis-64"><h1 className="break-words text-xl font-semibold">{title}</h1>{text && <p className="mt-0.5 max-w-2xl text-muted">{text}</p>}</div>
              {action}
            </div>
            {children}
          </div></div>
        )}
      </div>
    </Shell>
  );
}
