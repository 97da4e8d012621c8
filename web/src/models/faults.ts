// Which field of a form an error of the API is about.
import type { ApiError } from '../api';
import { error_text } from '../i18n';

/** A name that is taken is a conflict without a pointer. */
const faults_in = (error: unknown): { pointer: string; detail: string }[] => {
  const { status, errors, message } = (error ?? {}) as Partial<ApiError>;
  return status === 409 && !errors?.length ? [{ pointer: '/name', detail: message ?? '' }] : (errors ?? []);
};

const is_about = (pointer: string, member: string) => pointer === `/${member}` || pointer.startsWith(`/${member}/`);

/** What the error says of a member of what was sent. */
export function fault_at(error: unknown, member: string): string | null {
  const found = faults_in(error).find(({ pointer }) => is_about(pointer, member));
  return found ? error_text(new Error(found.detail)) : null;
}

/** The error, unless all that it says stands at the fields of these members. */
export function fault_elsewhere(error: unknown, members: string[]): unknown {
  const faults = faults_in(error);
  return faults.length > 0 && faults.every(({ pointer }) => members.some((member) => is_about(pointer, member))) ? null : error;
}
