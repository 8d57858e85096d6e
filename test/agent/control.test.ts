import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { askDaemon } from '#agent/control/client.ts';
import type { Handlers } from '#agent/control/answer.ts';
import { serveControl, type ControlServer } from '#agent/control/server.ts';
import { socketName } from '#agent/places.ts';
import type { Directory } from '#platform/files.ts';

let folder = '';
let server: ControlServer | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-control-'));
  chmodSync(folder, 0o700);
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(folder, { recursive: true });
});

async function serve(handlers: Handlers): Promise<void> {
  const directory = {
    path: folder,
    remove: async (name: string) => rmSync(join(folder, name), { force: true }),
  } as unknown as Directory;
  server = await serveControl(directory, handlers);
}

describe('local control', () => {
  it('answers over a socket that is for its owner alone from its first moment', async () => {
    await serve({ 'GET /status': async () => ({ ok: true }) });
    expect(await askDaemon(folder, { method: 'GET', path: '/status' })).toEqual({ ok: true });
    expect(statSync(join(folder, socketName)).mode & 0o777).toBe(0o600);
  });

  it('replaces the socket of a dead predecessor', async () => {
    writeFileSync(join(folder, socketName), '');
    await serve({ 'GET /status': async () => ({}) });
    expect(await askDaemon(folder, { method: 'GET', path: '/status' })).toEqual({});
  });

  it('gives faults with their code, and hides nothing behind a success', async () => {
    await serve({
      'POST /enrol': async () => {
        throw new Fault('enrol.already', 'enrolled in Acme');
      },
    });
    await expect(askDaemon(folder, { method: 'POST', path: '/enrol', body: {} })).rejects.toMatchObject({
      code: 'enrol.already',
    });
    await expect(askDaemon(folder, { method: 'POST', path: '/other' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says that nobody is there', async () => {
    await expect(askDaemon(folder, { method: 'GET', path: '/status' })).rejects.toMatchObject({
      code: 'agent.not-running',
    });
  });

  it('refuses a body without end', async () => {
    await serve({ 'POST /enrol': async () => ({}) });
    await expect(
      askDaemon(folder, { method: 'POST', path: '/enrol', body: { enrolment: 'x'.repeat(50_000) } }),
    ).rejects.toMatchObject({
      code: 'request.too-large',
    });
  });

  it('survives bytes that are no HTTP', async () => {
    await serve({ 'GET /status': async () => ({ ok: true }) });
    await new Promise<void>((resolve) => {
      const socket = connect(join(folder, socketName), () => socket.end('\0\0\0 nonsense\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
    expect(await askDaemon(folder, { method: 'GET', path: '/status' })).toEqual({ ok: true });
  });
});
