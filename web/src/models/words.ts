// The words of models and policies, which are loaded with their pages.
import { words_of, type Text } from '../i18n';

export const en = {
  // Models
  models_text: 'Who answers in the chats. Keys are stored encrypted and are never shown again.', model_add: 'Add a model', model_delete: 'Delete the model?', model_delete_one: 'Delete {name}', model_delete_text: '“{name}” and its key are removed. Policies go on without it.', model_built_in: 'The built-in demo needs no settings. To let it answer, use it by default or name it in a policy.',
  model_use: 'Use {name} by default', no_key: 'no key', window: '{n} tokens', price: '{tokens_in} in, {tokens_out} out for a million tokens', price_unknown: 'free, or of unknown price', data_up_to: 'data up to {data_class}',
  test: 'Test', test_one: 'Test {name}', test_ok: 'It answers.', test_failed: 'It does not answer.', test_time: 'It took {n} ms.',

  // One model
  model_asked: 'Who is asked', provider: 'Provider', provider_text: 'Its API decides how requests are made; it stays as it is once the model is saved.', model_id: 'Model', model_id_hint: 'As the provider calls it.', base_url: 'Address', base_url_hint: 'Leave it empty for the usual one.',
  served_ask: 'Which does it serve?', served: { one: 'It serves {n} model: type, or choose from the list.', other: 'It serves {n} models: type, or choose from the list.' }, served_none: 'It names none.',
  api_key: 'API key', api_key_hint: 'Stored encrypted. It goes to this address only.', api_key_keep: 'Leave it empty to keep the stored key.', api_key_optional: 'Only if the address wants one.', api_key_remove: 'Remove the stored key',
  context_tokens: 'Window, in tokens', context_tokens_hint: 'How many a prompt and its answer may have together. A quarter is kept for the answer.', model_default: 'Use it by default', model_default_hint: 'It answers when no model is named and no policy fits.',
  prices: 'Prices', prices_text: 'US dollars for a million tokens. Leave them empty where it is free, or where you do not know. Answers keep the cost of their time.', tokens_in_usd: 'Of a prompt', tokens_cached_usd: 'Of a cached prompt', tokens_out_usd: 'Of an answer',
  times: 'Patience', times_text: 'In seconds. Who takes longer is given up, and a policy asks its next model if nothing was said yet.', connect_timeout_ms: 'To be reached', first_token_timeout_ms: 'Until the first token', between_tokens_timeout_ms: 'Between two tokens', total_timeout_ms: 'Altogether',
  takes_images: 'It is sent images', takes_images_hint: 'Otherwise it reads that there is one, and a new image for it is refused.',
  data: 'Data', data_class_max: 'What it may be sent', data_class_max_hint: 'Chats say how far their data may go. What is above this is never sent to the model.',
  class_open: 'open', class_internal: 'internal', class_confidential: 'confidential', up_to_open: 'Open data only', up_to_internal: 'Open and internal data', up_to_confidential: 'All data, confidential too',
  model_saved: '{name} is saved.', changed_meanwhile: 'Somebody else changed this meanwhile. Look at it again, then save once more.',

  // Policies
  policies_text: 'Which models are asked when none is named. Of the policies that fit, the first holds; its models are asked in turn until one answers.', policies_empty: 'No policies', policies_empty_text: 'Without one, the default model answers everything. A policy names other models for a kind of task, or for when the first cannot answer.', policies_order: 'Policies, in the order in which they are looked at',
  policy_new: 'New policy', policy_delete: 'Delete the policy?', policy_delete_one: 'Delete {name}', policy_delete_text: '“{name}” holds no more. Its models stay.', policy_name_hint: 'For people.', policy_saved: '{name} is saved.',
  policy_fits: 'When it fits', task: 'Task', task_any: 'Every task', task_chat: 'Answers in chats', task_app: 'Answers in the chats of apps', task_impersonation: 'Speaking for the person', data_class: 'Data of the chat', class_any: 'Data of any class', only_open: 'Open data', only_internal: 'Internal data', only_confidential: 'Confidential data',
  cost_usd_max: 'An answer may cost, in US dollars', cost_usd_max_hint: 'Models whose answer may cost more are passed over. Empty: any cost.', cost_up_to: 'up to {cost} an answer',
  policy_models: 'Models, in the order in which they are asked', policy_model_add: 'Add a model', policy_model_choose: 'Choose…', policy_model_remove: 'Leave {name} out', policy_models_none: 'It has no models yet.', policy_model_may_not: 'may not be sent {data_class} data', policy_then: 'then',
  move: 'Move {name}, now {n} of {of}: arrow keys, or drag', moved: '{name} is now {n} of {of}.',
  who: 'Which model would answer?', who_text: 'When none is named, for this task and data:', who_policy: 'By the policy “{name}”.', who_default: 'The default model: no policy names one that may answer.', who_nobody: 'Nobody: no policy names a model that may answer, and the default model may not be sent that.',

  // In a chat
  answer_data_hint: 'Models that may not be sent it do not answer in this chat.', answer_model: '{model} would answer. Its window has {tokens}.', answer_parameters: 'Parameters of the next answers', answer_kept: 'Kept in this browser, for this chat. What is empty is left to the model.',
  temperature: 'Temperature', temperature_hint: '0 is sober, 2 is wild.', tokens_max: 'Tokens of an answer, at most', thinking: 'Thinking', thinking_model: 'As the model does', thinking_off: 'None', thinking_low: 'A little', thinking_medium: 'Some', thinking_high: 'A lot', thinking_hint: 'For models that can.',
  output_schema: 'JSON Schema of the answer', output_schema_hint: 'The answer is then JSON. OpenAI wants every member required and "additionalProperties": false.', output_schema_wrong: 'This is not a JSON object: {fault}', parameters_reset: 'Leave all to the model', passed_over: 'Asked before, and passed over',
};

