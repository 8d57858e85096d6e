import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { createReadiness, freeBytesMin } from '#console/operation/readiness.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let world: ConsoleWorld;
beforeEach(async () => {
  world = await ConsoleWorld.start();
});
afterEach(() => world.stop());

describe('the health of a console', () => {
  it('is told to anybody, on both listeners, and nothing else with it', async () => {
    for (const app of [world.app, world.operatorApp]) {
      const answer = await app.inject({ method: 'GET', url: '/healthz' });
      expect([answer.statusCode, answer.body]).toEqual([200, '{"ok":true}']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('is told also while devices are turned away', async () => {
    const busy = await buildDeviceApp(world.side, { load: { inWorkMax: 0, heldMax: 0 } });
    expect((await busy.inject({ method: 'GET', url: '/agent/commands' })).statusCode).toBe(503);
    expect((await busy.inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(200);
    await busy.close();
  });

  it('is bad when the database refuses or keeps silent, and is asked one question at a time', async () => {
    let asked = 0;
    let answerNow = (): void => undefined;
    const silent = new Promise<never>((_resolve, reject) => {
      answerNow = () => reject(new Error('gone'));
    });
    const executor = {
      adapter: {},
      transformQuery: (node: unknown) => node,
      compileQuery: () => ({}),
      executeQuery: () => {
        asked += 1;
        return silent;
      },
    };
    const store = { ...world.store, read: { getExecutor: () => executor } };
    const readiness = createReadiness({
      store: store as unknown as typeof world.store,
      keys: world.side.keys,
      clock: world.side.clock,
      directory: world.directory,
    });
    const app = await buildDeviceApp({ ...world.side, readiness });
    const before = performance.now();
    const answers = await Promise.all([0, 1, 2].map(() => app.inject({ method: 'GET', url: '/healthz' })));
    expect(answers.map((one) => [one.statusCode, one.body])).toEqual(Array(3).fill([503, '{"ok":false}']));
    expect(performance.now() - before).toBeGreaterThan(1_900);
    expect(asked).toBe(1);
    answerNow();
    expect((await app.inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(503);
    await app.close();
  });
});

describe('whether a console should be sent requests', () => {
  const checks = { database: true, keySet: true, disk: true, staying: true };

  it('is told to anybody, by check, on both listeners', async () => {
    for (const app of [world.app, world.operatorApp]) {
      const answer = await app.inject({ method: 'GET', url: '/readyz' });
      expect([answer.statusCode, answer.json()]).toEqual([200, { ok: true, checks }]);
    }
    const busy = await buildDeviceApp(world.side, { load: { inWorkMax: 0, heldMax: 0 } });
    expect((await busy.inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(200);
    await busy.close();
  });

  it('is no when the key set has ended, the disk is full or unreadable, or the process leaves', async () => {
    const ask = async (free: number | Error) => {
      const { store, keys, clock } = world.side;
      const freeBytes = () => (free instanceof Error ? Promise.reject(free) : Promise.resolve(free));
      const readiness = createReadiness({ store, keys, clock, directory: world.directory, freeBytes });
      return readiness.look();
    };
    expect(await ask(freeBytesMin)).toEqual(checks);
    expect(await ask(freeBytesMin - 1)).toEqual({ ...checks, disk: false });
    expect(await ask(new Error('EIO'))).toEqual({ ...checks, disk: false });
    world.nowMs = Date.parse(world.side.keys.current().keySet.notAfter);
    expect(await ask(freeBytesMin)).toEqual({ ...checks, keySet: false });
    world.side.readiness.leave();
    const answer = await world.app.inject({ method: 'GET', url: '/readyz' });
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { ok: false, checks: { ...checks, keySet: false, staying: false } },
    ]);
    expect((await world.app.inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(200);
  });
});

describe('the OpenAPI document', () => {
  it('describes every route, for whoever is signed in', async () => {
    const nobody = await world.operatorApp.inject({ method: 'GET', url: '/api/openapi.json' });
    expect(nobody.statusCode).toBe(401);
    await world.administrator('ann', password);
    const { cookie } = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    const answer = await world.operatorApp.inject({ url: '/api/openapi.json', headers: { cookie } });
    const document = answer.json<{ openapi: string; paths: Record<string, Record<string, unknown>> }>();
    expect(document.openapi).toMatch(/^3\./);
    const rows: Route[] = Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes));
    for (const row of rows) {
      const path = document.paths[row.path.replaceAll(/:(\w+)/g, '{$1}')];
      expect([row.path, Object.keys(path ?? {})]).toEqual([
        row.path,
        expect.arrayContaining([row.method.toLowerCase()]),
      ]);
    }
    expect(Object.keys(document.paths)).not.toContain('/healthz');
  });
});
