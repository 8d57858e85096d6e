import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import type { Handlers } from '#agent/control/answer.ts';
import { askSpool, openName, serveSpool } from '#agent/control/spool.ts';
import type { ControlServer } from '#agent/control/server.ts';
import { spoolName } from '#agent/places.ts';
import type { Directory } from '#platform/files.ts';
import type { Clock } from '#platform/platform.ts';
import { linuxWorld, type LinuxWorld } from '#test/platform/linux/world.ts';

let world: LinuxWorld;
let runtime: Directory;
let server: ControlServer | null = null;

beforeEach(async () => {
  world = await linuxWorld();
  runtime = await world.platform.files.openPrivateDirectory(world.stateRoot);
});
afterEach(async () => {
  await server?.close();
  server = null;
  await world.cleanup();
});

/** A clock on which waiting takes no time to speak of, and counts in full. */
function hastyClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    async sleep(ms) {
      nowMs += ms;
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
}

const serve = async (handlers: Handlers): Promise<void> => {
  server = await serveSpool(runtime, handlers, hastyClock());
};
const spool = (): Promise<Directory> => runtime.directory(spoolName);
const ask = async (path: string, method: 'GET' | 'POST' = 'GET', body?: unknown): Promise<unknown> =>
  askSpool(await spool(), { method, path, ...(body === undefined ? {} : { body }) }, hastyClock());

describe('G10 local control by a spool directory', () => {
  it('answers, many at once, and leaves nothing lying', async () => {
    await serve({ 'GET /status': async () => ({ ok: true }), 'POST /enrol': async (body) => ({ body }) });
    const answers = await Promise.all([ask('/status'), ask('/status'), ask('/enrol', 'POST', { enrolment: 'x' })]);
    expect(answers).toEqual([{ ok: true }, { ok: true }, { body: { enrolment: 'x' } }]);
    expect(await (await spool()).list()).toEqual([openName]);
  });

  it('does not keep one waiting for another', async () => {
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    await serve({ 'GET /plan': async () => (await slow, {}), 'POST /retry': async () => ({ result: 'now' }) });
    const plan = ask('/plan');
    expect(await ask('/retry', 'POST')).toEqual({ result: 'now' });
    finish();
    expect(await plan).toEqual({});
  });

  it('gives faults with their code', async () => {
    await serve({
      'POST /enrol': async () => {
        throw new Fault('enrol.already', 'enrolled in Acme');
      },
    });
    await expect(ask('/enrol', 'POST', {})).rejects.toMatchObject({ code: 'enrol.already' });
    await expect(ask('/other')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ask('/enrol', 'POST', 'x'.repeat(50_000))).rejects.toMatchObject({ code: 'request.too-large' });
  });

  it('clears what the dead have left, and takes nothing that was asked of them', async () => {
    const asked: string[] = [];
    const left = await spool();
    const question = { method: 'POST', path: '/unenrol', body: null };
    await left.create(`${'0'.repeat(24)}.question`, Buffer.from(JSON.stringify(question)));
    await serve({ 'POST /unenrol': async () => (asked.push('unenrol'), {}), 'GET /status': async () => ({}) });
    expect(await ask('/status')).toEqual({});
    expect(asked).toEqual([]);
    expect(await (await spool()).list()).toEqual([openName]);
  });

  it('says that nobody is there, and withdraws the question for good', async () => {
    const asked: string[] = [];
    await expect(ask('/retry', 'POST')).rejects.toMatchObject({ code: 'agent.not-running' });
    await serve({ 'POST /retry': async () => (asked.push('retry'), {}) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
  });

  it('is not disturbed by what is no question', async () => {
    await serve({ 'GET /status': async () => ({ ok: true }) });
    const directory = await spool();
    await directory.create(`${'a'.repeat(24)}.question`, Buffer.from('{'));
    await directory.create(`${'b'.repeat(24)}.question`, Buffer.alloc(100_000));
    await directory.create('other', Buffer.from('x'));
    await directory.directory(`${'c'.repeat(24)}.question`);
    expect(await ask('/status')).toEqual({ ok: true });
    const answer = await directory.read(`${'a'.repeat(24)}.answer`, 10_000);
    expect(Buffer.from(answer ?? []).toString('utf8')).toContain('request.invalid');
  });

  it('holds no question longer than it takes to read it', async () => {
    let seen: readonly string[] = [];
    await serve({
      'POST /enrol': async () => {
        seen = await (await spool()).list();
        return {};
      },
    });
    await ask('/enrol', 'POST', { enrolment: 'secret' });
    expect(seen.some((name) => name.endsWith('.question'))).toBe(false);
  });
});
