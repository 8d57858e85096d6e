import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endFlow, startFlow } from '#console/auth/sign-on/flows.ts';
import { addFlow } from '#console/store/operators/sign-on-flows.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';

let world: ConsoleWorld;
beforeEach(async () => {
  world = await ConsoleWorld.start();
});
afterEach(() => world.stop());

const about = (address: string) => ({ providerSha256: 'p', sessionSha256: null, address });
const kept = async (): Promise<string[]> =>
  (await world.store.read.selectFrom('sign_on_flows').select('flow_sha256').orderBy('started_at').execute()).map(
    (row) => row.flow_sha256,
  );

describe('sign-ins under way', () => {
  it('G32: are fifty for an address, which keeps nobody else out, and are over after ten minutes', async () => {
    const first = await startFlow(world.side, about('10.0.0.7'));
    for (let count = 1; count < 50; count += 1) await startFlow(world.side, about('10.0.0.7'));
    await expect(startFlow(world.side, about('10.0.0.7'))).rejects.toMatchObject({ code: 'rate-limited' });
    await startFlow(world.side, about('10.0.0.8'));
    expect(await kept()).toHaveLength(51);
    world.nowMs += 10 * 60_000;
    await expect(endFlow(world.side, first.token, first.secrets.state)).rejects.toMatchObject({
      code: 'sign-on.flow-lost',
    });
    await startFlow(world.side, about('10.0.0.7'));
    expect(await kept()).toHaveLength(1);
  });

  it('G32: are so many in all; the oldest go first', async () => {
    const row = { secrets_sealed: '', provider_sha256: '', session_sha256: null, address: '10.0.0.7' };
    for (let number = 1; number <= 6; number += 1)
      await world.store.write((db) =>
        addFlow(
          db,
          { ...row, flow_sha256: `flow ${number}`, started_at: world.nowMs + number },
          { lifeMs: 60_000, keep: 3 },
        ),
      );
    expect(await kept()).toEqual(['flow 4', 'flow 5', 'flow 6']);
  });

  it('G20: keep what they are proved by sealed, and end for one state alone', async () => {
    const { token, secrets } = await startFlow(world.side, about('10.0.0.7'));
    const rows = JSON.stringify(await world.store.read.selectFrom('sign_on_flows').selectAll().execute());
    for (const secret of [token, ...Object.values(secrets)]) expect(rows).not.toContain(secret);
    for (const state of [undefined, '', secrets.nonce, secrets.state.slice(1)])
      await expect(endFlow(world.side, token, state)).rejects.toMatchObject({ code: 'sign-on.flow-lost' });
    expect((await endFlow(world.side, token, secrets.state)).secrets).toEqual(secrets);
    await expect(endFlow(world.side, token, secrets.state)).rejects.toMatchObject({ code: 'sign-on.flow-lost' });
  });
});
