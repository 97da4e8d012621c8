// SQL to write and run. Its own chunk.
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import type { ComponentProps } from 'react';
import CodeEditor from '../ui/code_editor';

const postgresql = sql({ dialect: PostgreSQL });

export default function SqlEditor(given: Omit<ComponentProps<typeof CodeEditor>, 'language_support'>) {
  return <CodeEditor language_support={postgresql} {...given} />;
}
