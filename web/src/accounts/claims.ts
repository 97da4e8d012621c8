// Claims of a trust rule as people write them: a line for each, "repository: acme/shop".
import type { TrustedClaim } from '../api';

export function claims_of(text: string): TrustedClaim[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? { name: line, pattern: '' } : { name: line.slice(0, colon).trim(), pattern: line.slice(colon + 1).trim() };
  });
}
