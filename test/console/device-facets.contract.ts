/** What a filter can be narrowed by further, whatever the database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

interface Shape {
  readonly state_kind: string | null;
  readonly cause: string | null;
  readonly agent_version: string;
  readonly product_version: string | null;
  readonly reporting?: number;
}

const failed = {
  state_kind: 'failed',
  cause: 'install.failed',
  product_version: null,
  agent_version: '0.9.0',
} as const;
const shapes: readonly Shape[] = [
  failed,
  { ...failed, agent_version: '0.10.0' },
  { ...failed, reporting: 0 },
  { ...failed, state_kind: 'waiting', cause: 'reboot' },
  { state_kind: 'protected', cause: null, agent_version: '0.10.0', product_version: '24.2.2.20' },
  { state_kind: 'paused', cause: 'watch', agent_version: '0.9.0', product_version: '24.1.4.257' },
];

export function deviceFacetsContract(name: string, open: () => Promise<Store>): void {
  describe(`what devices can be narrowed by, on ${name}`, () => {
    let world: ConsoleWorld;
    let bakery: string;
    let admin: OperatorClient;

    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      bakery = await world.organisation('Bakery');
      for (const [index, shape] of shapes.entries()) {
        const machine = { hostname: `d${index}` };
        const key = await world.installKey(bakery);
        const device = simulatedDevice(world.app, key, { now: () => world.nowMs, machine });
        await device.enrol();
        await world.store.write((db) =>
          db.updateTable('devices').set(shape).where('hostname', '=', machine.hostname).execute(),
        );
      }
    });
    afterEach(() => world.stop());

    const facets = (query: Record<string, string>, client = admin) => client.call(deviceRoutes.facets, { query });
    const names = async (query: Record<string, string>): Promise<string[]> =>
      (await admin.call(deviceRoutes.list, { query })).items.map((row) => row.hostname);

    it('counts causes of devices that need attention, and both versions, newest first', async () => {
      expect(await facets({})).toEqual({
        causes: [
          { cause: 'install.failed', devices: 2 },
          { cause: 'reboot', devices: 1 },
        ],
        agentVersions: [
          { version: '0.10.0', devices: 2 },
          { version: '0.9.0', devices: 4 },
        ],
        productVersions: [
          { version: '24.2.2.20', devices: 1 },
          { version: '24.1.4.257', devices: 1 },
          { version: 'none', devices: 4 },
        ],
      });
    });

    it('tells each list under the other parts of the filter, and lists exactly as many', async () => {
      const narrowed = await facets({ agentVersion: '0.10.0', productVersion: 'none' });
      expect(narrowed.causes).toEqual([{ cause: 'install.failed', devices: 1 }]);
      expect(narrowed.agentVersions.map(({ devices }) => devices)).toEqual([1, 3]);
      expect(narrowed.productVersions.map(({ devices }) => devices)).toEqual([1, 1]);
      expect(await names({ agentVersion: '0.10.0', productVersion: 'none' })).toEqual(['d1']);
      expect(await names({ productVersion: '24.2.2.20', sort: 'last-seen' })).toEqual(['d4']);
      expect((await facets({ state: 'waiting' })).causes).toEqual([{ cause: 'reboot', devices: 1 }]);
      const { counts, devices } = await admin.call(deviceRoutes.counts, { query: { agentVersion: '0.10.0' } });
      expect([counts.length, devices]).toEqual([2, 2]);
    });

    it('G9: counts within what the operator may see', async () => {
      const forge = await world.organisation('Forge');
      const row = await newOperatorRow({ name: 'otto', password, role: 'viewer' }, world.nowMs);
      await world.store.write((db) => addOperator(db, { ...row, organisations: JSON.stringify([forge]) }));
      const otto = await OperatorClient.signedIn(world.operatorApp, 'otto', password);
      const empty = { causes: [], agentVersions: [], productVersions: [] };
      expect(await facets({}, otto)).toEqual(empty);
      expect(await facets({ organisationId: bakery }, otto)).toEqual(empty);
    });
  });
}
