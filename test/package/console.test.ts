import { expect, test } from 'vitest';
import { consoleUnit } from '../../scripts/package/console-unit.ts';
import { readConfig } from '#console/config.ts';

const setting = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(consoleUnit())?.[1];

test('systemd waits longer for the console than the console for its drain', () => {
  const { noticeSeconds, limitSeconds } = readConfig(undefined, {}).drain;
  const seconds = Number(/^(\d+)s$/.exec(setting('TimeoutStopSec') ?? '')?.[1]);
  // Beyond its limits it answers held requests over five seconds and closes its database.
  expect(seconds).toBeGreaterThanOrEqual(noticeSeconds + limitSeconds + 10);
});

test('the unit gives the console no capability and one directory to write in', () => {
  expect(setting('CapabilityBoundingSet')).toBe('');
  expect(setting('AmbientCapabilities')).toBe('');
  expect(setting('ProtectSystem')).toBe('strict');
  expect(setting('StateDirectory')).toBe('garrison-console');
  expect(consoleUnit()).not.toMatch(/^ReadWritePaths=/m);
});
