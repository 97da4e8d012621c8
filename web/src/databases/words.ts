// The words of the pages of databases, which are loaded with them.
import { words_of, type Text } from '../i18n';

export const en = {
  // What there is
  instance: 'Instance', instances: 'Instances', state: 'State', states: 'States', prepare: 'Prepare', prepares: 'Prepares', ref: 'Ref', tags: 'Tags', cache: 'Cache', compare: 'Compare', image: 'PostgreSQL', sql: 'SQL',
  hours: { one: '{n} hour', other: '{n} hours' }, cached: 'cached', made: 'built {time}', used: 'used {time}', took: 'took {span}', hint: 'Hint: {hint}', only_newest: { one: 'Only the newest {n} is shown.', other: 'Only the newest {n} are shown.' },
  empty_cluster: 'An empty cluster',

  // Instances
  instances_text: 'Copies of states that you connect to. One that nobody uses falls asleep, wakes with the next connection, and is dropped after its time.',
  instances_empty: 'No instances', instances_empty_text: 'Prepare a database, or make an instance of a state.', instance_gone: 'This instance does not exist any more: it was dropped, or its time was over.',
  instance_starting: 'Starting', instance_ready: 'Ready', instance_asleep: 'Asleep', instance_failed: 'Failed', instance_actions: 'Actions for {name}',
  origin_prepare: 'from state', origin_fork: 'fork, state', origin_ref: 'by ref, state', origin_app: 'of an app, state',
  kept_for: 'dropped in {span} unless used', kept_no_longer: 'about to be dropped', kept_with_branch: 'kept as long as its branch',
  connect: 'Connect', connect_text: 'The password is part of it. Show it to nobody who should not have the data.', dsn: 'DSN', environment: 'Environment',
  name_hint: 'Letters, digits and . _ - @. It works in connection strings.',
  fork: 'Fork', fork_title: 'Fork {name}', fork_text: 'A new instance with the current data, while this one runs on.',
  snapshot: 'Snapshot', snapshot_title: 'Snapshot of {name}', snapshot_text: 'The current data becomes a state with a name, while the instance runs on.', snapshot_done: 'The state is kept as {ref}.',
  reset: 'Reset', reset_title: 'Reset {name}?', reset_text: 'It becomes a fresh copy of its state. What was changed since is lost; the DSN stays.',
  switch: 'Switch', switch_title: 'Switch {name}', switch_text: 'It becomes a copy of another state. What was changed in it is lost; the DSN stays.', switch_to: 'State or ref',
  keep: 'Keep longer', keep_title: 'How long {name} is kept', ttl: 'Kept after its last use', ttl_hint: 'Connections extend it.', lease: 'Kept in any case', lease_hint: 'From now on, used or not.', lease_unchanged: 'As it is',
  rename_title: 'Rename {name}', drop: 'Drop', drop_title: 'Drop {name}?', drop_text: 'Its data is lost and its connections end. This cannot be undone.',

  // Prepares
  prepares_text: 'What was asked for, and how it was built.', prepares_empty: 'No prepares', prepares_empty_text: 'Here, or with `ramify db prepare psql -- -f schema.sql`.',
  prepare_new: 'Prepare a database', prepare_new_text: 'Each SQL file is a step. Steps that were built before are not built again.', prepare_start: 'Prepare', prepare_queued: 'Queued', prepare_building: 'Building', prepare_done: 'Done', prepare_failed: 'Failed', prepare_cancelled: 'Cancelled',
  steps: { one: '{n} step', other: '{n} steps' }, steps_built: '{n} built', steps_title: 'Steps', all_cached: 'nothing had to be built',
  step_was_cached: 'It was there already.', step_built: 'Built', step_building: 'Building…', step_failed: 'Failed. ', step_waiting: 'Not built yet', step_took: ' Built in {span}.',
  reason_never_built: 'Never built before.', reason_arguments_changed: 'Its arguments changed.', reason_parent_changed: 'A step before it changed.', reason_image_changed: 'PostgreSQL is another one now.', reason_evicted: 'It was evicted from the cache.', reason_stdin_changed: 'Its standard input changed.',
  reason_input_changed: '{file} changed.', reason_input_added: '{file} is new.', reason_input_removed: '{file} is gone.',
  failure: 'Failure', failure_step: 'step {n}', failure_line: 'line {n}', failure_output: 'The last output', output: 'Output', console_open: 'Open the console',
  sources: 'Files', source_step: 'Step', source_input: 'Input', source_role: 'What {path} is', source_up: 'Earlier', source_down: 'Later', source_remove: 'Take it out', source_too_large: '{path} is larger than 256 MB. Use `ramify db prepare`.',
  sql_next: 'SQL, as the last step', sql_keep: 'Keep as a step, and write the next', files_add: 'Add files', files_drop: 'or drop them here. Inputs are what steps read with \\i and \\copy.', files_sent: '{sent} of {of} files sent',
  plan_show: 'Show the plan', plan_of_prepare: 'Plan', plan_warnings: 'What may vary by itself', image_hint: 'What the steps run on.', image_newest: 'The newest of the host', image_of_state: 'The state below decides it.', from: 'Begin with', from_hint: 'A state or ref. Empty: an empty cluster.',
  instance_name: 'Name of the instance', instance_name_hint: 'Optional. One that exists is switched to the result.', deterministic: 'Deterministic', deterministic_hint: 'Refuse what may come out differently another time, such as random().',
  cannot_hash: 'This browser hashes files over HTTPS and on localhost only. Open the page there, or use `ramify db prepare`.',

  // States
  states_text: 'What steps made, each below the one that it began with. Any of them is handed out in milliseconds.', states_empty: 'No states', states_empty_text: 'Each step of a prepare makes one.', states_more: { one: 'Show {n} more', other: 'Show {n} more' },
  size: 'Size', build_cost: 'Built in', uses: 'Uses', state_actions: 'Actions for state {id}', state_children: { one: '{n} state comes from it', other: '{n} states come from it' }, state_hint: 'A ref, or the beginning of a state’s id.', choice_end: 'End the selection',
  instance_make: 'Make an instance', tag: 'Name or pin', tag_title: 'Name state {id}', untag: 'Forget {name}', pin: 'Pin it', pinned: 'pinned', pin_hint: 'A pinned state is never evicted.', ref_hint: 'Letters, digits and . _ - @, such as shop@main.', ref_moves: 'This ref names {id} now, and will name this state instead.', tags_hint: 'Separated by commas.',
  compare_with: 'Compare', copy_id: 'Copy the id',
  remove_title: 'Delete state {id}?', remove_text: { one: 'This deletes {n} state and frees {size}. Its steps can build it again.', other: 'This deletes {n} states and frees {size}: this one, and what comes from it.' }, remove_list: 'What is deleted', remove_refs: 'These refs go with it: {refs}.', remove_instances: { one: '{n} instance is a copy of it. Drop it first.', other: '{n} instances are copies of them. Drop them first.' },

  // Console
  console: 'Console', console_empty: 'Nothing has run yet', console_empty_text: 'Ctrl+Enter runs the selection, or all of it. Each run is a session of its own.', run: 'Run', running: 'Running…', rows_max: 'Rows', database: 'Database', history: 'History', history_empty: 'What you run is kept here, in this browser.', history_forget: 'Forget all',
  query_cancelled: 'Cancelled. PostgreSQL was asked to stop.', query_failed: 'failed', notices: 'Notices', copy_csv: 'Copy as CSV',
  rows: { one: '{n} row', other: '{n} rows' }, rows_cut: 'the first {n} are shown', rows_more: { one: 'Show {n} more row', other: 'Show {n} more rows' },
  explain: 'Explain', explain_one: 'Select one statement: only one can be explained at a time.', explain_plain: 'Plan only', explain_analyze: 'Run and measure', plan: 'Plan', plan_node: 'Node', plan_cost: 'Cost', plan_rows: 'Rows expected', plan_actual_rows: 'Rows', plan_ms: 'Time, ms', plan_share: 'Share', plan_off: 'Ten times more rows than expected, or worse.', plan_times: 'Planned in {planning} ms, run in {execution} ms.', plan_rolled_back: 'Changes, if any, were rolled back.',

  // Runs
  runs: 'Runs', runs_text: 'What was run on databases with `ramify db run`, and what came out.', runs_empty: 'No runs', runs_empty_text: 'Such as `ramify db run --from shop@main -- npm test`.', run_running: 'Running', run_done: 'Done', run_failed: 'Failed', run_timed_out: 'Timed out', run_limited: 'Over its limit', run_cancelled: 'Cancelled', run_lost: 'Lost', run_exit: 'exit code {code}', run_output_cut: '… the rest is in the download',

  // Compare
  compare_with_state: 'Compare with its state', diff_title: 'What differs', diff_text: 'Both databases are started for it, and compared object by object.', diff_do: 'Compare the databases', diff_data: 'The rows, too', diff_added: 'added', diff_removed: 'removed', diff_modified: 'changed',
  diff_objects: 'Objects: {added} added, {removed} removed, {modified} changed.', diff_objects_title: 'Objects', diff_tables: { one: 'The rows of {n} table were compared.', other: 'The rows of {n} tables were compared.' }, diff_rows: '{added} added, {removed} removed, {modified} changed', diff_rows_of: '{from} → {to} rows', diff_rows_more: { one: 'and {n} more row', other: 'and {n} more rows' },
  diff_no_objects: 'The objects are the same.', diff_no_rows: 'The rows are the same.', diff_truncated: 'There is more than can be shown.',
  compare_text: 'Two states or instances: the steps that they share, those that each has alone, and what differs in the databases.', compare_choose: 'Choose', compare_empty: 'Two states are needed', compare_common: { one: '{n} step in common', other: '{n} steps in common' }, compare_left: 'Only on the left', compare_right: 'Only on the right', compare_none: 'None', compare_images: 'They run on different PostgreSQL: {left} and {right}.',

  // Cache
  cache_text: 'What the states take, and what they save.', budget: 'Disk', budget_used: '{bytes} of {max}', budget_free: '{free} are free on the disk. {reclaimable} could be evicted now.', cache_states: 'States', cache_states_note: 'of databases and of packages', cache_hits: 'Steps found', cache_misses: 'Steps built', cache_saved: 'Time saved', cache_rate: '{percent} % of what was asked for', since_start: 'since the server started', cache_evicted: 'Evicted', cache_evicted_last: 'last {time}', cache_evicted_never: 'none so far', backend: 'How copies are made',
} satisfies Record<string, Text>;

