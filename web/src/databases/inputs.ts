// A prepare made in the browser: files become steps, by the hash of their content; only what the server has not seen is sent.
import { ApiError, db_prepare_steps, put_blob, type DatabaseInput, type DatabaseStep, type Following, type Prepare, type PrepareRequest } from '../api';

/** A file of the form. One that is not a step can be read by all steps, with \i for instance. */
export interface Source { key: number; path: string; content: Blob; is_step: boolean }

/** What the server takes at once. */
export const source_bytes_max = 256 * 2 ** 20;
/** Contents on their way at the same time. */
const sending_max = 4;

const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

async function sha256_of(content: Blob): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', await content.arrayBuffer()));
}

/** Browsers hash on pages that nobody can have changed on the way, and on no others. */
export const can_hash = (): boolean => typeof crypto !== 'undefined' && !!crypto.subtle;

/** The arguments as the command line spells them, so that both find one another's states. */
export const arguments_of = (path: string): string[] => ['-X', '-v', 'ON_ERROR_STOP=1', '-f', path];

export interface ReadSources { steps: DatabaseStep[]; contents: Map<string, Blob> }

export async function read_sources(sources: Source[]): Promise<ReadSources> {
  const contents = new Map<string, Blob>();
  const inputs = new Map<Source, DatabaseInput>();
  for (const source of sources) {
    const sha256 = await sha256_of(source.content);
    contents.set(sha256, source.content);
    inputs.set(source, { path: source.path, sha256, bytes: source.content.size });
  }
  const shared = sources.filter((source) => !source.is_step).map((source) => inputs.get(source)!);
  const steps = sources.filter((source) => source.is_step).map((source) => ({ title: null, arguments: arguments_of(source.path), stdin: null, inputs: [inputs.get(source)!, ...shared].sort((left, right) => (left.path < right.path ? -1 : 1)) }));
  return { steps, contents };
}

/** The hashes that the server named because it has not their contents. */
export function missing_of(error: unknown): string[] {
  return error instanceof ApiError && error.status === 409 ? [...new Set(error.errors.map((fault) => fault.detail))].filter((detail) => /^[0-9a-f]{64}$/.test(detail)) : [];
}

/** Asks, sends what is missing, and asks again. */
export async function prepare(request: PrepareRequest, contents: Map<string, Blob>, on_sent: (sent: number, of: number) => void): Promise<Following<Prepare>> {
  try {
    return await db_prepare_steps(request);
  } catch (cause) {
    const missing = missing_of(cause);
    if (missing.length === 0 || missing.some((sha256) => !contents.has(sha256))) throw cause;
    let sent = 0;
    const waiting = [...missing];
    const send_some = async () => {
      for (let sha256 = waiting.pop(); sha256; sha256 = waiting.pop()) {
        await put_blob(sha256, contents.get(sha256)!);
        on_sent(++sent, missing.length);
      }
    };
    await Promise.all(Array.from({ length: sending_max }, send_some));
    return db_prepare_steps(request);
  }
}
