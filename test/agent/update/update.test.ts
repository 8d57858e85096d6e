/** Updates of the agent on an in-memory device: good ones, and every bad one there is. */
import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '#protocol/crypto.ts';
import { artifact } from '#test/worlds/release/release.ts';
import { HostedDevice } from '#test/worlds/host/hosted.ts';
import { first, second, UpdatingDevice, type Nature } from '#test/worlds/host/updating.ts';

const hourMs = 3_600_000;

/** Runs until the console has heard how it ended. */
async function ended(device: UpdatingDevice, forMs = hourMs): Promise<void> {
  await device.host.time.run(forMs, () => device.outcome() !== null);
}

/** How long the device was without the version that works. */
function awayMs(device: UpdatingDevice): number {
  const from = device.started.find(({ version }) => version === second)?.atMs ?? 0;
  const to = device.started.findLast(({ version }) => version === first)?.atMs ?? Infinity;
  return to - from;
}

const worlds = [
  ['systemd', UpdatingDevice],
  ['the service host of Windows', HostedDevice],
] as const;

describe.each(worlds)('under %s', (_, World) => {
  async function enrolled(natures: Record<string, Nature> = {}): Promise<UpdatingDevice> {
    const device = new World();
    for (const [version, nature] of Object.entries(natures)) device.natures.set(version, nature);
    device.start();
    await device.host.time.run(120_000, () => device.running?.agent.current.heardAtMs != null);
    return device;
  }

  describe('an update of the agent', () => {
    it('runs the new version once that has spoken with the console, and keeps the one before', async () => {
      const device = await enrolled();
      device.order();
      await ended(device);
      expect(device.outcome()).toEqual({ result: 'done', code: null });
      expect(device.running?.agent.version).toBe(second);
      expect([...device.tree.programs.keys()]).toEqual([first, second]);
      expect([...device.tree.notes]).toEqual([]);
      expect(device.started.map(({ version }) => version)).toEqual([first, second]);
      expect(device.violations()).toEqual([]);
    });

    it('says in its first words that it was updated', async () => {
      const device = await enrolled();
      device.order();
      await ended(device);
      const starts = device.console.events().filter(({ kind }) => kind === 'agent-started');
      expect(starts.at(-1)?.data).toMatchObject({ version: second, reason: 'update' });
    });

    it('of two in a row keeps two versions and no download', async () => {
      const device = await enrolled();
      device.order();
      await ended(device);
      device.order({ version: '3.0.0' });
      await device.host.time.run(hourMs, () => device.updates().filter(({ result }) => result === 'done').length === 2);
      expect([...device.tree.programs.keys()]).toEqual([second, '3.0.0']);
      expect(device.stored().filter(({ path }) => /update\/[0-9a-f]{64}/.test(path))).toEqual([]);
    });

    it('waits for a console that is away, as long as the order holds', async () => {
      const device = await enrolled();
      device.console.releases.clear();
      device.order();
      const offered = new Map(device.console.releases);
      device.console.releases.clear();
      await device.host.time.run(600_000);
      expect(device.outcome()).toBeNull();
      device.console.releases = offered;
      await ended(device);
      expect(device.outcome()?.result).toBe('done');
    });
  });

  describe('a bad update: the version before is back within 90 seconds and has said why', () => {
    it.each<[Nature, string, string]>([
      ['unstartable', 'refused', 'update.does-not-start'],
      ['crashing', 'returned', 'update.crashed'],
      ['silent', 'returned', 'update.silent'],
      ['filling', 'returned', 'update.silent'],
    ])('%s', async (nature, result, code) => {
      const device = await enrolled({ [second]: nature });
      device.order();
      await ended(device);
      expect(device.outcome()).toEqual({ result, code });
      expect(device.running?.agent.version).toBe(first);
      expect([...device.tree.programs.keys()]).toEqual([first]);
      expect([...device.tree.notes]).toEqual([]);
      if (result === 'returned') expect(awayMs(device)).toBeLessThanOrEqual(90_000);
      expect(device.violations()).toEqual([]);
    });

    it('signed by somebody else', async () => {
      const device = await enrolled();
      device.order({}, generateSigningKey());
      await ended(device);
      expect(device.outcome()).toEqual({ result: 'refused', code: 'release.untrusted' });
      expect(device.started.map(({ version }) => version)).toEqual([first]);
    });
  });

  describe('G15', () => {
    it('a release is for one product, target, version, digest and time', async () => {
      const program = Buffer.from('another program');
      const cases: [string, Parameters<UpdatingDevice['order']>][] = [
        ['update.no-program', [{ artifacts: [artifact('linux-arm64', 'binary', 'a', program)] }]],
        ['update.no-program', [{ artifacts: [artifact(new World().target, 'msi', 'a', program)] }]],
        ['release.expired', [{ expiresAt: '2026-01-01T00:00:00.000Z' }]],
        ['release.untrusted', [{}, undefined, { version: '2.0.1' }]],
      ];
      for (const [code, order] of cases) {
        const device = await enrolled();
        device.order(...order);
        await ended(device);
        expect(device.outcome()).toEqual({ result: 'refused', code });
        expect(device.started).toHaveLength(1);
      }
    });

    it('a program that is not the one signed is refused before anything could start it', async () => {
      const device = await enrolled();
      device.order();
      for (const [path, bytes] of device.console.releases)
        if (bytes.toString().startsWith('the program'))
          device.console.releases.set(path, Buffer.from('the proGram of 2.0.0'));
      await device.host.time.run(hourMs);
      expect([...device.tree.programs.keys()]).toEqual([first]);
      expect(device.started).toHaveLength(1);
    });

    it('without a release key in the build, updates are off', async () => {
      const device = new World();
      device.releaseKeys = [];
      device.start();
      await device.host.time.run(120_000, () => device.running?.agent.current.heardAtMs != null);
      device.order();
      await device.host.time.run(60_000);
      const executed = device.console.events().find(({ kind }) => kind === 'command-executed');
      expect(executed?.data).toMatchObject({ result: 'refused', fault: { code: 'release.no-key' } });
      expect(device.tree.programs.size).toBe(1);
    });

    it('goes back to no older version, also not for a console that asks; only a release that says so may, and both must want it', async () => {
      const device = await enrolled();
      device.order();
      await ended(device);
      const downgrades: [Parameters<UpdatingDevice['order']>, string][] = [
        [[{ version: '1.5.0' }], 'update.older'],
        [[{ version: '1.5.0' }, undefined, { downgrade: true }], 'update.older'],
        [[{ version: '1.5.0', replaces: [second] }], 'update.older'],
      ];
      for (const [order, code] of downgrades) {
        const before = device.updates().length;
        device.order(...order);
        await device.host.time.run(hourMs, () => device.updates().length > before);
        expect(device.updates().at(-1)).toMatchObject({ result: 'refused', code });
      }
      device.order({ version: '1.5.0', replaces: [second] }, undefined, { downgrade: true });
      await device.host.time.run(hourMs, () => device.running?.agent.version === '1.5.0');
      await device.host.time.run(hourMs, () => device.updates().at(-1)?.result === 'done');
      expect(device.updates().at(-1)).toMatchObject({ result: 'done', version: '1.5.0' });
      expect(
        device
          .stored()
          .find(({ path }) => path.endsWith('update/floor'))
          ?.text.trim(),
      ).toBe('1.5.0');
    });

    it('a version without a round trip is to blame only when the one before it has one', async () => {
      const device = await enrolled({ [second]: 'silent' });
      device.order();
      await device.host.time.run(hourMs, () => device.started.some(({ version }) => version === second));
      device.console.down = true;
      await device.host.time.run(hourMs);
      expect(device.running?.agent.version).toBe(first);
      device.console.down = false;
      await ended(device);
      expect(device.outcome()).toEqual({ result: 'inconclusive', code: 'update.silent' });
      // Nothing is held against it: it may be tried again in the same boot.
      device.natures.set(second, 'good');
      device.order();
      await device.host.time.run(hourMs, () => device.updates().at(-1)?.result === 'done');
      expect(device.running?.agent.version).toBe(second);
    });

    it('a program is put away for good only after it has failed in two boots', async () => {
      const device = await enrolled({ [second]: 'silent' });
      const tryIt = async (): Promise<unknown> => {
        const before = device.updates().filter(({ result }) => result !== 'switching').length;
        device.order();
        await device.host.time.run(
          hourMs,
          () => device.updates().filter(({ result }) => result !== 'switching').length > before,
        );
        return device.updates().at(-1);
      };
      const restart = async (): Promise<void> => {
        device.host.restart();
        await device.host.time.run(hourMs, () => device.running?.agent.current.heardAtMs != null);
      };
      expect(await tryIt()).toMatchObject({ result: 'returned', code: 'update.silent' });
      expect(await tryIt()).toMatchObject({ result: 'refused', code: 'update.failed-here' });
      await restart();
      expect(await tryIt()).toMatchObject({ result: 'returned', code: 'update.silent' });
      await restart();
      expect(await tryIt()).toMatchObject({ result: 'refused', code: 'update.quarantined' });
      expect(device.running?.agent.version).toBe(first);
    });
  });
});

it('G15: a downgrade that was allowed holds on Windows also against the newer package it went back behind, until another comes', async () => {
  const device = new HostedDevice();
  device.start();
  await device.host.time.run(120_000, () => device.running?.agent.current.heardAtMs != null);
  device.order({ version: '0.9.0', replaces: [first] }, undefined, { downgrade: true });
  await ended(device);
  expect(device.outcome()).toEqual({ result: 'done', code: null });
  device.host.restart();
  await device.host.time.run(hourMs, () => device.running?.agent.current.heardAtMs != null);
  expect(device.running?.agent.version).toBe('0.9.0');
  device.tree.programs.set('1.1.0', 'brought by the MSI');
  device.packaged = '1.1.0';
  device.host.restart();
  await device.host.time.run(hourMs, () => device.running?.agent.version === '1.1.0');
  expect([device.tree.current, device.seen]).toEqual(['1.1.0', '1.1.0']);
  expect(device.violations()).toEqual([]);
});
