import { describe, expect, it } from 'vitest';
import { ApiError, type DatabaseState, type DatabaseStepShown, type Prepare } from '../src/api';
import { explain_sql, read_plan } from '../src/databases/explain';
import { missing_of, read_sources } from '../src/databases/inputs';
import { empty_prepare, fold_prepare } from '../src/databases/prepare_state';
import { csv_of, offset_of } from '../src/databases/results';
import { tells_of } from '../src/databases/use_changes';
import { statement_at, statements_of } from '../src/databases/statements';
import { chain_to, compare_chains, line_of, tree_lines } from '../src/databases/state_tree';

const state = (id: string, parent_id: string | null, created_at = id): DatabaseState => ({ id, parent_id, created_at, last_used_at: created_at, image: 'postgres:15', kind: 'psql', title: `psql -f ${id}.sql`, bytes: 1, build_ms: 1, uses: 0, instances: 0, refs: [] });
const family = [state('base', null, '0'), state('one', 'base', '1'), state('two', 'one', '2'), state('left', 'two', '3'), state('right', 'two', '4'), state('leaf', 'right', '5')];

describe('the tree of states', () => {
  it('goes in only where several states come from one', () => {
    expect(tree_lines([...family].reverse(), new Set()).map((line) => [line.state.id, line.depth])).toEqual([['base', 0], ['one', 0], ['two', 0], ['left', 1], ['right', 1], ['leaf', 1]]);
  });
  it('leaves out what comes from a closed state, and shows a state whose parent is not there at the top', () => {
    expect(tree_lines(family, new Set(['right'])).map((line) => line.state.id)).toEqual(['base', 'one', 'two', 'left', 'right']);
    expect(tree_lines([state('orphan', 'gone')], new Set())).toEqual([{ state: state('orphan', 'gone'), depth: 0, children: 0 }]);
  });
  it('knows what would go with a state, and the way to it', () => {
    expect(line_of(family, 'two').map((one) => one.id)).toEqual(['two', 'left', 'right', 'leaf']);
    expect(line_of(family, 'none')).toEqual([]);
    expect(chain_to(family, 'leaf').map((one) => one.id)).toEqual(['base', 'one', 'two', 'right', 'leaf']);
  });
  it('compares two chains by their common beginning', () => {
    const compared = compare_chains(chain_to(family, 'left'), chain_to(family, 'leaf'));
    expect([compared.common.length, compared.left.map((one) => one.id), compared.right.map((one) => one.id)]).toEqual([3, ['left'], ['right', 'leaf']]);
  });
});

describe('a prepare', () => {
  const step = (title: string, cached: boolean): DatabaseStepShown => ({ state_id: title, title, cached, reason: null, ms: null });
  const prepare: Prepare = { id: 'prepare_1', kind: 'psql', image: 'postgres:15', status: 'queued', steps: [step('a', true), step('b', false)], cached: false, state_id: null, instance_id: null, dsn: null, failure: null, ms: null, created_at: '', ended_at: null };
  const fold = (events: [string, object][]) => events.reduce((state, [type, data], index) => fold_prepare(state, { id: String(index), type, data: data as Record<string, unknown> }), empty_prepare);

  it('is what its events say', () => {
    const going = fold([['prepare.created', { prepare }], ['step.done', { step: 1, of: 2, shown: step('a', true) }], ['step.started', { step: 2, of: 2, shown: step('b', false) }], ['prepare.log', { step: 2, text: 'CREATE TABLE\n' }]]);
    expect([going.prepare?.status, going.building, going.output.map((piece) => piece.text)]).toEqual(['building', 2, ['CREATE TABLE\n']]);
    const ended = fold_prepare(going, { id: '9', type: 'prepare.ended', data: { prepare: { ...prepare, status: 'done' } } });
    expect([ended.prepare?.status, ended.building, ended.output.length]).toEqual(['done', null, 1]);
  });
  it('that was cached has an end and no beginning', () => {
    expect(fold([['prepare.ended', { prepare: { ...prepare, status: 'done', cached: true } }]]).prepare?.cached).toBe(true);
  });
  it('keeps the newest output of a step that prints without end', () => {
    const noisy = fold([['prepare.created', { prepare }], ...Array.from({ length: 700 }, (_, index) => ['prepare.log', { step: 1, text: String(index) }] as [string, object])]);
    expect([noisy.output.length, noisy.output.at(-1)?.text, new Set(noisy.output.map((piece) => piece.key)).size]).toEqual([500, '699', 500]);
  });
});

