// Where the steps of a pipeline stand when they are drawn: a row for each level, so that every line leads down. Pure.
import type { PipelineGraph } from '../api';

export const node_width = 176;
export const node_height = 58;
const gap_x = 24;
const gap_y = 46;
const bend_width = 8;
const margin = 12;
const sweeps = 6;

export interface Point { x: number; y: number }
/** `x` and `y` are its upper left corner; `place` counts from the left in its row. */
export interface PlacedNode extends Point { id: string; level: number; place: number }
export interface PlacedEdge { from: string; to: string; kind: 'needs' | 'follows'; points: Point[] }
export interface Layout { width: number; height: number; nodes: PlacedNode[]; edges: PlacedEdge[] }

/** A step, or where a longer line passes a row; `x` is its middle. */
interface Item { id: string | null; width: number; x: number; above: Item[]; below: Item[] }
interface Way { edge: PipelineGraph['edges'][number]; level: number; items: Item[] }

const item = (id: string | null): Item => ({ id, width: id === null ? bend_width : node_width, x: 0, above: [], below: [] });

function link(above: Item, below: Item): void {
  if (above.below.includes(below)) return;
  above.below.push(below);
  below.above.push(above);
}

/** Rows of steps and of what passes them. Lines of one step go together as far as they can. */
function rows_of(graph: PipelineGraph): { rows: Item[][]; ways: Way[] } {
  const levels = new Map(graph.nodes.map((node) => [node.id, node.level]));
  const items = new Map(graph.nodes.map((node) => [node.id, item(node.id)]));
  const rows: Item[][] = Array.from({ length: Math.max(0, ...levels.values()) + 1 }, () => []);
  for (const node of graph.nodes) rows[node.level]!.push(items.get(node.id)!);
  const bends = new Map<string, Item>();
  const ways: Way[] = [];
  for (const edge of graph.edges) {
    const [level, end] = [levels.get(edge.from), levels.get(edge.to)];
    if (level === undefined || end === undefined || end <= level) continue;
    const way = [items.get(edge.from)!];
    for (let at = level + 1; at < end; at++) {
      const key = `${edge.from} ${edge.kind} ${at}`;
      if (!bends.has(key)) {
        bends.set(key, item(null));
        rows[at]!.push(bends.get(key)!);
      }
      way.push(bends.get(key)!);
    }
    way.push(items.get(edge.to)!);
    for (let at = 1; at < way.length; at++) link(way[at - 1]!, way[at]!);
    ways.push({ edge, level, items: way });
  }
  return { rows, ways };
}

const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const places_in = (row: Item[]) => new Map(row.map((one, place) => [one, place]));

/** How many lines between two rows cross. */
function crossings(upper: Item[], lower: Item[]): number {
  const places = places_in(lower);
  const ends = upper.flatMap((one) => one.below.map((below) => places.get(below)!).sort((left, right) => left - right));
  let count = 0;
  ends.forEach((end, index) => { for (let before = 0; before < index; before++) if (ends[before]! > end) count++; });
  return count;
}
const all_crossings = (rows: Item[][]) => rows.reduce((sum, row, level) => sum + (level ? crossings(rows[level - 1]!, row) : 0), 0);

/** The row with each where its neighbours of the other row are, in the middle of them; who has none stays. */
function sorted_by(row: Item[], other: Item[], side: 'above' | 'below'): Item[] {
  const places = places_in(other);
  const wanted = new Map(row.map((one, place) => [one, one[side].length ? mean(one[side].map((neighbour) => places.get(neighbour)!)) : place]));
  return [...row].sort((left, right) => wanted.get(left)! - wanted.get(right)!);
}

/** The order in each row with the fewest crossings of those that were tried. */
function ordered(given: Item[][]): Item[][] {
  let best = given;
  let rows = given;
  for (let sweep = 0; sweep < sweeps && all_crossings(best) > 0; sweep++) {
    rows = [...rows];
    if (sweep % 2 === 0) for (let level = 1; level < rows.length; level++) rows[level] = sorted_by(rows[level]!, rows[level - 1]!, 'above');
    else for (let level = rows.length - 2; level >= 0; level--) rows[level] = sorted_by(rows[level]!, rows[level + 1]!, 'below');
    if (all_crossings(rows) < all_crossings(best)) best = rows;
  }
  return best;
}

const apart = (left: Item, right: Item) => (left.width + right.width) / 2 + gap_x;

