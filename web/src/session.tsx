// Who is signed in. A page inside SessionGate can rely on a session.
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react';
import { ApiError, delete_session, get_setup, session_show, use_csrf_token, when_signed_out, type Session } from './api';
import { as_error } from './load';
import { navigate } from './router';
import { Boot, BootError } from './ui/boot';

interface Held { session: Session; sign_out: () => Promise<void> }
const context = createContext<Held | null>(null);

export function use_session(): Held {
  const held = useContext(context);
  if (!held) throw new Error('use_session outside SessionGate');
  return held;
}

/** Goes on to where the person wanted to be before signing in. */
export function accept_session(session: Session): void {
  use_csrf_token(session.csrf_token);
  const wanted = new URLSearchParams(location.search).get('next');
  navigate(wanted?.startsWith('/') && !wanted.startsWith('//') ? wanted : '/', { replace: true });
}

async function go_to_sign_in(): Promise<void> {
  const here = location.pathname + location.search;
  const is_needed = await get_setup().then((setup) => setup.is_needed, () => false);
  if (is_needed) navigate('/setup', { replace: true });
  else navigate(here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`, { replace: true });
}

export function SessionGate({ children }: { children: ReactNode }) {
  const [session, set_session] = useState<Session | null>(null);
  const [error, set_error] = useState<ApiError | null>(null);
  const load = useCallback(async () => {
    set_error(null);
    try {
      const found = await session_show();
      use_csrf_token(found.csrf_token);
      set_session(found);
    } catch (cause) {
      const problem = as_error(cause);
      if (problem.status === 401) await go_to_sign_in();
      else set_error(problem);
    }
  }, []);
  useEffect(() => {
    void load();
    when_signed_out(() => void go_to_sign_in());
    return () => when_signed_out(() => {});
  }, [load]);
  const sign_out = useCallback(async () => {
    await delete_session();
    navigate('/sign-in');
  }, []);
  if (error) return <BootError error={error} again={load} />;
  if (!session) return <Boot />;
  return <context.Provider value={{ session, sign_out }}>{children}</context.Provider>;
}
