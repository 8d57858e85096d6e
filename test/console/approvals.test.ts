import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readApprovals } from '#protocol/approval.ts';
import { generateSigningKey, sha256Hex } from '#protocol/crypto.ts';
import { addApproval } from '#console/fleet/assignment/approvals.ts';
import { loadKeys } from '#console/keys.ts';
import { ConsoleWorld, siteKey } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';

let world: ConsoleWorld;
beforeEach(async () => {
  world = await ConsoleWorld.start();
});
afterEach(() => world.stop());

describe('G2 approvals of the owner key', () => {
  it('reach the device with its next assignment, for the package and the site it names', async () => {
    const organisationId = await world.organisation('Bakery');
    const sha256 = await world.package('a package');
    await world.mapped(organisationId);
    const device = simulatedDevice(world.app, await world.installKey(organisationId), { now: () => world.nowMs });
    await device.enrol();
    await device.checkIn();
    expect(device.assignment?.approvals).toEqual([]);
    await approve('package', sha256);
    await approve('site-key', sha256Hex(siteKey));
    await approve('package', 'ee'.repeat(32));
    await world.sweep();
    await device.checkIn();
    const expected = { ownerKey: world.owner.publicKey, consoleId: 'con_test' };
    expect(readApprovals(device.assignment?.approvals ?? [], expected)).toMatchObject({
      packages: [{ sha256 }],
      siteKeys: [{ sha256: sha256Hex(siteKey) }],
    });
  });

  it('are refused to any other key', async () => {
    await expect(approve('package', 'ee'.repeat(32), generateSigningKey())).rejects.toMatchObject({
      code: 'auth.refused',
    });
  });
});

function approve(subject: 'package' | 'site-key', sha256: string, owner = world.owner): Promise<void> {
  return world.store.write(async (db) => {
    const keys = await loadKeys(db, world.sealer);
    await addApproval(db, { keys, owner, subject, sha256, nowMs: world.nowMs });
  });
}
