import { expect, test } from 'vitest';
import { readConfig } from '#console/config.ts';

const trusting = (text: string): string | null =>
  readConfig(undefined, { GARRISON_CONSOLE_DATA: '/var/lib/garrison-console', GARRISON_CONSOLE_TRUST_PROXY: text })
    .trustProxy;

test('G22: no proxy is believed unless its address or network is named', () => {
  expect(trusting('')).toBeNull();
  expect(trusting('10.0.0.7,10.1.0.0/16, fd00::/8')).toBe('10.0.0.7,10.1.0.0/16, fd00::/8');
});

test.each(['true', '1', 'loopback', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.7,', 'proxy.example'])(
  'G22: %j as a trusted proxy is refused at the start',
  (text) => {
    expect(() => trusting(text)).toThrow(expect.objectContaining({ code: 'console.bad-configuration' }));
  },
);
