import { describe, expect, it } from 'vitest';
import type { PipelineDefinition, PipelineGraph, Run, RunEffect, Step } from '../src/api';
import { offers_at, type Known } from '../src/pipelines/completion';
import { answers, as_definition, runs_by_hand, starters, text_of, text_of_value, with_schedule, without_defaults } from '../src/pipelines/definition';
import { faults_of, line_and_column, place_of } from '../src/pipelines/faults';
import { chain_of, layout_of, neighbour, node_height, node_width, path_of } from '../src/pipelines/graph_layout';
import { read_json, source_offset } from '../src/pipelines/json_places';
import { read_object } from '../src/pipelines/parts';
import { empty_run, fold_run, step_of_interest } from '../src/pipelines/run_state';

function places_of(text: string) {
  const read = read_json(text);
  if (!read.is_read) throw new Error(`${read.fault} at ${read.place.from}`);
  return read.places;
}
const marked = (text: string, pointer: string, detail = '') => {
  const { from, to } = place_of(text, places_of(text), pointer, detail);
  return text.slice(from, to);
};

describe('JSON with places', () => {
  it('is the value that JSON.parse reads, with the place of each member', () => {
    const text = ' {"a": [1, {"b/c": "x\\"y"}], "d": -1.5e3, "e": true, "f": {}, "g": [], "h": null}\n';
    const read = read_json(text);
    expect(read).toMatchObject({ is_read: true, value: JSON.parse(text) });
    const places = places_of(text);
    const at = (pointer: string) => { const { from, to } = places.get(pointer)!; return text.slice(from, to); };
    expect([at('/a/1/b~1c'), at('/d'), at('/a/0'), at('/f')]).toEqual(['"x\\"y"', '-1.5e3', '1', '{}']);
    expect(text.slice(places.get('/d')!.name_from)).toMatch(/^"d": -1/);
    expect(at('')).toBe(text.trim());
  });
  it.each([
    ['{"a": 1 "b": 2}', 'comma', '"'], ['{"a": 1,}', 'name', '}'], ['[1, 2,]', 'value', ']'], ['{"a" 1}', 'colon', '1'], ['{a: 1}', 'name', 'a'], ['{"a": yes}', 'value', 'yes'], ['{"a": 01}', 'number', '01'],
    ['{"a": 1.}', 'number', '1.'], ['{"a": "x\ny"}', 'string', '"x'], ['{"a": "\\q"}', 'string', '"\\q"'], ['{} {}', 'rest', '{'], ['{"a": 1, "a": 2}', 'twice', '"a"'], ['', 'value', ''], ['{"a": [1, 2', 'comma', '2'], ['\u00a0{}', 'value', '\u00a0'],
  ])('says what is wrong with %j', (text, fault, place) => {
    const read = read_json(text);
    expect(read).toMatchObject({ is_read: false, fault });
    if (!read.is_read) expect(text.slice(read.place.from, read.place.to)).toBe(place);
  });
  it('bounds how deep a value may be', () => {
    expect(read_json('['.repeat(5000))).toMatchObject({ is_read: false, fault: 'deep' });
  });
  it('finds the letter of a content behind escapes', () => {
    const text = '"a\\n\\u0041b"';
    expect([0, 1, 2, 3, 9].map((letters) => text.slice(source_offset(text, 0, letters)))).toEqual(['a\\n\\u0041b"', '\\n\\u0041b"', '\\u0041b"', 'b"', '"']);
  });
});

