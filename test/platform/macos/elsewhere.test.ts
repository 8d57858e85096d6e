import { expect, it } from 'vitest';
import { macosPlatform } from '#platform/macos/index.ts';
import { faultFrom } from '#test/platform/fault.ts';

/** The real adapter where none of a Mac's programs is: it says so of each look, and never "nothing there". */
it('a machine without the programs of a Mac is not a Mac with nothing on it', async () => {
  const platform = macosPlatform({ selfCommand: { program: process.execPath, args: [] } });
  const inventory = await platform.inventory({
    services: [],
    paths: ['/etc', '/etc/pass*', '/nowhere'],
    launchDaemons: [],
  });
  for (const name of ['systemExtensions', 'launchDaemons', 'processes', 'receipts'] as const) {
    expect([name, inventory[name].status]).toEqual([name, 'failed']);
  }
  expect(inventory.bundleIds).toEqual({ status: 'ok', value: [] });
  expect(inventory.paths).toMatchObject({ status: 'ok' });
  expect((await platform.packageState('pkg', ['com.example'])).status).toBe('failed');
  expect((await platform.services(['com.example'])).status).toBe('failed');
  expect((await platform.pendingReboot()).status).toBe('failed');
  expect((await platform.approvals?.())?.status).toBe('failed');
  expect((await faultFrom(() => platform.machine())).code).toBe('system.unreadable');
  expect((await platform.freeBytes('/')).status).toBe('ok');
});
