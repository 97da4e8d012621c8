import type { Branch, Id } from '../api';

const hues = 6;

/** Each branch has a colour, by the order in which the branches were made; main has the first. */
export function hue_of(branches: Record<Id, Branch>, branch_id: Id): string {
  const ordered = Object.values(branches).sort((left, right) => Number(right.is_main) - Number(left.is_main) || left.created_at.localeCompare(right.created_at) || left.id.localeCompare(right.id));
  const index = Math.max(0, ordered.findIndex((branch) => branch.id === branch_id));
  return `hue-${index % hues}`;
}
