/** Whatever leaves the console as a file leaves a word in the audit log (G21). The files are found in the API's own document. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { activityRoutes } from '#console/api/activity.ts';
import { deviceExportRoutes } from '#console/api/device-export.ts';
import { archiveRoute, diagnosticsRoutes } from '#console/api/diagnostics.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { macosProfilePath } from '#console/api/macos.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

/** No files: hints to the page, and the document itself. */
const noFiles = new Set(['GET /api/stream', 'GET /api/openapi.json']);

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** Operations whose answer is no JSON, or is JSON that holds a file. */
function files(): string[] {
  const { paths } = operated.world.operatorApp.openApi() as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) => {
      const content = responses['200']?.content ?? {};
      const isFile = Object.keys(content).some((type) => type !== 'application/json');
      return isFile || JSON.stringify(content).includes('"csv"') ? [`${method.toUpperCase()} ${path}`] : [];
    }),
  );
  return found.filter((one) => !noFiles.has(one));
}

async function archived(): Promise<Record<'deviceId' | 'commandId', string>> {
  const device = await operated.device(await operated.organisation('Bakery'));
  const { deviceId } = device;
  const { commandId } = await operated.admin.call(diagnosticsRoutes.ask, { params: { deviceId } });
  device.record('command-received', { commandId, verb: 'diagnose' });
  await device.checkIn();
  expect((await device.sendDiagnostics(commandId, Buffer.from('an archive'))).status).toBe(200);
  return { deviceId, commandId };
}

const fetches: Readonly<Record<string, () => Promise<{ readonly statusCode: number }>>> = {
  'POST /api/activity/export': () => operated.admin.raw(activityRoutes.export, { body: {} }),
  'POST /api/device-export': () => operated.admin.raw(deviceExportRoutes.devices, { body: {} }),
  'POST /api/enrolment-keys/export': async () => {
    const organisationIds = [await operated.organisation('Foundry')];
    return operated.admin.raw(enrolmentKeyRoutes.export, { body: { organisationIds } });
  },
  'GET /api/devices/{deviceId}/diagnostics/{commandId}/archive': async () =>
    operated.admin.raw(archiveRoute, { params: await archived() }),
  [`GET ${macosProfilePath}`]: () =>
    operated.world.operatorApp.inject({ url: macosProfilePath, headers: { cookie: operated.admin.cookie } }),
};

const audited = async (): Promise<string[]> => {
  const rows = await operated.world.store.read
    .selectFrom('audit')
    .select(['actor', 'action'])
    .orderBy('number')
    .execute();
  return rows.map(({ actor, action }) => `${actor} ${action}`);
};

it('G21: every export and download is in the audit log, with who fetched it', async () => {
  const found = files();
  expect(found.toSorted()).toEqual(Object.keys(fetches).toSorted());
  for (const door of found) {
    const before = (await audited()).length;
    const answer = await fetches[door]?.();
    expect([door, answer?.statusCode]).toEqual([door, 200]);
    const told = (await audited()).slice(before).filter((one) => /^operator:ann \S+\.(exported|fetched)$/.test(one));
    expect([door, told.length]).toEqual([door, 1]);
  }
  expect(await verifyAudit(operated.world.store.read, operated.world.side.sealer.subkey('audit'))).toBeNull();
});

it('G21: nothing is handed out to somebody who may not have it, and nothing is noted', async () => {
  const before = (await audited()).length;
  expect((await operated.world.operatorApp.inject({ url: macosProfilePath })).statusCode).toBe(401);
  expect(await audited()).toHaveLength(before);
});
