// Hears of the instances, prepares or runs that were made, changed or dropped, so that what is shown of them can be read again.
import { useEffect } from 'react';
import { db_changes_url } from '../api';
import { follow, type StreamEvent } from '../live';

/** Beyond the end of any stream, which means its end: what happened before is in what was read. */
const from_now = String(Number.MAX_SAFE_INTEGER);

export type Changing = 'instance' | 'prepare' | 'run';

/** Whether the event tells of one of these, or of the one with the id. A warning comes with a change of its instance. */
export function tells_of(event: StreamEvent, what: Changing, id: string | null): boolean {
  const ids = event.data[`${what}_ids`] as string[] | undefined;
  return ids !== undefined && (id === null || ids.includes(id));
}

export function use_changes(on_change: () => void, what: Changing, id: string | null = null): void {
  useEffect(() => follow(db_changes_url(), {
    last_id: from_now,
    on_events: (events) => { if (events.some((event) => tells_of(event, what, id))) on_change(); },
    // What happened while nobody listened is read once the link is there.
    on_state: (state) => { if (state === 'open') on_change(); },
  }), [on_change, what, id]);
}
