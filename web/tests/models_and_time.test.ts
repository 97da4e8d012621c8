import { describe, expect, it } from 'vitest';
import type { Model } from '../src/api';
import { default_model } from '../src/chat/composer';
import { duration_text, error_text, translate } from '../src/i18n';

const model = (id: string, provider: string, is_default = false) => ({ id, provider, is_default }) as Model;

describe('the model that answers when none is chosen', () => {
  it('is the default, else the newest, and the demo only when there is no other', () => {
    expect(default_model([])).toBeNull();
    expect(default_model([model('model_1', 'demo')])?.id).toBe('model_1');
    expect(default_model([model('model_2', 'openai'), model('model_3', 'anthropic'), model('model_9', 'demo')])?.id).toBe('model_3');
    expect(default_model([model('model_1', 'demo', true), model('model_3', 'anthropic')])?.id).toBe('model_1');
  });
});

describe('texts', () => {
  it('durations are in the words of the language', () => {
    expect(duration_text(1500, 'en')).toBe('1.5 sec');
    expect(duration_text(1500, 'ru')).toBe('1,5 с');
    expect(duration_text(83_900, 'en')).toBe('1 min 23 sec');
  });

  it('what the server says begins large, unless it begins with a name', () => {
    const said = (message: string) => error_text(new Error(message), (key, values) => translate('en', key, values));
    expect(said('the model is slow; try again')).toBe('The model is slow; try again');
    expect(said('index.html is not there')).toBe('index.html is not there');
  });
});
