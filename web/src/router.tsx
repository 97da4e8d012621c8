// Addresses: a path and a query, read from and written to the browser's history.
import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';

const changed = new EventTarget();

function subscribe(act: () => void): () => void {
  window.addEventListener('popstate', act);
  changed.addEventListener('change', act);
  return () => {
    window.removeEventListener('popstate', act);
    changed.removeEventListener('change', act);
  };
}

export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  changed.dispatchEvent(new Event('change'));
}

export function use_path(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

export function use_query(): URLSearchParams {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search));
}

/** Changes parts of the query and keeps the rest; null removes one. */
export function set_query(change: Record<string, string | null>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ''), { replace: true });
}

/** The parameters of `path` by `pattern` ("/apps/:app_id"), or null when it is another address. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.replace(/\/+$/, '').split('/');
  if (wanted.length !== Math.max(given.length, 1)) return null;
  const found: Record<string, string> = {};
  for (let index = 0; index < wanted.length; index++) {
    const part = wanted[index]!;
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      if (!value) return null;
      try {
        found[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return found;
}

export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const act = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={act} {...rest} />;
}
