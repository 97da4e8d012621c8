// Hears of the instances that were made, changed or dropped, so that what is shown of them can be read again.
import { useEffect } from 'react';
import { db_changes_url } from '../api';
import { follow } from '../live';

/** Beyond the end of any stream, which means its end: what happened before is in what was read. */
const from_now = String(Number.MAX_SAFE_INTEGER);

export function use_changes(on_change: () => void, instance_id: string | null = null): void {
  useEffect(() => follow(db_changes_url(), {
    last_id: from_now,
    on_events: (events) => {
      if (instance_id === null || events.some((event) => (event.data.instance_ids as string[] | undefined)?.includes(instance_id))) on_change();
    },
    // What happened while nobody listened is read once the link is there.
    on_state: (state) => { if (state === 'open') on_change(); },
  }), [on_change, instance_id]);
}
