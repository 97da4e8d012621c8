import { describe, expect, it } from 'vitest';
import { ApiError, type Model, type ModelPolicy, type Run } from '../src/api';
import { form_of as settings_form, read_settings, settings_of } from '../src/models/answer_settings';
import { fault_at, fault_elsewhere } from '../src/models/faults';
import { body_of, form_of } from '../src/models/model_form';
import { passed_over_in } from '../src/models/passed_over';
import { changed_positions, moved, who_answers } from '../src/models/policy_choice';

const model = (id: string, more: Partial<Model> = {}): Model => ({
  id, name: id, provider: 'openai', base_url: '', model: '', context_tokens: 64_000, has_api_key: false, is_default: false, connect_timeout_ms: 10_000, first_token_timeout_ms: 120_000, between_tokens_timeout_ms: 60_000,
  total_timeout_ms: 1_800_000, tokens_in_usd: 0, tokens_cached_usd: 0, tokens_out_usd: 0, data_class_max: 'confidential', takes_images: true, created_at: '', updated_at: '', version: 1, ...more,
});
const policy = (id: string, model_ids: string[], more: Partial<ModelPolicy> = {}): ModelPolicy => ({ id, name: id, position: 0, task: null, data_class: null, cost_usd_max: null, model_ids, created_at: '', updated_at: '', version: 1, ...more });

describe('the form of a model', () => {
  it('shows what differs from the usual, in the units of the page, and sends all of it', () => {
    const form = form_of(model('m', { first_token_timeout_ms: 1500, tokens_in_usd: 0.15 }));
    expect([form.first_token_timeout_ms, form.connect_timeout_ms, form.tokens_in_usd, form.context_tokens]).toEqual(['1.5', '', '0.15', '']);
    const body = body_of({ ...form, connect_timeout_ms: '0.7', tokens_out_usd: '3' });
    expect([body.first_token_timeout_ms, body.connect_timeout_ms, body.tokens_in_usd, body.tokens_out_usd, body.context_tokens]).toEqual([1500, 700, 0.15, 3, 64_000]);
  });

  it('keeps the key, replaces it, or removes it', () => {
    const form = form_of(model('m', { has_api_key: true }));
    expect('api_key' in body_of(form)).toBe(false);
    expect(body_of({ ...form, api_key: 'new' }).api_key).toBe('new');
    expect(body_of({ ...form, is_key_removed: true }).api_key).toBe('');
  });

  it('names a model that was given no name', () => {
    expect(body_of({ ...form_of(null), model: 'qwen3' }).name).toBe('qwen3');
    expect(body_of({ ...form_of(null), provider: 'anthropic' }).name).toBe('Anthropic');
  });
});

describe('errors stand at their field', () => {
  const refused = new ApiError(400, 'invalid', 'wrong', [{ pointer: '/api_key', detail: 'must be given again' }, { pointer: '/model_ids/1', detail: 'must be an id' }]);
  it('by pointer, and a name that is taken at the name', () => {
    expect([fault_at(refused, 'api_key'), fault_at(refused, 'model_ids'), fault_at(refused, 'model')]).toEqual(['Must be given again', 'Must be an id', null]);
    expect(fault_at(new ApiError(409, 'conflict', 'a model is called that already'), 'name')).toBe('A model is called that already');
  });

  it('and apart only when it is about something else', () => {
    expect(fault_elsewhere(refused, ['api_key', 'model_ids'])).toBeNull();
    expect(fault_elsewhere(refused, ['api_key'])).toBe(refused);
    expect(fault_elsewhere(new Error('lost'), ['name'])).toBeInstanceOf(Error);
    expect(fault_elsewhere(null, ['name'])).toBeNull();
  });
});

describe('policies', () => {
  it('are moved, and only those get another position that must', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
    const at = (id: string, position: number) => ({ id, position });
    expect(changed_positions([at('a', 0), at('c', 2), at('b', 1)])).toEqual([at('c', 1), at('b', 2)]);
    expect(changed_positions([at('a', 0), at('b', 0)])).toEqual([at('b', 1)]);
  });

  const models = [model('open-only', { data_class_max: 'open' }), model('near'), model('usual', { is_default: true, data_class_max: 'internal' })];
  const asked = (policies: ModelPolicy[], task: 'chat' | 'app', data_class: 'open' | 'internal' | 'confidential') => {
    const found = who_answers(policies, models, task, data_class);
    return [found.policy?.id ?? null, ...found.models.map((one) => one.id)];
  };
  it.each([
    ['none: the default', [], 'chat', 'internal', [null, 'usual']],
    ['the default may not be sent it', [], 'chat', 'confidential', [null]],
    ['the first that fits holds', [policy('apps', ['near'], { task: 'app' }), policy('all', ['usual', 'near'])], 'chat', 'internal', ['all', 'usual', 'near']],
    ['another task', [policy('apps', ['near'], { task: 'app' }), policy('all', ['usual'])], 'app', 'open', ['apps', 'near']],
    ['models that may not be sent it are left out', [policy('all', ['open-only', 'near'])], 'chat', 'internal', ['all', 'near']],
    ['a policy of which none is left names nobody', [policy('first', ['open-only']), policy('second', ['near'])], 'chat', 'internal', [null, 'usual']],
    ['for one class of data', [policy('secret', ['near'], { data_class: 'confidential' })], 'chat', 'confidential', ['secret', 'near']],
    ['models that are gone', [policy('all', ['gone', 'near'])], 'chat', 'open', ['all', 'near']],
  ] as const)('%s', (_, policies, task, data_class, expected) => expect(asked([...policies], task, data_class)).toEqual(expected));
});

describe('models that were passed over', () => {
  it('are named by the run of an answer, whatever else its steps gave', () => {
    const run = { steps: [{ output: null }, { output: { text: 'x' } }, { output: { passed_over: [{ model: 'far', reason: 'it is away' }] } }] } as unknown as Run;
    expect(passed_over_in(run)).toEqual([{ model: 'far', reason: 'it is away' }]);
  });
});

describe('the parameters of answers', () => {
  it('are kept as the API takes them, and nothing is nothing', () => {
    const settings = settings_of({ temperature: '0', tokens_max: '', thinking: 'low', output_schema: '{"type": "object"}' });
    expect(settings).toEqual({ temperature: 0, tokens_max: null, thinking: 'low', output_schema: { type: 'object' } });
    expect(settings_of({ ...settings_form(settings), output_schema: ' ' })?.output_schema).toBeNull();
    expect(settings_of(settings_form(null))).toBeNull();
    expect(read_settings(JSON.stringify(settings))).toEqual(settings);
    expect([read_settings(null), read_settings('[1]'), read_settings('{')]).toEqual([null, null, null]);
  });

  it('a schema that is no JSON object is refused', () => {
    for (const output_schema of ['{', '[]', '"x"']) expect(() => settings_of({ ...settings_form(null), output_schema })).toThrow();
  });
});
