import { describe, expect, it } from 'vitest';
import { parseEngineAddress } from '../engine/engine-address.ts';

describe('parseEngineAddress', () => {
  it('reads a socket', () => {
    expect(parseEngineAddress('unix:///run/my.sock', {})).toEqual({
      tls: false,
      options: { socketPath: '/run/my.sock' },
    });
  });

  it.each([
    ['tcp://engine', { host: 'engine', port: 2375 }],
    ['tcp://10.0.0.2:1234', { host: '10.0.0.2', port: '1234' }],
    ['http://[::1]:2375', { host: '::1', port: '2375' }],
  ])('reads %s', (address, options) => {
    expect(parseEngineAddress(address, {})).toEqual({ tls: false, options });
  });

  it('uses TLS where DOCKER_TLS_VERIFY says so', () => {
    expect(parseEngineAddress('tcp://engine', { DOCKER_TLS_VERIFY: '1' })).toEqual({
      tls: true,
      options: { host: 'engine', port: 2376 },
    });
  });

  it('names an address that it cannot use', () => {
    expect(() => parseEngineAddress('ssh://me@engine', {})).toThrow('"ssh://me@engine"');
  });
});