export type Word = keyof typeof en;

export const ru: Record<Word, Text> = {
  // Что есть
  instance: 'Экземпляр', instances: 'Экземпляры', state: 'Состояние', states: 'Состояния', prepare: 'Подготовка', prepares: 'Подготовки', ref: 'Имя состояния', tags: 'Метки', cache: 'Кэш', compare: 'Сравнение', image: 'PostgreSQL', sql: 'SQL',
  hours: { one: '{n} час', few: '{n} часа', many: '{n} часов', other: '{n} часа' }, cached: 'из кэша', made: 'построено {time}', used: 'использовано {time}', took: 'заняло {span}', hint: 'Подсказка: {hint}',
  only_newest: { one: 'Показано только {n} самое новое.', few: 'Показаны только {n} самых новых.', many: 'Показаны только {n} самых новых.', other: 'Показаны только {n} самых новых.' },
  empty_cluster: 'Пустой кластер',

  // Экземпляры
  instances_text: 'Копии состояний, к которым подключаются. Экземпляр без подключений засыпает, просыпается от следующего и удаляется, когда выйдет срок.',
  instances_empty: 'Экземпляров нет', instances_empty_text: 'Подготовьте базу или создайте экземпляр состояния.', instance_gone: 'Этого экземпляра больше нет: его удалили или вышел его срок.',
  instance_starting: 'Запускается', instance_ready: 'Работает', instance_asleep: 'Спит', instance_failed: 'Сбой', instance_actions: 'Действия: {name}',
  origin_prepare: 'из состояния', origin_fork: 'копия, состояние', origin_ref: 'по имени, состояние', origin_app: 'приложения, состояние',
  kept_for: 'удалится через {span} без использования', kept_no_longer: 'вот-вот удалится', kept_with_branch: 'хранится, пока есть её ветка',
  connect: 'Подключиться', connect_text: 'Пароль внутри. Не показывайте тем, кому эти данные не предназначены.', dsn: 'DSN', environment: 'Окружение',
  name_hint: 'Буквы, цифры и . _ - @. Подходит для строки подключения.',
  fork: 'Скопировать', fork_title: 'Копия: {name}', fork_text: 'Новый экземпляр с текущими данными. Этот продолжит работать.',
  snapshot: 'Снимок', snapshot_title: 'Снимок: {name}', snapshot_text: 'Текущие данные станут состоянием с именем. Экземпляр продолжит работать.', snapshot_done: 'Состояние сохранено как {ref}.',
  reset: 'Сбросить', reset_title: 'Сбросить {name}?', reset_text: 'Экземпляр станет свежей копией своего состояния. Изменения пропадут, DSN останется.',
  switch: 'Переключить', switch_title: 'Переключить {name}', switch_text: 'Экземпляр станет копией другого состояния. Изменения в нём пропадут, DSN останется.', switch_to: 'Состояние или его имя',
  keep: 'Хранить дольше', keep_title: 'Сколько хранить {name}', ttl: 'После последнего использования', ttl_hint: 'Подключения продлевают срок.', lease: 'В любом случае', lease_hint: 'С этого момента, даже без использования.', lease_unchanged: 'Как есть',
  rename_title: 'Переименовать {name}', drop: 'Удалить', drop_title: 'Удалить {name}?', drop_text: 'Данные пропадут, подключения закроются. Отменить это нельзя.',

  // Подготовки
  prepares_text: 'Что просили и как это строилось.', prepares_empty: 'Подготовок нет', prepares_empty_text: 'Здесь или командой `ramify db prepare psql -- -f schema.sql`.',
  prepare_new: 'Подготовить базу', prepare_new_text: 'Каждый файл SQL становится шагом. Построенные раньше шаги заново не строятся.', prepare_start: 'Подготовить', prepare_queued: 'В очереди', prepare_building: 'Строится', prepare_done: 'Готово', prepare_failed: 'Сбой', prepare_cancelled: 'Отменено',
  steps: { one: '{n} шаг', few: '{n} шага', many: '{n} шагов', other: '{n} шага' }, steps_built: 'построено: {n}', steps_title: 'Шаги', all_cached: 'строить ничего не пришлось',
  step_was_cached: 'Уже было готово.', step_built: 'Построено', step_building: 'Строится…', step_failed: 'Сбой. ', step_waiting: 'Ещё не построено', step_took: ' Построено за {span}.',
  reason_never_built: 'Раньше не строилось.', reason_arguments_changed: 'Изменились аргументы.', reason_parent_changed: 'Изменился один из прежних шагов.', reason_image_changed: 'Теперь другой PostgreSQL.', reason_evicted: 'Вытеснено из кэша.', reason_stdin_changed: 'Изменился стандартный ввод.',
  reason_input_changed: 'Изменился {file}.', reason_input_added: 'Добавлен {file}.', reason_input_removed: 'Убран {file}.',
  failure: 'Сбой', failure_step: 'шаг {n}', failure_line: 'строка {n}', failure_output: 'Конец вывода', output: 'Вывод', console_open: 'Открыть консоль',
  sources: 'Файлы', source_step: 'Шаг', source_input: 'Данные', source_role: 'Чем будет {path}', source_up: 'Раньше', source_down: 'Позже', source_remove: 'Убрать', source_too_large: '{path} больше 256 МБ. Используйте `ramify db prepare`.',
  sql_next: 'SQL последним шагом', sql_keep: 'Оставить шагом и писать следующий', files_add: 'Добавить файлы', files_drop: 'или перетащите их сюда. Данные — то, что шаги читают через \\i и \\copy.', files_sent: 'Отправлено файлов: {sent} из {of}',
  plan_show: 'Показать план', plan_of_prepare: 'План', plan_warnings: 'Что может выйти иначе', image_hint: 'На чём выполняются шаги.', image_newest: 'Самый новый на сервере', image_of_state: 'Его задаёт состояние ниже.', from: 'Начать с', from_hint: 'Состояние или его имя. Пусто: с пустого кластера.',
  instance_name: 'Имя экземпляра', instance_name_hint: 'Необязательно. Существующий переключится на результат.', deterministic: 'Воспроизводимо', deterministic_hint: 'Отказаться от того, что в другой раз может выйти иначе, например random().',
  cannot_hash: 'Этот браузер считает хеши только по HTTPS и на localhost. Откройте страницу так или используйте `ramify db prepare`.',

  // Состояния
  states_text: 'То, что получилось после шагов, каждое под тем, с которого начато. Любое выдаётся за миллисекунды.', states_empty: 'Состояний нет', states_empty_text: 'Их создаёт каждый шаг подготовки.', states_more: { one: 'Показать ещё {n}', few: 'Показать ещё {n}', many: 'Показать ещё {n}', other: 'Показать ещё {n}' },
  size: 'Размер', build_cost: 'Строилось', uses: 'Выдач', state_actions: 'Действия: состояние {id}', state_children: { one: 'Из него получено {n} состояние', few: 'Из него получено {n} состояния', many: 'Из него получено {n} состояний', other: 'Из него получено {n} состояния' }, state_hint: 'Имя или начало идентификатора состояния.', choice_end: 'Снять выделение',
  instance_make: 'Создать экземпляр', tag: 'Назвать или закрепить', tag_title: 'Имя для состояния {id}', untag: 'Забыть {name}', pin: 'Закрепить', pinned: 'закреплено', pin_hint: 'Закреплённое состояние не вытесняется.', ref_hint: 'Буквы, цифры и . _ - @, например shop@main.', ref_moves: 'Сейчас так называется {id}; теперь это имя получит данное состояние.', tags_hint: 'Через запятую.',
  compare_with: 'Сравнить', copy_id: 'Копировать идентификатор',
  remove_title: 'Удалить состояние {id}?', remove_text: { one: 'Удалится {n} состояние и освободится {size}. Его можно построить снова по шагам.', few: 'Удалятся {n} состояния и освободится {size}: это и всё, что из него получено.', many: 'Удалятся {n} состояний и освободится {size}: это и всё, что из него получено.', other: 'Удалится {n} состояния и освободится {size}: это и всё, что из него получено.' }, remove_list: 'Что удалится', remove_refs: 'Вместе с ним пропадут имена: {refs}.',
  remove_instances: { one: '{n} экземпляр — копия. Сначала удалите его.', few: '{n} экземпляра — копии. Сначала удалите их.', many: '{n} экземпляров — копии. Сначала удалите их.', other: '{n} экземпляра — копии. Сначала удалите их.' },

  // Консоль
  console: 'Консоль', console_empty: 'Ещё ничего не выполнялось', console_empty_text: 'Ctrl+Enter выполняет выделенное или всё. Каждый запуск — отдельный сеанс.', run: 'Выполнить', running: 'Выполняется…', rows_max: 'Строк', database: 'База', history: 'История', history_empty: 'Здесь, в этом браузере, останется то, что вы выполняли.', history_forget: 'Забыть всё',
  query_cancelled: 'Отменено. PostgreSQL попросили остановиться.', query_failed: 'сбой', notices: 'Сообщения', copy_csv: 'Копировать CSV',
  rows: { one: '{n} строка', few: '{n} строки', many: '{n} строк', other: '{n} строки' }, rows_cut: 'показаны первые {n}', rows_more: { one: 'Показать ещё {n} строку', few: 'Показать ещё {n} строки', many: 'Показать ещё {n} строк', other: 'Показать ещё {n} строки' },
  explain: 'План запроса', explain_one: 'Выделите один запрос: план строится только для одного.', explain_plain: 'Только план', explain_analyze: 'Выполнить и измерить', plan: 'План', plan_node: 'Узел', plan_cost: 'Стоимость', plan_rows: 'Ожидалось строк', plan_actual_rows: 'Строк', plan_ms: 'Время, мс', plan_share: 'Доля', plan_off: 'Строк в десять раз больше, чем ожидалось, или ещё больше.', plan_times: 'Планирование {planning} мс, выполнение {execution} мс.', plan_rolled_back: 'Изменения, если были, отменены.',

  // Запуски
  runs: 'Запуски', runs_text: 'Что выполняли на базах командой `ramify db run` и что вышло.', runs_empty: 'Запусков нет', runs_empty_text: 'Например, `ramify db run --from shop@main -- npm test`.', run_running: 'Идёт', run_done: 'Готово', run_failed: 'Сбой', run_timed_out: 'Вышло время', run_limited: 'Превышен предел', run_cancelled: 'Отменено', run_lost: 'Потеряно', run_exit: 'код выхода {code}', run_output_cut: '… остальное в скачанном файле',

  // Сравнение
  compare_with_state: 'Сравнить с его состоянием', diff_title: 'Что отличается', diff_text: 'Для этого запускаются обе базы, и их объекты сравниваются один за другим.', diff_do: 'Сравнить базы', diff_data: 'И строки', diff_added: 'добавлено', diff_removed: 'убрано', diff_modified: 'изменено',
  diff_objects: 'Объекты: добавлено {added}, убрано {removed}, изменено {modified}.', diff_objects_title: 'Объекты', diff_tables: { one: 'Сравнены строки {n} таблицы.', few: 'Сравнены строки {n} таблиц.', many: 'Сравнены строки {n} таблиц.', other: 'Сравнены строки {n} таблицы.' }, diff_rows: 'добавлено {added}, убрано {removed}, изменено {modified}', diff_rows_of: 'строк: {from} → {to}', diff_rows_more: { one: 'и ещё {n} строка', few: 'и ещё {n} строки', many: 'и ещё {n} строк', other: 'и ещё {n} строки' },
  diff_no_objects: 'Объекты одинаковы.', diff_no_rows: 'Строки одинаковы.', diff_truncated: 'Отличий больше, чем можно показать.',
  compare_text: 'Два состояния или экземпляра: какие шаги общие, какие есть только у одного и чем отличаются сами базы.', compare_choose: 'Выберите', compare_empty: 'Нужны два состояния', compare_common: { one: '{n} общий шаг', few: '{n} общих шага', many: '{n} общих шагов', other: '{n} общего шага' }, compare_left: 'Только слева', compare_right: 'Только справа', compare_none: 'Нет', compare_images: 'У них разные PostgreSQL: {left} и {right}.',

  // Кэш
  cache_text: 'Сколько занимают состояния и что они экономят.', budget: 'Диск', budget_used: '{bytes} из {max}', budget_free: 'Свободно на диске: {free}. Можно вытеснить сейчас: {reclaimable}.', cache_states: 'Состояний', cache_states_note: 'баз данных и пакетов', cache_hits: 'Найдено шагов', cache_misses: 'Построено шагов', cache_saved: 'Сэкономлено', cache_rate: '{percent} % от запрошенного', since_start: 'с запуска сервера', cache_evicted: 'Вытеснено', cache_evicted_last: 'последнее {time}', cache_evicted_never: 'пока ничего', backend: 'Как делаются копии',
};

export const use_words = words_of({ en, ru });