/** Puts each as near to where it wants to be as its neighbours in the row let it: the middle between what is possible from the left and from the right. */
function settle(row: Item[], wanted: number[]): void {
  const from_left: number[] = [];
  const from_right: number[] = [];
  row.forEach((one, place) => { from_left[place] = place ? Math.max(wanted[place]!, from_left[place - 1]! + apart(row[place - 1]!, one)) : wanted[place]!; });
  for (let place = row.length - 1; place >= 0; place--) from_right[place] = place < row.length - 1 ? Math.min(wanted[place]!, from_right[place + 1]! - apart(row[place]!, row[place + 1]!)) : wanted[place]!;
  row.forEach((one, place) => { one.x = (from_left[place]! + from_right[place]!) / 2; });
}

function spread(rows: Item[][]): void {
  for (const row of rows) settle(row, row.map(() => 0));
  const follow = (row: Item[], neighbours: (one: Item) => Item[]) => settle(row, row.map((one) => (neighbours(one).length ? mean(neighbours(one).map((other) => other.x)) : one.x)));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const row of rows) follow(row, (one) => one.above);
    for (const row of [...rows].reverse()) follow(row, (one) => one.below);
  }
  for (const row of rows) follow(row, (one) => [...one.above, ...one.below]);
}

const top_of = (level: number) => margin + level * (node_height + gap_y);

function points_of(way: Way): Point[] {
  const last = way.items.length - 1;
  return way.items.flatMap(({ x }, index) => {
    const top = top_of(way.level + index);
    const bottom = top + node_height;
    return index === 0 ? [{ x, y: bottom }] : index === last ? [{ x, y: top }] : [{ x, y: top }, { x, y: bottom }];
  });
}

export function layout_of(graph: PipelineGraph): Layout {
  if (graph.nodes.length === 0) return { width: 0, height: 0, nodes: [], edges: [] };
  const { rows: given, ways } = rows_of(graph);
  const rows = ordered(given);
  spread(rows);
  const all = rows.flat();
  const left = Math.min(...all.map((one) => one.x - one.width / 2));
  for (const one of all) one.x = Math.round(one.x - left + margin);
  const nodes = rows.flatMap((row, level) => row.filter((one) => one.id !== null).map((one, place) => ({ id: one.id!, x: one.x - node_width / 2, y: top_of(level), level, place })));
  return {
    width: Math.max(...all.map((one) => one.x + one.width / 2)) + margin, height: top_of(rows.length - 1) + node_height + margin, nodes,
    edges: ways.map((way) => ({ ...way.edge, points: points_of(way) })),
  };
}

/** A line through the points, as SVG says it; it leaves and comes straight down. */
export function path_of([first, ...rest]: Point[]): string {
  if (!first) return '';
  let before = first;
  return rest.reduce((path, point) => {
    const middle = (before.y + point.y) / 2;
    const piece = point.x === before.x ? `V${point.y}` : `C${before.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    before = point;
    return `${path}${piece}`;
  }, `M${first.x} ${first.y}`);
}

/** The step that an arrow key leads to: beside it in its row, or up and down along its lines, the nearest first. */
export function neighbour(layout: Layout, id: string, key: string): string | null {
  const here = layout.nodes.find((node) => node.id === id);
  if (!here) return null;
  const nearest = (nodes: PlacedNode[]) => nodes.toSorted((left, right) => Math.abs(left.level - here.level) - Math.abs(right.level - here.level) || Math.abs(left.x - here.x) - Math.abs(right.x - here.x))[0]?.id ?? null;
  if (key === 'ArrowLeft' || key === 'ArrowRight') return layout.nodes.find((node) => node.level === here.level && node.place === here.place + (key === 'ArrowLeft' ? -1 : 1))?.id ?? null;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const is_up = key === 'ArrowUp';
  const linked = layout.edges.flatMap((edge) => (is_up && edge.to === id ? [edge.from] : !is_up && edge.from === id ? [edge.to] : []));
  return nearest(layout.nodes.filter((node) => linked.includes(node.id))) ?? nearest(layout.nodes.filter((node) => (is_up ? node.level < here.level : node.level > here.level)));
}

/** A graph of steps of which only the order is known: one after the other. */
export function chain_of(steps: { step: string; type: string }[]): PipelineGraph {
  return {
    nodes: steps.map(({ step, type }, level) => ({ id: step, type, title: '', stage: 'before', level, required: true, condition: null })),
    edges: steps.slice(1).map(({ step }, index) => ({ from: steps[index]!.step, to: step, kind: 'needs' })),
    levels: steps.map(({ step }) => [step]),
  };
}
