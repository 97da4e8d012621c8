import type { Text } from './index';

export const en = {
  // Everywhere
  home: 'Home', library: 'Library', databases: 'Databases', settings: 'Settings', jobs: 'Jobs', chat: 'Chat', chats: 'Chats', files: 'Files', versions: 'Versions', logs: 'Logs', preview: 'Preview', templates: 'Templates',
  loading: 'Loading', close: 'Close', cancel: 'Cancel', save: 'Save', create: 'Create', add: 'Add', edit: 'Edit', delete: 'Delete', rename: 'Rename', retry: 'Try again', done: 'Done', more: 'More', hide: 'Hide',
  copy: 'Copy', copied: 'Copied', download: 'Download', name: 'Name', note: 'Note', left: 'Left', right: 'Right', never: 'Never', you: 'You', end: 'End', default: 'Default', current: 'current', parent: 'parent',
  days: { one: '{n} day', other: '{n} days' },
  notes: 'Notifications', menu_user: 'Your menu', you_are_here: 'You are here', skip_to_content: 'Skip to content', go_home: 'Go to the home page',
  not_found: 'Nothing grows here', not_found_text: 'This address leads to nothing: it was deleted, or it belongs to somebody else.',
  page_broke: 'This part of the page broke.',
  error_unreachable: 'The server cannot be reached. Check that it runs and that you are online, then try again.',
  error_request: 'Request {id}',
  link_lost: 'The connection is lost. Trying again…',

  // Before a session
  sign_in: 'Sign in', sign_in_text: 'Use the e-mail address and password of your account.', sign_out: 'Sign out', email: 'E-mail', password: 'Password', your_name: 'Your name',
  password_hint: { one: 'At least {n} character.', other: 'At least {n} characters.' },
  setup: 'Set up Ramify', setup_text: 'Create the first account. It will own this server.', setup_token: 'Set-up token', setup_token_hint: 'The server printed it, as a link, when it started.', setup_finish: 'Create the account',

  // Home
  home_title: 'What should grow today?', home_text: 'Say it in a sentence. Ramify writes the app, runs it, and lets you branch from any message.',
  home_prompt: 'Describe the app', home_placeholder: 'A page that…',
  idea_1: 'A shopping list that remembers its items', idea_2: 'A pomodoro timer with a calm look', idea_3: 'A landing page for a small bakery',
  template_choose: 'Choose a template', templates_missing: 'This server offers no templates, so no app can be created.', app_create_empty: 'Create without a message',
  apps_recent: 'Recent apps', apps_empty: 'No apps yet', apps_empty_text: 'Describe one above, and it will be here.', app_actions: 'Actions for {name}', app_rename: 'Rename the app', app_delete: 'Delete the app?',
  app_delete_text: '“{name}” goes with its chat, its versions, its previews and its data. This cannot be undone.',
  chats_recent: 'Chats without an app', chats_empty: 'None yet. A chat without an app is for talking only.', chats_all: 'All chats', chat_new: 'New chat', chat_setting: 'Character, persona, lore', chat_untitled: 'Untitled chat',

  // Chat
  messages: 'Messages', message_yours: 'Your message', message_answer: 'Answer', message_new: 'New message', message_edit: 'Edit the message', image: 'Image', image_add: 'Add an image', image_remove: 'Leave out image',
  messages_count: { one: '{n} message', other: '{n} messages' },
  chat_empty: 'Nothing said yet', chat_empty_text: 'Ask for something, and watch the answer grow.',
  composer_chat: 'Write a message…', composer_first: 'What should it do?', composer_next: 'What should change?', send_enter: 'Send (Enter)', stop_esc: 'Stop (Esc)',
  to_end: 'Go to the newest message',
  go_to_message: 'Go to a message', go_to_number: 'Its number, from 1 to {count}', go: 'Go', message_of: '{row} of {count}',
  model: 'Model', model_choose: 'Choose a model', model_default: 'Default model', model_by_policy: 'As the policies say', models_manage: 'Models and policies…', answer_setting: 'How the model answers',
  generation_queued: 'Waiting for its turn…', generation_thinking: 'Thinking…', generation_failed: 'The answer could not be generated.', generation_aborted: 'Stopped by you. Nothing was changed.',
  writing: 'Writing', reasoning: 'Reasoning', reasoning_now: 'Reasoning…', edited: 'edited', unfinished: 'unfinished',
  tokens: { one: '{n} token', other: '{n} tokens' },
  not_applied: 'not applied', changes_refused: 'The changes were not applied',
  regenerate: 'Answer again', regenerate_here: 'Answer again here', answer_again_on_branch: 'Answer again on a new branch', branch_from_here: 'Branch from here', branches_from_here: 'Branches from this message',
  delete_from_here: 'Delete from here', delete_from_here_text: 'This message and everything after it on this branch go. The versions that they made stay in the list of versions.',
  save_only: 'Save only', save_and_answer: 'Save and answer again', ask_on_branch: 'Ask on a new branch',
  edit_early: 'Messages after this one stay as they are.', edit_early_branch: 'Other messages follow this one. A new branch keeps them as they are.',
  edit_in_place: 'Replace the text, keep no variant', prompt_next: 'What the model is sent (I)', prompt_of_answer: 'What another answer would be sent', run_of_answer: 'Steps of this answer', figures: 'Tokens, cost and time',
  diagram_alt: 'Diagram: {text}', diagram_text: 'Text of the diagram',
  variants: 'Variants', variant_previous: 'Previous variant', variant_next: 'Next variant',
  change_write: 'Write', change_search_replace: 'Edit', change_rename: 'Rename', change_delete: 'Delete', change_copy: 'Copy', change_add_dependency: 'Add packages', change_execute_sql: 'Run SQL', change_command: 'Command', change_other: 'Change',
  change_content: 'Content of the change', lines_changed: '{added} lines added, {removed} removed', show_diff: 'Show the difference', show_written: 'Show what was written',

  // Branches
  branches: 'Branches', branches_open: 'Branches: switch, rename, compare', branch_main: 'Main', branch_active: 'active', branch_empty: 'No messages yet', branch_open: 'Open this branch', branch_rename: 'Rename the branch',
  branch_actions: 'Actions for {title}', branch_delete: 'Delete the branch?', branch_delete_text: '“{title}” goes with its messages, its preview and its data. This cannot be undone.', branch_gone: 'That branch does not exist any more.',
  branch_left: 'Branch on the left', branch_right: 'Branch on the right',
  compare: 'Side by side', compare_with_this: 'Show side by side', compare_side: 'Which side', compare_shows: 'What is shown', compare_both: 'Preview and chat', compare_preview: 'Preview only', swap_sides: 'Swap the sides',
  compare_empty: 'Only one branch', compare_empty_text: 'Branch from any message of the chat, and compare the two here.',

  // App
  app_parts: 'Parts of the app', resize_panes: 'Width of the chat',
  preview_opening: 'Opening the preview…', preview_queued: 'Queued', preview_installing: 'Installing packages', preview_installing_text: 'The first time takes longer; after that it is a copy.', preview_starting: 'Starting', preview_ready: 'Running',
  preview_asleep: 'Asleep', preview_failed: 'Failed', preview_stopped: 'Stopped', preview_size: 'Width of the preview', size_phone: 'Phone', size_tablet: 'Tablet', size_desktop: 'Desktop',
  database_making: 'Database: coming', database_ready: 'Database', database_failed: 'Database: failed', database_unavailable: 'No database', database_open: 'Open the database of this branch',
  reload: 'Reload', restart: 'Restart', start: 'Start', sleep: 'Put to sleep', wake: 'Wake up', open_in_tab: 'Open in a new tab', ask_to_fix: 'Ask to fix it',
  fix_request: 'The preview shows this error. Please fix it:\n\n{error}',
  more_errors: { one: 'and {n} more error', other: 'and {n} more errors' },
  files_tree: 'Tree of files', files_empty: 'No files', file_choose: 'Choose a file', file_diff: 'Changes', file_unchanged: 'This version did not change the file', file_not_text: 'This file is not shown as text',
  file_new: 'New file', file_new_path: 'Path', file_new_hint: 'Such as src/menu.css. Folders are made as they are needed.', file_exists: 'There is such a file already.', file_absent: 'This version has no such file',
  file_saved: 'Saved as v{n}.', file_discard: 'Discard', file_discard_title: 'Discard the change?', file_discard_text: 'What you changed in {path} and did not save goes.', file_save_over: 'Save over it',
  file_behind: 'The branch has another text in this file since you began. Yours is compared with it here: take back what should not replace it, then save.', file_waits: 'An answer is being written. The file can be saved when it is done.',
  unsaved: 'not saved', read_only: 'read only', editor_keys: 'Tab indents. Escape, then Tab leaves the editor.',
  version: 'Version', version_current: 'Current version',
  versions_scope: 'Which versions', versions_branch: 'This branch', versions_all: 'All branches', versions_favorites: 'Favourites', versions_empty: 'No versions', versions_empty_text: 'Each applied change makes one.',
  files_changed: { one: '{n} file', other: '{n} files' },
  diff_of: 'v{n} · {title}', diff_against: 'Compared with', diff_nothing: 'nothing', diff_none: 'No differences.', diff_binary: 'A binary file: there is nothing to show.', diff_truncated: 'The difference is long: only its beginning is shown.',
  favorite: 'Make a favourite', unfavorite: 'No favourite any more', note_of: 'Note on v{n}', restore: 'Restore', restore_title: 'Restore v{n}?', restore_text: 'A new version with the same files is made on “{title}”. Nothing is lost.', restore_changes: 'What changes on the branch', author_model: 'by the model', author_you: 'by you', restored: 'v{n} is restored as v{made}.',
  log_source: 'Source of the lines', log_all: 'All', log_server: 'Server', log_install: 'Install', log_browser: 'Browser', log_proxy: 'Proxy', logs_empty: 'No lines yet', logs_empty_text: 'What the preview prints appears here as it runs.',

  // Jobs
  jobs_empty: 'No jobs', jobs_empty_text: 'Whatever takes long runs as a job and is listed here.', job_status: 'Status', job_queued: 'Queued', job_running: 'Running', job_done: 'Done', job_failed: 'Failed', job_cancelled: 'Cancelled', job_attempt: 'try {n} of {max}', job_progress: 'Progress',

  // Settings
  models: 'Models', policies: 'Policies',
  appearance: 'Appearance', theme: 'Theme', theme_system: 'System', theme_light: 'Light', theme_dark: 'Dark', theme_to_light: 'Light theme', theme_to_dark: 'Dark theme', language: 'Language', api_docs: 'API reference',
  tokens_title: 'API tokens', tokens_text: 'For scripts and the command line. A token can do what you can do.', token_new: 'New token', token_name_hint: 'What it is for.', token_made: 'Your new token', token_once: 'Copy it now: it is shown only this once.', token_delete: 'Delete the token?', token_delete_text: 'Whatever uses “{name}” stops working.', tokens_empty: 'No tokens', service_accounts: 'Service accounts',
  expires: 'Expires', created_at: 'created {time}', expires_at: 'expires {time}', expires_never: 'never expires', used_at: 'used {time}', used_never: 'never used',
  sessions: 'Sessions', sessions_text: 'Where you are signed in.', sessions_empty: 'No sessions', session_ended: 'The session is ended.', this_one: 'this one',

  // Keyboard
  shortcuts: 'Keyboard shortcuts', keys_send: 'Send the message', keys_line: 'New line', keys_stop: 'Stop the answer; close what is open', keys_focus: 'Go to the message box', keys_save: 'Save an edited message', search_chats: 'Search in all chats (Ctrl+K)', keys_search: 'Search in all chats', keys_variants: 'Previous or next variant of the last answer', keys_prompt: 'What the model is sent', keys_continue: 'Continue the last answer', keys_home: 'Home', keys_jobs: 'Jobs', keys_library: 'Library', keys_databases: 'Databases', keys_settings: 'Settings', keys_help: 'This list',
} satisfies Record<string, Text>;
