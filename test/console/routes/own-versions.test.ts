import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { organisationRoutes } from '#console/api/organisations.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const trial = { kind: 'exact', version: '25.1.2.3' } as const;

let world: ConsoleWorld;
let bakery: string;
let foundry: string;
let admin: OperatorClient;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  bakery = await world.organisation('Bakery');
  foundry = await world.organisation('Foundry');
  admin = await operator('admin');
});
afterEach(() => world.stop());

async function operator(role: 'operator' | 'admin', organisations: string[] | null = null): Promise<OperatorClient> {
  const name = organisations === null ? role : 'limited';
  const row = await newOperatorRow({ name, password, role }, world.nowMs);
  const within = organisations === null ? null : JSON.stringify(organisations);
  await world.store.write((db) => addOperator(db, { ...row, organisations: within }));
  return OperatorClient.signedIn(world.operatorApp, name, password);
}

const choose = (client: OperatorClient, organisationId: string, versionPolicy: typeof trial | null) =>
  client.call(organisationRoutes.setVersionPolicy, { params: { organisationId }, body: { versionPolicy } });

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Problem ? `${error.status} ${error.code}` : String(error)),
  );
}

async function deviceOf(organisationId: string) {
  const device = simulatedDevice(world.app, await world.installKey(organisationId), { now: () => world.nowMs });
  await device.enrol();
  await device.checkIn();
  return device;
}

async function upload(version: string) {
  const fileName = `SentinelAgent_linux_x86_64_v${version.replaceAll('.', '_')}.deb`;
  return admin.call(packageRoutes.upload, {
    query: { target: 'linux-x64-deb', fileName },
    body: Buffer.concat([Buffer.from('!<arch>\ndebian-binary   '), Buffer.alloc(5000, version.length)]),
    headers: { 'content-type': 'application/octet-stream' },
  });
}

describe('the version of one organisation', () => {
  it('reaches its devices and no others, and goes back to what holds everywhere', async () => {
    const [tried, other] = [await deviceOf(bakery), await deviceOf(foundry)];
    expect(await choose(admin, bakery, trial)).toMatchObject({ name: 'Bakery', versionPolicy: trial });
    await admin.call(packageRoutes.setVersionPolicy, { body: { kind: 'latest-ga' } });
    for (const device of [tried, other]) await device.checkIn();
    expect(tried.assignment?.versionPolicy).toEqual(trial);
    expect(other.assignment?.versionPolicy).toEqual({ kind: 'latest-ga' });
    expect((await choose(admin, bakery, null)).versionPolicy).toBeNull();
    await tried.checkIn();
    expect(tried.assignment?.versionPolicy).toEqual({ kind: 'latest-ga' });
  });

  it('keeps its package here, and the list says for how many it is', async () => {
    const { packageId } = await upload('25.1.2.3');
    const row = async (client: OperatorClient) =>
      (await client.call(packageRoutes.list)).targets
        .flatMap(({ packages }) => packages)
        .find((one) => one.packageId === packageId);
    expect(await row(admin)).toMatchObject({ whyNot: 'other-version', chosenByOrganisations: 0 });
    for (const organisationId of [bakery, foundry]) await choose(admin, organisationId, trial);
    expect(await row(admin)).toMatchObject({ whyNot: 'other-version', chosenByOrganisations: 2 });
    expect(await refusal(admin.call(packageRoutes.remove, { params: { packageId } }))).toBe('409 request.conflict');
    for (const organisationId of [bakery, foundry]) await choose(admin, organisationId, null);
    await admin.call(packageRoutes.remove, { params: { packageId } });
    expect(await row(admin)).toBeUndefined();
  });

  it('G9: is counted, and set, within what the operator may see; and it is written down', async () => {
    const { packageId } = await upload('25.1.2.3');
    await choose(admin, foundry, trial);
    const limited = await operator('admin', [bakery]);
    const rows = (await limited.call(packageRoutes.list)).targets.flatMap(({ packages }) => packages);
    expect(rows.find((one) => one.packageId === packageId)).toMatchObject({ chosenByOrganisations: 0 });
    expect(await refusal(choose(limited, foundry, null))).toBe('404 not-found');
    expect(await refusal(choose(await operator('operator'), bakery, trial))).toBe('403 auth.forbidden');
    await choose(limited, bakery, trial);
    const audit = await world.store.read.selectFrom('audit').selectAll().where('subject', '=', bakery).execute();
    const written = audit.filter(({ action }) => action === 'organisation.version-policy');
    expect(written.map(({ detail }) => JSON.parse(detail ?? ''))).toEqual([trial]);
  });
});
