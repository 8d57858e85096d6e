import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TOTP, URI } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionRoutes } from '#console/api/session.ts';
import { switchSecondFactor } from '#console/auth/switch-second-factor.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { findOperatorByName } from '#console/store/operators/operators.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

function authenticator(uri: string): TOTP {
  const read = URI.parse(uri);
  if (!(read instanceof TOTP)) throw new Error('not time-based');
  return read;
}

describe('the second factor (G22)', () => {
  let world: ConsoleWorld;
  beforeEach(async () => {
    world = await ConsoleWorld.start();
    await world.administrator('Ann', password);
  });
  afterEach(() => world.stop());

  const parts = () => ({ store: world.store, sealer: world.sealer, clock: world.side.clock });

  it('is asked for once it is on, ends open sessions, is sealed and recorded', async () => {
    const before = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    const factor = await switchSecondFactor(parts(), 'ann', true);
    const totp = authenticator(factor?.uri ?? '');
    expect([totp.issuer, totp.label, totp.secret.base32]).toEqual(['Garrison', 'Ann', factor?.secret]);
    expect(totp.secret.bytes).toHaveLength(20);
    expect(await before.call(sessionRoutes.read)).toEqual({ kind: 'signed-out', signOn: null });
    await expect(before.signIn('ann', password)).rejects.toThrow('code-required');
    const code = totp.generate({ timestamp: world.nowMs });
    await before.signIn('ann', password, code);
    await expect(before.signIn('ann', password, code)).rejects.toMatchObject({ code: 'auth.refused' });
    const row = await findOperatorByName(world.store.read, 'ann');
    expect(row?.totp_sealed).not.toBeNull();
    const audit = await world.store.read.selectFrom('audit').selectAll().execute();
    expect(audit.map((entry) => entry.action)).toContain('operator.second-factor-on');
    expect(JSON.stringify([row, audit])).not.toContain(factor?.secret);
    expect(await verifyAudit(world.store.read, world.sealer.subkey('audit'))).toBeNull();
  });

  it('is another one the next time, and the old one is worth nothing', async () => {
    const old = await switchSecondFactor(parts(), 'ann', true);
    const renewed = await switchSecondFactor(parts(), 'ann', true);
    expect(renewed?.secret).not.toBe(old?.secret);
    const client = new OperatorClient(world.operatorApp);
    const codeOf = (uri = ''): string => authenticator(uri).generate({ timestamp: world.nowMs });
    await expect(client.signIn('ann', password, codeOf(old?.uri))).rejects.toMatchObject({ code: 'auth.refused' });
    await client.signIn('ann', password, codeOf(renewed?.uri));
  });

  it('is asked for no more once it is off; nobody else is touched', async () => {
    await world.administrator('bob', password);
    await switchSecondFactor(parts(), 'ann', true);
    await OperatorClient.signedIn(world.operatorApp, 'bob', password);
    expect(await switchSecondFactor(parts(), 'ann', false)).toBeNull();
    await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    await expect(switchSecondFactor(parts(), 'nobody', true)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('garrison-console admin', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'garrison-admin-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function run(...words: string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], GARRISON_CONSOLE_DATA: join(directory, 'data') };
    const done = await promisify(execFile)(process.execPath, ['console/main.ts', ...words], { env });
    return done.stdout;
  }

  it('prints address and secret of the authenticator, and switches it off', { timeout: 60_000 }, async () => {
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, password);
    await run('init', '--public-url', 'http://127.0.0.1:8440');
    await run('admin', 'create', 'Ann', '--password-file', passwordFile);
    const said = await run('admin', 'second-factor', 'ann');
    const [uri = ''] = /otpauth:\S+/.exec(said) ?? [];
    expect(said).toContain(`Secret   ${authenticator(uri).secret.base32}`);
    expect(await run('admin', 'second-factor', 'ann', '--off')).toContain('without a code');
    await expect(run('admin', 'second-factor', 'nobody')).rejects.toThrow('there is no operator named nobody');
    expect(await run('status')).toContain('Audit log  unbroken');
  });
});