describe('faults of a definition', () => {
  const text = '{\n  "steps": [\n    {"id": "a", "type": "template", "parameters": {"text": "one\\n{% fo %} two"}},\n    {\n      "id": "b",\n      "type": "nothing"\n    }\n  ]\n}';
  it('are marked at their member, as far as its line goes', () => {
    expect(marked(text, '/steps/1/type')).toBe('"type": "nothing"');
    expect(marked(text, '/steps/0/parameters')).toBe('"parameters": {"text": "one\\n{% fo %} two"}');
    expect(marked(text, '/steps')).toBe('"steps": [');
  });
  it('of a member that is not there are marked at the id of its step, or where it should be', () => {
    expect(marked(text, '/steps/1/parameters/text')).toBe('"id": "b"');
    expect(marked(text, '/schedule')).toBe('{');
    expect(marked(text, '/steps/7/id')).toBe('"steps": [');
  });
  it('within a template are marked where they are in it, but not within a condition', () => {
    expect(marked(text, '/steps/0/parameters/text', 'of step "a" cannot be read: 2:1: tag "fo" not found')).toBe('{% fo %}');
    const condition = '{"steps": [{"condition": "a b c"}]}';
    expect(marked(condition, '/steps/0/condition', 'cannot be read: 1:9: unexpected')).toBe('"condition": "a b c"');
  });
  it('come in the order of the text, with line and column, and without what is said of other members', () => {
    const errors = [{ pointer: '/definition/steps/1/type', detail: 'second' }, { pointer: '/definition/steps/0/id', detail: 'first' }, { pointer: '/name', detail: 'other' }];
    expect(faults_of({ errors }, text, places_of(text)).map(({ line, column, pointer, message }) => [line, column, pointer, message])).toEqual([[3, 6, '/steps/0/id', 'first'], [6, 7, '/steps/1/type', 'second']]);
    expect(line_and_column('a\nbc', 4)).toEqual({ line: 2, column: 3 });
  });
});

describe('a definition as a text', () => {
  const full: PipelineDefinition = {
    triggers: ['manual', 'api'], schedule: null,
    steps: [{ id: 'a', type: 'llm', title: '', depends_on: [], hook: null, condition: null, triggers: [], retry: { attempts_max: 3, backoff_ms: 1000 }, timeout_ms: 120000, required: true, parameters: { prompt: 'Hi', extra: { kept: null, list: [] } }, effects: [{ type: 'publish_artifact', text: 'x', mode: 'append', role: 'system', depth: 0, name: 'a.md', media_type: 'text/plain' }] }],
  };
  it('leaves out what holds anyway, and nothing of the parameters', () => {
    expect(without_defaults(full)).toEqual({ steps: [{ id: 'a', type: 'llm', retry: { attempts_max: 3 }, parameters: { prompt: 'Hi', extra: { kept: null, list: [] } }, effects: [{ type: 'publish_artifact', text: 'x', name: 'a.md' }] }] });
  });
  it('is JSON, with a line for what fits into one', () => {
    expect(JSON.parse(text_of(full))).toEqual(without_defaults(full));
    expect(text_of(starters.answers)).toBe('{\n  "triggers": ["user_message"],\n  "steps": [\n    {"id": "pre", "type": "pre"},\n    {"id": "llm", "type": "llm"},\n    {"id": "post", "type": "post"}\n  ]\n}\n');
    expect(text_of_value({ long: 'x'.repeat(120), list: [] })).toBe(`{\n  "long": "${'x'.repeat(120)}",\n  "list": []\n}`);
  });
  it('knows who begins it', () => {
    expect([answers(starters.answers), answers(starters.by_hand), runs_by_hand(starters.answers), runs_by_hand(starters.by_hand)]).toEqual([true, false, false, true]);
  });
  it('takes another schedule together with its trigger, and leaves the rest', () => {
    const scheduled = with_schedule(starters.by_hand, { every_minutes: 60, input: {} });
    expect(scheduled).toEqual({ triggers: ['manual', 'api', 'scheduled'], schedule: { every_minutes: 60 }, steps: starters.by_hand.steps });
    expect(with_schedule(scheduled as PipelineDefinition, null)).toEqual({ steps: starters.by_hand.steps });
    expect(with_schedule({ triggers: ['scheduled'], schedule: null, steps: [] }, null)).toEqual({ steps: [] });
  });
  it('is read as far as its shape allows', () => {
    for (const value of [null, [], {}, { steps: 1 }, { steps: [], triggers: 'manual' }, { steps: [], schedule: 7 }]) expect(as_definition(value)).toBeNull();
    expect(as_definition({ steps: [] })).toEqual({ steps: [] });
    expect([read_object(' '), read_object('{"a": 1}'), read_object('[]'), read_object('{')]).toEqual([{}, { a: 1 }, null, null]);
  });
});