describe('files of a prepare', () => {
  it('become steps with their hashes, and those that are no steps can be read by all of them', async () => {
    const read = await read_sources([
      { key: 1, path: 'b.sql', content: new Blob(['select 1;']), is_step: true }, { key: 2, path: 'a.csv', content: new Blob(['1,2']), is_step: false }, { key: 3, path: 'c.sql', content: new Blob(['select 1;']), is_step: true },
    ]);
    expect(read.steps.map((step) => [step.arguments, step.inputs?.map((input) => input.path)])).toEqual([[['-X', '-v', 'ON_ERROR_STOP=1', '-f', 'b.sql'], ['a.csv', 'b.sql']], [['-X', '-v', 'ON_ERROR_STOP=1', '-f', 'c.sql'], ['a.csv', 'c.sql']]]);
    expect(read.steps[0]?.inputs?.[1]?.sha256).toBe('354b7196c9ba5fb4b21cf615bb6ec4cd5c07503c34229feef033fc081a8c03f4');
    expect(read.contents.size).toBe(2);
  });
  it('are sent when the server names their hashes, and for no other refusal', () => {
    const hash = 'a'.repeat(64);
    expect(missing_of(new ApiError(409, 'conflict', '', [{ pointer: '/steps/0/inputs/0', detail: hash }, { pointer: '/steps/1/inputs/0', detail: hash }]))).toEqual([hash]);
    expect(missing_of(new ApiError(409, 'conflict', 'there is an instance with this name'))).toEqual([]);
    expect(missing_of(new ApiError(422, 'invalid', '', [{ pointer: '/image', detail: hash }]))).toEqual([]);
  });
});

describe('answers of the console', () => {
  it('are CSV that tells null from an empty text', () => {
    expect(csv_of(['a', 'b "c"'], [['1', null], ['x,y', ''], ['two\nlines', 'z']])).toBe('a,"b ""c"""\r\n1,\r\n"x,y",""\r\n"two\nlines",z\r\n');
  });
  it('have errors at a character, whatever it takes in the text', () => {
    expect(offset_of('select 😀, x', 11)).toBe(11);
    expect(offset_of('abc', 1)).toBe(0);
    expect(offset_of('abc', 99)).toBe(3);
  });
});

describe('the statements of a text', () => {
  const texts = (text: string) => statements_of(text).map((span) => text.slice(span.from, span.to));
  it('end at semicolons, and at no others', () => {
    expect(texts("select 1; select ';'; select \";\" /* ; /* ; */ */ -- ;\n from t;")).toEqual(['select 1', "select ';'", 'select ";" /* ; /* ; */ */ -- ;\n from t']);
    expect(texts("select e'it\\'s; ' , 'it''s; '; do $body$ begin; $$ end $body$; select $1;x")).toEqual(["select e'it\\'s; ' , 'it''s; '", 'do $body$ begin; $$ end $body$', 'select $1', 'x']);
    expect(texts("select 'C:\\'; drop")).toEqual(["select 'C:\\'", 'drop']);
    expect(texts(" ; -- nothing\n ; /* ; */")).toEqual([]);
  });
  it('that never end, end with the text', () => {
    for (const open of ["select 'x; y", 'select "x; y', 'select $a$ ; $b$', "select e'\\'; y"]) expect(texts(open)).toEqual([open]);
    expect(texts('select 1 /* ; ')).toEqual(['select 1']);
  });
  it('are found by the cursor', () => {
    const text = 'select 1;\nselect 2;\n';
    expect([0, 9, 10, 15, 99].map((cursor) => statement_at(text, cursor)?.from)).toEqual([0, 0, 10, 10, 10]);
    expect(statement_at('  -- x', 3)).toBeNull();
    expect(statement_at('  select 1', 0)?.from).toBe(2);
  });
});

