// States as a tree: each below the state that its step began with.
import type { DatabaseState } from '../api';

/** A chain of states without a fork stays on one level: only where several come from one does the tree go in. */
export interface StateLine { state: DatabaseState; depth: number; children: number }

const by_age = (left: DatabaseState, right: DatabaseState) => left.created_at.localeCompare(right.created_at) || left.id.localeCompare(right.id);

function children_of(states: DatabaseState[]): Map<string, DatabaseState[]> {
  const known = new Set(states.map((state) => state.id));
  const children = new Map<string, DatabaseState[]>();
  for (const state of [...states].sort(by_age)) {
    const parent = state.parent_id && known.has(state.parent_id) ? state.parent_id : '';
    children.set(parent, [...(children.get(parent) ?? []), state]);
  }
  return children;
}

/** Parents before children; what comes from a state in `closed` is left out. */
export function tree_lines(states: DatabaseState[], closed: ReadonlySet<string>): StateLine[] {
  const children = children_of(states);
  const lines: StateLine[] = [];
  const waiting = (children.get('') ?? []).map((state) => ({ state, depth: 0 })).reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const own = children.get(next.state.id) ?? [];
    lines.push({ ...next, children: own.length });
    if (closed.has(next.state.id)) continue;
    const depth = next.depth + (own.length > 1 ? 1 : 0);
    waiting.push(...own.map((state) => ({ state, depth })).reverse());
  }
  return lines;
}

/** The state itself, then all that come from it. */
export function line_of(states: DatabaseState[], id: string): DatabaseState[] {
  const children = children_of(states);
  const found = states.filter((state) => state.id === id);
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at]!.id) ?? []));
  return found;
}

/** From the first state of the chain to `id`. */
export function chain_to(states: DatabaseState[], id: string): DatabaseState[] {
  const by_id = new Map(states.map((state) => [state.id, state]));
  const chain: DatabaseState[] = [];
  for (let at = by_id.get(id); at && chain.length < states.length; at = at.parent_id ? by_id.get(at.parent_id) : undefined) chain.unshift(at);
  return chain;
}

/** What two chains have in common at their beginnings, and what each has alone. */
export function compare_chains(left: DatabaseState[], right: DatabaseState[]): { common: DatabaseState[]; left: DatabaseState[]; right: DatabaseState[] } {
  let common = 0;
  while (common < left.length && common < right.length && left[common]!.id === right[common]!.id) common++;
  return { common: left.slice(0, common), left: left.slice(common), right: right.slice(common) };
}
