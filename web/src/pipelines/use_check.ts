// What the server thinks of a definition while it is being written.
import { useEffect, useMemo, useState } from 'react';
import { pipelines_check, type PipelineGraph } from '../api';
import { as_error } from '../load';
import { faults_of, line_and_column, type DefinitionFault } from './faults';
import { read_json, type ReadJson } from './json_places';
import { use_words, type Word } from './words';

/** A definition is checked once nobody has typed for this long. */
const settle_ms = 250;

const json_words: Record<(ReadJson & { is_read: false })['fault'], Word> = {
  value: 'json_value', name: 'json_name', colon: 'json_colon', comma: 'json_comma', string: 'json_string', number: 'json_number', rest: 'json_rest', deep: 'json_deep', twice: 'json_twice',
};

interface Told { text: string; graph: PipelineGraph | null; faults: DefinitionFault[]; error: unknown }
export interface Checked {
  read: ReadJson;
  /** The last graph that there was; `is_old` when the text has moved on. */
  graph: PipelineGraph | null;
  is_old: boolean;
  faults: DefinitionFault[];
  /** It could not be checked, or what is wrong has no place in the text. */
  error: unknown;
}

/** The faults of a refusal; a refusal without any is an error. */
export function told_of(cause: unknown, text: string, read: ReadJson): Pick<Told, 'faults' | 'error'> {
  const error = as_error(cause);
  const faults = read.is_read ? faults_of(error, text, read.places) : [];
  return { faults, error: faults.length ? null : error };
}

export function use_check(text: string): Checked {
  const { w } = use_words();
  const read = useMemo(() => read_json(text), [text]);
  const [told, set_told] = useState<Told>({ text: '', graph: null, faults: [], error: null });
  useEffect(() => {
    if (!read.is_read) return;
    const stopper = new AbortController();
    const check = () => pipelines_check({ definition: read.value as Parameters<typeof pipelines_check>[0]['definition'] }, { signal: stopper.signal }).then(
      (graph) => set_told({ text, graph, faults: [], error: null }),
      (cause: unknown) => { if (!stopper.signal.aborted) set_told((old) => ({ text, graph: old.graph, ...told_of(cause, text, read) })); });
    const timer = setTimeout(() => void check(), settle_ms);
    return () => {
      clearTimeout(timer);
      stopper.abort();
    };
  }, [text, read]);
  if (!read.is_read) {
    const fault = { ...read.place, ...line_and_column(text, read.place.from), pointer: '', message: w(json_words[read.fault]) };
    return { read, graph: told.graph, is_old: true, faults: [fault], error: null };
  }
  const is_current = told.text === text;
  // What was found in an older text stays until the new one is checked, where it still can be.
  const faults = told.faults.filter((fault) => is_current || fault.to <= text.length);
  return { read, graph: told.graph, is_old: !is_current || faults.length > 0 || !!told.error, faults, error: is_current ? told.error : null };
}
