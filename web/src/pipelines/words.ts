// The words of pipelines, which are loaded with them.
import { words_of, type Text } from '../i18n';

export const en = {
  // The list
  pipelines: 'Pipelines', pipeline: 'Pipeline', pipelines_text: 'Steps around an answer, or work of their own: texts, questions to models, guards. Every run keeps what each step was given and what it gave.', pipelines_empty: 'No pipelines yet', pipelines_empty_text: 'Messages are answered by the built-in pipeline: make the prompt, ask the model, apply what it changes. One of your own can do more.', more: 'Show more',
  pipeline_new: 'New pipeline', pipeline_copy: 'Duplicate', pipeline_copy_name: 'Copy of {name}', pipeline_actions: 'Actions for {name}', pipeline_delete: 'Delete the pipeline?', pipeline_delete_text: '“{name}” goes with its versions, and chats that it answers in have another one. Its runs stay. This cannot be undone.',
  pipeline_kind: 'What it does', kind_answers: 'Answers messages', kind_answers_text: 'It begins as the built-in one, pre → llm → post; steps of yours stand before and after the model.', kind_by_hand: 'Runs by itself', kind_by_hand_text: 'You, a schedule or the API begin it; it begins with a model’s summary of a text.',
  every_minutes: { one: 'every {n} minute', other: 'every {n} minutes' }, next_run: 'next {when}', next_run_at: 'The next run begins {time}.', answers_nowhere: 'answers nowhere yet', answers_in: 'answers in', places_more: '{n} more', last_run_open: 'Last run of {name}',

  // A pipeline
  unsaved: 'Unsaved changes', discard: 'Discard', saved: 'Saved.', changed_meanwhile: 'Somebody else changed this meanwhile. Your changes are kept, on top of theirs: look at them, and save again.', begun_from: 'What you are writing was begun from v{n}; the newest is v{newest}. Saving replaces it.', begun_from_look: 'Look at the versions',
  definition: 'Definition', definition_width: 'Width of the definition', use: 'Where and when', runs: 'Runs', versions: 'Versions', graph: 'Graph of the steps', graph_old: 'the graph is of the text before them', graph_none: 'There is a graph once the definition has no faults', steps: 'Steps', steps_count: { one: '{n} step', other: '{n} steps' }, checking: 'Checking…',
  faults: 'What is wrong', faults_count: { one: '{n} fault', other: '{n} faults' }, faults_more: 'and {n} more', at_place: 'line {line}, column {column}',
  json_value: 'A value is needed here: a text in quotes, a number, true, false, null, a list or an object.', json_name: 'A name in quotes is needed here.', json_colon: 'A colon is needed between a name and its value.', json_comma: 'A comma is needed between two members, or the bracket that ends them.', json_string: 'This text does not end in its line, or has a \\ that means nothing.', json_number: 'This is no number as JSON writes them.', json_rest: 'Nothing may follow the definition.', json_deep: 'This is nested too deeply.', json_twice: 'This name is there already.',
  step_after: 'After {steps}', step_first: 'Waits for nothing', step_when: 'When {condition}', step_optional: 'The run goes on when it fails',

  // Where and when
  pipeline_description: 'What it is for', bindings: 'Where it answers', bindings_text: 'A chat has its own pipeline, else its character’s, else the one of all chats, else the built-in one.', bindings_none: 'Nowhere yet.', bindings_not: 'It does not answer messages. That needs the trigger user_message alone, and the steps pre, llm without a prompt, and post.', bind_where: 'Where to answer', bind_none: 'There is none to choose.', bind_do: 'Answer there', unbind: 'Answer there no more: {name}', place_all: 'All chats', place_profile: 'Chats with a character', place_chat: 'One chat',
  schedule: 'Schedule', schedule_on: 'Run it regularly', schedule_on_hint: 'Part of the definition: it is saved with it, and the first run begins one pause later.', schedule_minutes: 'Minutes from one run to the next', schedule_unread: 'The definition cannot be read now; mend it first.', schedule_not: 'What answers messages runs when there is one.',

  // Runs
  run: 'Run', run_of: 'Run of {name}', run_do: 'Run now', run_title: 'Run {name}', run_saved_one: 'It runs v{n}, as it is saved; what you have changed since is not in it.', run_input: 'Input', run_input_hint: 'A JSON object; texts name its members as {{ input.name }}.', input_wrong: 'This is no JSON object.', run_chat: 'Chat', run_chat_hint: 'Whose values the texts may name, too.', run_chat_none: 'No chat', run_stop: 'Stop', run_given: 'Input of the run', run_width: 'Width of the graph', built_in: 'Built-in pipeline',
  runs_text: 'Begun by hand, by the schedule and by programs.', runs_text_answers: 'One for each answer that it gave.', runs_none: 'It has not run yet', took: 'took {span}', is_retry: 'repeated', retry_of: 'repeats another run',
  status_waiting: 'waiting', status_running: 'running', status_done: 'done', status_failed: 'failed', status_cancelled: 'stopped', status_skipped: 'skipped',
  trigger_user_message: 'Message', trigger_manual: 'By hand', trigger_scheduled: 'Schedule', trigger_api: 'Program',
  step_title: 'Step {name}', step_input: 'Input', step_text: 'Text', step_output: 'Output', started: 'Began', took_label: 'Took', tries: 'Tries', skipped_because: 'Not run:', retry_from_here: 'Retry from here', retry_later: 'When the run has ended.', value_cut: 'The first {n} of {of} letters. Copy it to have all.',
  effects: 'Effects', effects_count: { one: '{n} effect', other: '{n} effects' }, effect_text: 'Text', effect_rewrite_prompt: 'Rewrote the prompt', effect_add_message: 'Added a message to the prompt', effect_replace_answer: 'Replaced the answer', effect_publish_artifact: 'Published', effect_undo: 'Undo', effect_undo_later: 'When the run has ended.', effect_undone: 'undone',

  // Versions
  versions_text: 'Every change of the definition is kept. Restoring one puts it into the editor; it counts when it is saved.', version_title: 'Version {n}', version_newest: 'newest', version_same: 'as it is now', version_compare: 'Show what is different now', version_restore: 'Put it into the editor',
} satisfies Record<string, Text>;