describe('completion', () => {
  const known: Known = {
    schemas: {
      PipelineDefinition: { properties: { triggers: { type: 'array', items: { type: 'string', enum: ['manual', 'api'] } }, steps: { type: 'array', items: { $ref: '#/components/schemas/StepDefinition' } } } },
      StepDefinition: { properties: { id: { type: 'string', description: 'Its name.' }, type: { type: 'string' }, depends_on: { type: 'array', items: { type: 'string' } }, required: { type: 'boolean' }, hook: { anyOf: [{ type: 'string', enum: ['before_llm', 'after_llm'] }, { type: 'null' }] }, parameters: {}, condition: { type: 'string' }, retry: { $ref: '#/components/schemas/Retry', description: 'How often.' } } },
      Retry: { properties: { attempts_max: { type: 'integer' } } },
    },
    types: [{ name: 'template', doc: 'Prints.', outputs: ['text'], parameters: { properties: { text: { type: 'string', description: 'What.' } } } }, { name: 'guard', doc: 'Guards.', outputs: [], parameters: { properties: { checks: {} } } }],
  };
  /** `|` is the cursor. */
  const at = (text: string) => offers_at(text.replace('|', ''), text.indexOf('|'), known);
  const labels = (text: string) => at(text)?.offers.map((offer) => offer.label) ?? null;
  const taken = (text: string, label: string) => {
    const { from, to, offers } = at(text)!;
    const plain = text.replace('|', '');
    return plain.slice(0, from) + offers.find((offer) => offer.label === label)!.text + plain.slice(to);
  };
  it.each([
    ['{|}', ['triggers', 'steps']], ['{"|', ['triggers', 'steps']], ['{"steps": [{"id": "a", |}]}', ['type', 'depends_on', 'required', 'hook', 'parameters', 'condition', 'retry']], ['{"triggers": ["|"]}', ['manual', 'api']],
    ['{"steps": [{"type": "|"}]}', ['template', 'guard']], ['{"steps": [{"type": "guard", "parameters": {|', ['checks']], ['{"steps": [{"hook": |', ['before_llm', 'after_llm']], ['{"steps": [{"required": |', ['true', 'false']], ['{"steps": [{"retry": {"|', ['attempts_max']],
    ['{"steps": [{"id": "a", "type": "template"}, {"id": "b", "depends_on": ["|"]}]}', ['a']], ['{"steps": [{"id": "a", "type": "template"}, {"id": "b", "parameters": {"text": "{{ steps.a.|', ['text']],
    ['{"steps": [{"id": "g", "type": "guard", "parameters": {"checks": {"is_long": "input.x contains \\"}\\"", "is_new": "true"}}}, {"id": "b", "condition": "steps.g.|"}]}', ['is_long', 'is_new']],
    ['{"steps": [{"id": "b", "condition": "steps.g.is_|"}, {"id": "g", "type": "guard", "parameters": {"checks": {"is_new": ""}}}]}', ['is_new']], ['{"steps": [{"id": "g", "type": "guard"}, {"id": "b", "condition": "steps.g.|"}]}', []],
    ['{"steps": [{"id": "a", "type": "template"}, {"id": "b", "condition": "status.|"}]}', ['a', 'b']], ['{"steps": [{"parameters": {"text": "{{ |', ['input', 'steps', 'status', 'now']],
    ['{"steps": [{"parameters": {"text": "plain |', null], ['{"steps": |', null], ['|', null], ['{"steps": [] |', null], ['{"steps": [{"nonsense": {"|', null],
  ])('offers at %j', (text, expected) => {
    expect(labels(text)).toEqual(expected);
  });
  it('puts quotes and colons only where there are none', () => {
    expect(taken('{"steps": [{ty|}]}', 'type')).toBe('{"steps": [{"type": }]}');
    expect(taken('{"steps": [{"ty|"}]}', 'type')).toBe('{"steps": [{"type": }]}');
    expect(taken('{"steps": [{"ty|": "x"}]}', 'type')).toBe('{"steps": [{"type": "x"}]}');
    expect(taken('{"steps": [{"type": te|}]}', 'template')).toBe('{"steps": [{"type": "template"}]}');
  });
  it('says what a member is', () => {
    expect(at('{"steps": [{|')!.offers.find((offer) => offer.label === 'retry')!.detail).toBe('How often.');
  });
});

