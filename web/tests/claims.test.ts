import { expect, test } from 'vitest';
import { claims_of } from '../src/accounts/claims';

test('each line is a claim, whose value may have colons', () => {
  expect(claims_of(' repository: acme/shop \n\nsub:repo:acme/shop:*\nref')).toEqual([
    { name: 'repository', pattern: 'acme/shop' },
    { name: 'sub', pattern: 'repo:acme/shop:*' },
    { name: 'ref', pattern: '' },
  ]);
  expect(claims_of(' \n')).toEqual([]);
});
