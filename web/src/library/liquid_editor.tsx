// Liquid to write. Its own chunk.
import type { ComponentProps } from 'react';
import CodeEditor from '../ui/code_editor';
import { liquid } from './liquid';

export default function LiquidEditor(given: Omit<ComponentProps<typeof CodeEditor>, 'language_support'>) {
  return <CodeEditor language_support={liquid} {...given} />;
}