const graph_of = (edges: string[], levels: string[][]): PipelineGraph => ({
  nodes: levels.flatMap((row, level) => row.map((id) => ({ id, type: 'template', title: '', stage: 'before' as const, level, required: true, condition: null }))),
  edges: edges.map((edge) => { const [from, to] = edge.split('>'); return { from: from!, to: to!, kind: 'needs' as const }; }), levels,
});

describe('the layout of a graph', () => {
  const at = (layout: ReturnType<typeof layout_of>, id: string) => layout.nodes.find((node) => node.id === id)!;
  it('puts a chain below itself, and a diamond in the middle', () => {
    const chain = layout_of(chain_of([{ step: 'pre', type: 'pre' }, { step: 'llm', type: 'llm' }, { step: 'post', type: 'post' }]));
    expect(new Set(chain.nodes.map((node) => node.x)).size).toBe(1);
    expect(chain.edges.map((edge) => path_of(edge.points))).toEqual(chain.edges.map((edge) => `M${edge.points[0]!.x} ${edge.points[0]!.y}V${edge.points[1]!.y}`));
    const diamond = layout_of(graph_of(['a>b', 'a>c', 'b>d', 'c>d'], [['a'], ['b', 'c'], ['d']]));
    expect(at(diamond, 'a').x).toBe(at(diamond, 'd').x);
    expect(Math.abs(at(diamond, 'b').x + at(diamond, 'c').x - 2 * at(diamond, 'a').x)).toBeLessThanOrEqual(1);
  });
  it('crosses no lines that need not cross', () => {
    const layout = layout_of(graph_of(['a>y', 'b>x', 'x>q', 'y>p'], [['a', 'b'], ['x', 'y'], ['p', 'q']]));
    expect(at(layout, 'a').x < at(layout, 'b').x).toBe(at(layout, 'y').x < at(layout, 'x').x);
    expect(at(layout, 'x').x < at(layout, 'y').x).toBe(at(layout, 'q').x < at(layout, 'p').x);
  });
  it('leads long lines past the steps between', () => {
    const layout = layout_of(graph_of(['a>b', 'b>c', 'a>c'], [['a'], ['b'], ['c']]));
    const long = layout.edges.find((edge) => edge.from === 'a' && edge.to === 'c')!;
    const b = at(layout, 'b');
    const [, first, second] = long.points;
    expect([first!.y, second!.y]).toEqual([b.y, b.y + node_height]);
    expect(first!.x < b.x || first!.x > b.x + node_width).toBe(true);
  });
  it('keeps fifty steps apart, within its size, with every line leading down', () => {
    const levels = Array.from({ length: 10 }, (_, level) => Array.from({ length: 5 }, (_, place) => `s${level}_${place}`));
    const edges = levels.flatMap((row, level) => row.flatMap((to, place) => levels.slice(0, level).flatMap((above, up) => above.filter((_, other) => (other * 7 + place * 3 + up) % 4 === 0).map((from) => `${from}>${to}`))));
    const layout = layout_of(graph_of(edges, levels));
    expect(layout.nodes.length).toBe(50);
    for (const row of levels) {
      const xs = row.map((id) => at(layout, id).x).sort((left, right) => left - right);
      xs.slice(1).forEach((x, index) => expect(x - xs[index]!).toBeGreaterThan(node_width));
    }
    for (const node of layout.nodes) expect([node.x >= 0, node.y >= 0, node.x + node_width <= layout.width, node.y + node_height <= layout.height]).toEqual([true, true, true, true]);
    for (const edge of layout.edges) edge.points.slice(1).forEach((point, index) => expect(point.y).toBeGreaterThan(edge.points[index]!.y));
    expect(layout_of(graph_of(edges, levels))).toEqual(layout);
  });
  it('is nothing without steps', () => {
    expect(layout_of(graph_of([], []))).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
  });
  it('is gone through by arrow keys, along the lines', () => {
    const layout = layout_of(graph_of(['a>b', 'a>c', 'c>d'], [['a', 'z'], ['b', 'c'], ['d']]));
    const row = ['b', 'c'].sort((left, right) => at(layout, left).x - at(layout, right).x);
    expect(neighbour(layout, row[0]!, 'ArrowRight')).toBe(row[1]);
    expect(neighbour(layout, row[0]!, 'ArrowLeft')).toBeNull();
    expect([neighbour(layout, 'd', 'ArrowUp'), neighbour(layout, 'c', 'ArrowDown'), neighbour(layout, 'd', 'ArrowDown'), neighbour(layout, 'a', 'Enter'), neighbour(layout, 'gone', 'ArrowUp')]).toEqual(['c', 'd', null, null, null]);
    expect(['b', 'c']).toContain(neighbour(layout, 'a', 'ArrowDown'));
    expect(['b', 'c']).toContain(neighbour(layout, 'z', 'ArrowDown'));
  });
});