describe('EXPLAIN', () => {
  const measured = [{
    Plan: { 'Node Type': 'Hash Join', 'Join Type': 'Left', 'Total Cost': 10, 'Plan Rows': 5, 'Actual Rows': 4, 'Actual Total Time': 2, 'Actual Loops': 1, 'Hash Cond': '(a.id = b.id)', Plans: [
      { 'Node Type': 'Seq Scan', 'Relation Name': 'a', Alias: 'a', 'Total Cost': 4, 'Plan Rows': 5, 'Actual Rows': 2, 'Actual Total Time': 0.5, 'Actual Loops': 2 },
      { 'Node Type': 'Hash', 'Total Cost': 3, 'Plan Rows': 1, 'Actual Rows': 1, 'Actual Total Time': 0.4, 'Actual Loops': 1, Plans: [{ 'Node Type': 'Index Scan', 'Index Name': 'b_pkey', 'Relation Name': 'b', Alias: 'x', 'Total Cost': 2, 'Plan Rows': 1, 'Actual Rows': 1, 'Actual Total Time': 0.3, 'Actual Loops': 1, 'Sort Key': ['q', 'r'] }] },
    ] }, 'Planning Time': 0.1, 'Execution Time': 2.2,
  }];
  it('is a tree with what each node took by itself', () => {
    const plan = read_plan(JSON.stringify(measured))!;
    expect(plan.lines.map((line) => [line.depth, line.title])).toEqual([[0, 'Hash Join (Left)'], [1, 'Seq Scan on a'], [1, 'Hash'], [2, 'Index Scan using b_pkey on b x']]);
    expect(plan.lines.map((line) => Math.round(line.share * 100))).toEqual([30, 50, 5, 15]);
    expect([plan.lines[1]?.actual_rows, plan.lines[0]?.details, plan.lines[3]?.details, plan.execution_ms]).toEqual([4, ['Hash Cond: (a.id = b.id)'], ['Sort Key: q, r'], 2.2]);
  });
  it('without ANALYZE has costs alone', () => {
    const plan = read_plan(JSON.stringify([{ Plan: { 'Node Type': 'Result', 'Total Cost': 0.01, 'Plan Rows': 1 } }]))!;
    expect(plan.lines[0]).toMatchObject({ title: 'Result', cost: 0.01, ms: null, actual_rows: null, share: 1 });
  });
  it('that was cut off or is something else is no plan', () => {
    for (const text of ['', '[{"Plan": {', '[]', '[{}]', 'null']) expect(read_plan(text)).toBeNull();
  });
  it('of one statement says where the statement begins, and rolls back what ANALYZE ran', () => {
    const asked = explain_sql('delete from a -- all', true);
    expect(asked.sql).toBe('begin; explain (analyze, buffers, format json) delete from a -- all\n; rollback');
    expect(asked.sql.slice(asked.prefix_chars)).toBe('delete from a -- all\n; rollback');
  });
});

describe('changes of what a list shows', () => {
  const event = { id: '7', type: 'prepares.changed', data: { type: 'prepares.changed', prepare_ids: ['prepare_1', 'prepare_2'] } };
  it('are those of its own things, and of the one that is looked at', () => {
    expect(tells_of(event, 'prepare', null)).toBe(true);
    expect(tells_of(event, 'prepare', 'prepare_2')).toBe(true);
    expect(tells_of(event, 'prepare', 'prepare_3')).toBe(false);
    expect(tells_of(event, 'instance', null)).toBe(false);
    expect(tells_of({ ...event, type: 'instance.warned', data: { instance_id: 'instance_1' } }, 'instance', null)).toBe(false);
  });
});
