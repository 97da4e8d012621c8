// A state or ref to choose: those there are are offered, and any unique beginning of an id can be typed.
import { useId } from 'react';
import { db_refs } from '../api';
import { use_load } from '../load';
import { Field } from '../ui/kit';
import { use_words } from './words';

export function StateField({ label, value, on_change, hint }: { label: string; value: string; on_change: (value: string) => void; hint?: string }) {
  const { w } = use_words();
  const list = useId();
  const refs = use_load('refs', () => db_refs({ limit: 200 }));
  return (
    <>
      <Field label={label} value={value} list={list} maxLength={100} autoComplete="off" spellCheck={false} hint={hint ?? w('state_hint')} onChange={(event) => on_change(event.target.value)} />
      <datalist id={list}>{refs.value?.items.map((ref) => <option key={ref.name} value={ref.name} />)}</datalist>
    </>
  );
}
