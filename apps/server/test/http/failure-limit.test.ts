import { expect, it } from 'vitest';

import { FailureLimit } from '../../src/http/auth/failure-limit.ts';

function limitOfFullAddresses(...addresses: readonly string[]): FailureLimit {
  const limit = new FailureLimit({ now: () => 0, sleep: () => Promise.reject(new Error('not here')) });
  for (const address of addresses) for (let times = 0; times < 20; times += 1) limit.add(address);
  return limit;
}

it('counts whoever has an IPv6 network together, and nobody else', () => {
  const limit = limitOfFullAddresses('2001:db8:1:2:3:4:5:6', '::ffff:10.0.0.1');
  for (const address of ['2001:db8:1:2:ffff::1', '2001:db8:1:2::', '::ffff:10.0.0.1'])
    expect([address, limit.isReached(address)]).toEqual([address, true]);
  for (const address of ['2001:db8:1:3:3:4:5:6', '::ffff:10.0.0.2', '10.0.0.1'])
    expect([address, limit.isReached(address)]).toEqual([address, false]);
});

it('remembers a bounded number of addresses, and forgets the oldest', () => {
  const limit = limitOfFullAddresses('10.0.0.1', '10.0.0.2');
  for (let index = 0; index < 9999; index += 1) limit.add(`10.1.${index >> 8}.${index & 255}`);
  expect(limit.isReached('10.0.0.1')).toBe(false);
  expect(limit.isReached('10.0.0.2')).toBe(true);
});