export type Word = keyof typeof en;

export const ru: Record<Word, Text> = {
  // Список
  pipelines: 'Конвейеры', pipeline: 'Конвейер', pipelines_text: 'Шаги вокруг ответа или самостоятельная работа: тексты, вопросы к моделям, проверки. Каждый запуск хранит, что получил и что выдал каждый шаг.', pipelines_empty: 'Конвейеров пока нет', pipelines_empty_text: 'На сообщения отвечает встроенный конвейер: составляет промпт, спрашивает модель, применяет изменения. Свой может больше.', more: 'Показать ещё',
  pipeline_new: 'Новый конвейер', pipeline_copy: 'Дублировать', pipeline_copy_name: '{name} (копия)', pipeline_actions: 'Действия: {name}', pipeline_delete: 'Удалить конвейер?', pipeline_delete_text: '«{name}» исчезнет вместе с версиями; в чатах, где он отвечает, будет другой. Запуски останутся. Это нельзя отменить.',
  pipeline_kind: 'Что он делает', kind_answers: 'Отвечает на сообщения', kind_answers_text: 'Сначала он как встроенный: pre → llm → post; ваши шаги стоят до и после модели.', kind_by_hand: 'Работает сам по себе', kind_by_hand_text: 'Его запускаете вы, расписание или API; сначала это пересказ текста моделью.',
  every_minutes: { one: 'каждую {n} минуту', few: 'каждые {n} минуты', many: 'каждые {n} минут', other: 'каждые {n} минуты' }, next_run: 'следующий {when}', next_run_at: 'Следующий запуск: {time}.', answers_nowhere: 'пока нигде не отвечает', answers_in: 'отвечает', places_more: 'ещё {n}', last_run_open: 'Последний запуск: {name}',

  // Конвейер
  unsaved: 'Несохранённые изменения', discard: 'Отбросить', saved: 'Сохранено.', changed_meanwhile: 'Тем временем это изменил кто-то ещё. Ваши изменения сохранены поверх: посмотрите на них и сохраните снова.', begun_from: 'Ваш текст начат с v{n}, а новейшая — v{newest}. Сохранение заменит её.', begun_from_look: 'Посмотреть версии',
  definition: 'Определение', definition_width: 'Ширина определения', use: 'Где и когда', runs: 'Запуски', versions: 'Версии', graph: 'Граф шагов', graph_old: 'граф — от текста до них', graph_none: 'Граф появится, когда в определении не будет ошибок', steps: 'Шаги', steps_count: { one: '{n} шаг', few: '{n} шага', many: '{n} шагов', other: '{n} шага' }, checking: 'Проверка…',
  faults: 'Что не так', faults_count: { one: '{n} ошибка', few: '{n} ошибки', many: '{n} ошибок', other: '{n} ошибки' }, faults_more: 'и ещё {n}', at_place: 'строка {line}, столбец {column}',
  json_value: 'Здесь нужно значение: текст в кавычках, число, true, false, null, список или объект.', json_name: 'Здесь нужно имя в кавычках.', json_colon: 'Между именем и значением нужно двоеточие.', json_comma: 'Между двумя частями нужна запятая, в конце — закрывающая скобка.', json_string: 'Этот текст не кончается в своей строке, или в нём есть \\ без смысла.', json_number: 'Это не число в записи JSON.', json_rest: 'После определения не должно быть ничего.', json_deep: 'Слишком глубокая вложенность.', json_twice: 'Такое имя уже есть.',
  step_after: 'После: {steps}', step_first: 'Ничего не ждёт', step_when: 'Когда {condition}', step_optional: 'Если не удастся, запуск продолжится',

  // Где и когда
  pipeline_description: 'Для чего он', bindings: 'Где он отвечает', bindings_text: 'У чата — свой конвейер, иначе — его персонажа, иначе — общий для всех чатов, иначе — встроенный.', bindings_none: 'Пока нигде.', bindings_not: 'Он не отвечает на сообщения. Для этого нужны только триггер user_message и шаги pre, llm без prompt и post.', bind_where: 'Где отвечать', bind_none: 'Выбирать не из чего.', bind_do: 'Отвечать там', unbind: 'Больше не отвечать: {name}', place_all: 'Все чаты', place_profile: 'Чаты с персонажем', place_chat: 'Один чат',
  schedule: 'Расписание', schedule_on: 'Запускать регулярно', schedule_on_hint: 'Часть определения: сохраняется вместе с ним, первый запуск — через одну паузу.', schedule_minutes: 'Минут от запуска до запуска', schedule_unread: 'Определение сейчас не читается; сначала исправьте его.', schedule_not: 'Отвечающий на сообщения работает, когда они приходят.',

  // Запуски
  run: 'Запуск', run_of: 'Запуск: {name}', run_do: 'Запустить', run_title: 'Запуск: {name}', run_saved_one: 'Запускается v{n}, как сохранено; изменённого с тех пор в ней нет.', run_input: 'Ввод', run_input_hint: 'Объект JSON; тексты называют его части так: {{ input.name }}.', input_wrong: 'Это не объект JSON.', run_chat: 'Чат', run_chat_hint: 'Тексты могут называть и его значения.', run_chat_none: 'Без чата', run_stop: 'Остановить', run_given: 'Ввод запуска', run_width: 'Ширина графа', built_in: 'Встроенный конвейер',
  runs_text: 'Вручную, по расписанию и из программ.', runs_text_answers: 'По одному на каждый его ответ.', runs_none: 'Он ещё не работал', took: 'за {span}', is_retry: 'повтор', retry_of: 'повторяет другой запуск',
  status_waiting: 'ожидает', status_running: 'идёт', status_done: 'готово', status_failed: 'не удалось', status_cancelled: 'остановлено', status_skipped: 'пропущено',
  trigger_user_message: 'Сообщение', trigger_manual: 'Вручную', trigger_scheduled: 'Расписание', trigger_api: 'Программа',
  step_title: 'Шаг {name}', step_input: 'Ввод', step_text: 'Текст', step_output: 'Вывод', started: 'Начало', took_label: 'Длительность', tries: 'Попытки', skipped_because: 'Не выполнялся:', retry_from_here: 'Повторить отсюда', retry_later: 'Когда запуск закончится.', value_cut: 'Первые {n} знаков из {of}. Скопируйте, чтобы получить всё.',
  effects: 'Эффекты', effects_count: { one: '{n} эффект', few: '{n} эффекта', many: '{n} эффектов', other: '{n} эффекта' }, effect_text: 'Текст', effect_rewrite_prompt: 'Изменил промпт', effect_add_message: 'Добавил сообщение в промпт', effect_replace_answer: 'Заменил ответ', effect_publish_artifact: 'Опубликовал', effect_undo: 'Отменить', effect_undo_later: 'Когда запуск закончится.', effect_undone: 'отменён',

  // Версии
  versions_text: 'Хранится каждое изменение определения. Восстановленное попадает в редактор и действует после сохранения.', version_title: 'Версия {n}', version_newest: 'новейшая', version_same: 'как сейчас', version_compare: 'Показать, что теперь иначе', version_restore: 'Поместить в редактор',
};

export const use_words = words_of({ en, ru });