describe('a run that is followed', () => {
  const step = (name: string, status: Step['status']): Step => ({ id: `step_${name}`, step: name, type: 'template', status, input: {}, output: {}, error: null, reason: null, attempt: 1, started_at: null, ended_at: null });
  const run = (status: Run['status'], steps: Step[]): Run => ({ id: 'run_1', chat_id: null, generation_id: null, pipeline_id: 'pipeline_1', pipeline_number: 1, retried_run_id: null, trigger: 'manual', status, input: {}, error: null, steps, created_at: '', ended_at: null });
  const effect = (undone_at: string | null): RunEffect => ({ id: 'effect_1', run_id: 'run_1', step: 'a', type: 'publish_artifact', effect: { type: 'publish_artifact', text: 'x' }, created_at: '', undone_at });
  const fold = (events: object[]) => events.reduce((state: typeof empty_run, event) => fold_run(state, { id: '1', type: (event as { type: string }).type, data: event as Record<string, unknown> }), empty_run);
  it('has the newest of each step, and keeps its steps when it ends without them', () => {
    const state = fold([{ type: 'run.updated', run: run('waiting', [step('a', 'waiting'), step('b', 'waiting')]) }, { type: 'step.updated', step: step('a', 'done') }, { type: 'run.ended', run: run('done', []) }, { type: 'of.later.servers' }]);
    expect(state.run!.status).toBe('done');
    expect(state.run!.steps.map((one) => one.status)).toEqual(['done', 'waiting']);
  });
  it('has each effect once, undone when it was', () => {
    expect(fold([{ type: 'effect.applied', effect: effect(null) }, { type: 'effect.undone', effect: effect('now') }]).effects).toEqual([effect('now')]);
  });
  it('shows first what failed, then what runs, then what was done last', () => {
    expect(step_of_interest(run('failed', [step('a', 'done'), step('b', 'failed'), step('c', 'running')]))).toBe('b');
    expect(step_of_interest(run('running', [step('a', 'done'), step('b', 'running')]))).toBe('b');
    expect(step_of_interest(run('done', [step('a', 'done'), step('b', 'done'), step('c', 'skipped')]))).toBe('b');
    expect(step_of_interest(run('waiting', [step('a', 'waiting')]))).toBe('a');
    expect(step_of_interest(run('waiting', []))).toBeNull();
  });
});