export const ru: Record<keyof typeof en, Text> = {
  // Модели
  models_text: 'Кто отвечает в чатах. Ключи хранятся зашифрованными и больше не показываются.', model_add: 'Добавить модель', model_delete: 'Удалить модель?', model_delete_one: 'Удалить {name}', model_delete_text: '«{name}» и её ключ будут удалены. Правила продолжат работать без неё.', model_built_in: 'Встроенную демонстрацию настраивать не нужно. Чтобы она отвечала, сделайте её моделью по умолчанию или назовите в правиле.',
  model_use: 'Использовать {name} по умолчанию', no_key: 'нет ключа', window: '{n} токенов', price: '{tokens_in} за запрос, {tokens_out} за ответ — за миллион токенов', price_unknown: 'бесплатно или цена неизвестна', data_up_to: 'данные до уровня «{data_class}»',
  test: 'Проверить', test_one: 'Проверить {name}', test_ok: 'Отвечает.', test_failed: 'Не отвечает.', test_time: 'Заняло {n} мс.',

  // Одна модель
  model_asked: 'Кого спрашивать', provider: 'Провайдер', provider_text: 'От его API зависит вид запросов; после сохранения он не меняется.', model_id: 'Модель', model_id_hint: 'Как её называет провайдер.', base_url: 'Адрес', base_url_hint: 'Оставьте пустым для обычного.',
  served_ask: 'Какие там есть?', served: { one: 'Там {n} модель: введите или выберите из списка.', few: 'Там {n} модели: введите или выберите из списка.', many: 'Там {n} моделей: введите или выберите из списка.', other: 'Там {n} модели: введите или выберите из списка.' }, served_none: 'Провайдер не назвал ни одной.',
  api_key: 'Ключ API', api_key_hint: 'Хранится зашифрованным. Отправляется только на этот адрес.', api_key_keep: 'Оставьте пустым, чтобы сохранить прежний ключ.', api_key_optional: 'Только если адрес его требует.', api_key_remove: 'Удалить сохранённый ключ',
  context_tokens: 'Окно, в токенах', context_tokens_hint: 'Сколько могут занять промпт и ответ вместе. Четверть остаётся ответу.', model_default: 'Использовать по умолчанию', model_default_hint: 'Отвечает, когда модель не названа и ни одно правило не подходит.',
  prices: 'Цены', prices_text: 'В долларах США за миллион токенов. Оставьте пустыми, если бесплатно или неизвестно. У ответов остаётся стоимость на их момент.', tokens_in_usd: 'За промпт', tokens_cached_usd: 'За промпт из кэша', tokens_out_usd: 'За ответ',
  times: 'Терпение', times_text: 'В секундах. Кто не успел, того больше не ждут, и правило спрашивает следующую модель, если ничего ещё не сказано.', connect_timeout_ms: 'На соединение', first_token_timeout_ms: 'До первого токена', between_tokens_timeout_ms: 'Между токенами', total_timeout_ms: 'На весь ответ',
  takes_images: 'Ей отправляются изображения', takes_images_hint: 'Иначе она читает, что изображение есть, а новое для неё не принимается.',
  data: 'Данные', data_class_max: 'Что ей можно отправлять', data_class_max_hint: 'Чат указывает, насколько закрыты его данные. Более закрытое модели не отправляется никогда.',
  class_open: 'открытые', class_internal: 'внутренние', class_confidential: 'секретные', up_to_open: 'Только открытые данные', up_to_internal: 'Открытые и внутренние данные', up_to_confidential: 'Любые данные, и секретные',
  model_saved: '{name}: сохранено.', changed_meanwhile: 'Тем временем это изменил кто-то другой. Посмотрите ещё раз и сохраните снова.',

  // Правила
  policies_text: 'Какие модели спрашивать, когда ни одна не названа. Действует первое подходящее правило; его модели спрашиваются по очереди, пока одна не ответит.', policies_empty: 'Правил нет', policies_empty_text: 'Без них на всё отвечает модель по умолчанию. Правило назначает другие модели для вида задач или на случай, когда первая не может ответить.', policies_order: 'Правила в том порядке, в котором они рассматриваются',
  policy_new: 'Новое правило', policy_delete: 'Удалить правило?', policy_delete_one: 'Удалить {name}', policy_delete_text: '«{name}» больше не действует. Модели остаются.', policy_name_hint: 'Для людей.', policy_saved: '{name}: сохранено.',
  policy_fits: 'Когда подходит', task: 'Задача', task_any: 'Любая задача', task_chat: 'Ответы в чатах', task_app: 'Ответы в чатах приложений', task_impersonation: 'Речь за человека', data_class: 'Данные чата', class_any: 'Любые данные', only_open: 'Открытые данные', only_internal: 'Внутренние данные', only_confidential: 'Секретные данные',
  cost_usd_max: 'Ответ может стоить, в долларах США', cost_usd_max_hint: 'Модели, чей ответ может стоить дороже, пропускаются. Пусто: любая стоимость.', cost_up_to: 'до {cost} за ответ',
  policy_models: 'Модели в том порядке, в котором их спрашивают', policy_model_add: 'Добавить модель', policy_model_choose: 'Выберите…', policy_model_remove: 'Убрать {name}', policy_models_none: 'Моделей пока нет.', policy_model_may_not: 'данные «{data_class}» ей нельзя', policy_then: 'затем',
  move: 'Переместить {name}, сейчас {n} из {of}: стрелками или мышью', moved: '{name}: теперь {n} из {of}.',
  who: 'Какая модель ответит?', who_text: 'Если ни одна не названа, для такой задачи и таких данных:', who_policy: 'По правилу «{name}».', who_default: 'Модель по умолчанию: ни одно правило не называет той, что может ответить.', who_nobody: 'Никакая: правила не называют той, что может ответить, а модели по умолчанию таких данных нельзя.',

  // В чате
  answer_data_hint: 'Модели, которым таких данных нельзя, в этом чате не отвечают.', answer_model: 'Ответит {model}. Её окно: {tokens}.', answer_parameters: 'Параметры следующих ответов', answer_kept: 'Хранятся в этом браузере, для этого чата. Пустое остаётся на усмотрение модели.',
  temperature: 'Температура', temperature_hint: '0 — строго, 2 — вольно.', tokens_max: 'Токенов в ответе, не больше', thinking: 'Размышление', thinking_model: 'Как принято у модели', thinking_off: 'Без него', thinking_low: 'Немного', thinking_medium: 'Средне', thinking_high: 'Много', thinking_hint: 'Для моделей, которые умеют.',
  output_schema: 'JSON Schema ответа', output_schema_hint: 'Тогда ответ — JSON. OpenAI требует, чтобы все члены были обязательны и стояло "additionalProperties": false.', output_schema_wrong: 'Это не объект JSON: {fault}', parameters_reset: 'Оставить всё модели', passed_over: 'Спрошены раньше и пропущены',
};

export const use_words = words_of({ en, ru });
