// Who runs models: what stands in the fields of a model when they are empty.
export interface Provider { value: string; text: string; base_url: string; needs_key: boolean }

export const providers: Provider[] = [
  { value: 'openai', text: 'OpenAI · OpenAI-compatible', base_url: 'https://api.openai.com/v1', needs_key: true },
  { value: 'openai_responses', text: 'OpenAI · Responses', base_url: 'https://api.openai.com/v1', needs_key: true },
  { value: 'anthropic', text: 'Anthropic', base_url: 'https://api.anthropic.com/v1', needs_key: true },
  { value: 'gemini', text: 'Google Gemini', base_url: 'https://generativelanguage.googleapis.com/v1beta', needs_key: true },
  { value: 'ollama', text: 'Ollama', base_url: 'http://127.0.0.1:11434', needs_key: false },
];

export const provider_of = (value: string): Provider => providers.find((one) => one.value === value) ?? { value, text: value, base_url: '', needs_key: false };
