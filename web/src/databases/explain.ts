// EXPLAIN (FORMAT JSON) as the lines of an indented tree.

export interface PlanLine {
  depth: number;
  title: string;
  /** "Filter: (id > 3)": conditions, keys, and what ANALYZE counted. */
  details: string[];
  cost: number;
  rows: number;
  /** Of ANALYZE: over all loops. */
  actual_rows: number | null;
  ms: number | null;
  /** What this node took without its children, of the whole: 0 to 1. By time where it was measured, else by cost. */
  share: number;
}
export interface ShownPlan { lines: PlanLine[]; planning_ms: number | null; execution_ms: number | null }

interface Node { [member: string]: unknown; 'Node Type': string; Plans?: Node[] }

const shown_details = [
  'Index Cond', 'Recheck Cond', 'Filter', 'Rows Removed by Filter', 'Hash Cond', 'Merge Cond', 'Join Filter', 'Sort Key', 'Sort Method', 'Group Key', 'Heap Fetches', 'Workers Launched', 'Output Strategy',
  'Subplan Name', 'CTE Name', 'Function Name', 'Cache Hits',
];

const number_of = (node: Node, member: string): number => Number(node[member] ?? 0);

function title_of(node: Node): string {
  const relation = node['Relation Name'] ?? node['CTE Name'] ?? node['Function Name'];
  const alias = node.Alias !== undefined && node.Alias !== relation ? ` ${String(node.Alias)}` : '';
  const index = node['Index Name'] !== undefined ? ` using ${String(node['Index Name'])}` : '';
  const join = node['Join Type'] !== undefined && node['Join Type'] !== 'Inner' ? ` (${String(node['Join Type'])})` : '';
  const write = node.Operation !== undefined ? `${String(node.Operation)} ` : '';
  return `${write}${node['Node Type']}${join}${index}${relation !== undefined ? ` on ${String(relation)}${alias}` : ''}`;
}

const total_ms = (node: Node): number | null => (node['Actual Total Time'] === undefined ? null : number_of(node, 'Actual Total Time') * Math.max(1, number_of(node, 'Actual Loops')));

export function read_plan(text: string): ShownPlan | null {
  let whole: { Plan: Node; 'Planning Time'?: number; 'Execution Time'?: number } | undefined;
  try {
    whole = (JSON.parse(text) as (typeof whole)[])[0];
  } catch {
    return null;
  }
  if (!whole?.Plan) return null;
  const weight = (node: Node): number => total_ms(node) ?? number_of(node, 'Total Cost');
  const all = weight(whole.Plan) || 1;
  const lines: PlanLine[] = [];
  const waiting: { node: Node; depth: number }[] = [{ node: whole.Plan, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, depth } = next;
    const below = node.Plans ?? [];
    const own = weight(node) - below.reduce((sum, child) => sum + weight(child), 0);
    lines.push({
      depth, title: title_of(node), details: shown_details.filter((name) => node[name] !== undefined).map((name) => `${name}: ${Array.isArray(node[name]) ? node[name].join(', ') : String(node[name])}`),
      cost: number_of(node, 'Total Cost'), rows: number_of(node, 'Plan Rows'),
      actual_rows: node['Actual Rows'] === undefined ? null : number_of(node, 'Actual Rows') * Math.max(1, number_of(node, 'Actual Loops')),
      ms: total_ms(node), share: Math.min(1, Math.max(0, own / all)),
    });
    waiting.push(...below.map((child) => ({ node: child, depth: depth + 1 })).reverse());
  }
  return { lines, planning_ms: whole['Planning Time'] ?? null, execution_ms: whole['Execution Time'] ?? null };
}

/** What is sent for one statement. ANALYZE carries the statement out, so what it changed is rolled back. */
export function explain_sql(statement: string, analyzes: boolean): { sql: string; prefix_chars: number } {
  const prefix = analyzes ? 'begin; explain (analyze, buffers, format json) ' : 'explain (format json) ';
  return { sql: prefix + statement + (analyzes ? '\n; rollback' : ''), prefix_chars: prefix.length };
}
