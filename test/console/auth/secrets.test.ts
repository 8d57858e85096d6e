import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createAccessTokens } from '#console/auth/access-tokens.ts';
import { hashPassword, passwordFits } from '#console/auth/passwords.ts';
import { readConfig } from '#console/config.ts';
import { keyPairOf, makeOwnerKey } from '#console/owner-key.ts';
import { createSealer, ensureKeyFile, readKeyFile } from '#console/secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-secrets-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const place = { table: 'connections', row: 'con_1', field: 'token_sealed' };

describe('secrets at rest (G20)', () => {
  const sealer = createSealer(Buffer.alloc(32, 1));

  it('open in their own place with their own key only', () => {
    const sealed = sealer.seal(place, 'the token');
    expect(sealed).not.toContain('the token');
    expect(sealer.open(place, sealed)).toBe('the token');
    expect(() => sealer.open({ ...place, row: 'con_2' }, sealed)).toThrow('was altered');
    expect(() => createSealer(Buffer.alloc(32, 2)).open(place, sealed)).toThrow('another key file');
    expect(() => sealer.open(place, `${sealed.slice(0, -2)}AA`)).toThrow();
    expect(sealer.seal(place, 'the token')).not.toBe(sealed);
  });

  it('rest on a key file that only its owner may read, and is never made twice', () => {
    const path = join(directory, 'keys', 'console.key');
    ensureKeyFile(path);
    const first = readKeyFile(path);
    ensureKeyFile(path);
    expect(readKeyFile(path).equals(first)).toBe(true);
    expect([statSync(path).mode & 0o777, first.length]).toEqual([0o600, 32]);
    chmodSync(path, 0o640);
    expect(() => readKeyFile(path)).toThrow('mode 0600');
    expect(() => readKeyFile(join(directory, 'none'))).toThrow('run init first');
  });
});

describe('access tokens', () => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const session = { deviceId: 'dev_1', generation: 1, macKey: Buffer.alloc(32, 3), expiresAtMs: 1_000 };

  it('are of one instance, end in time, and cannot be changed', () => {
    const tokens = createAccessTokens(sealer, 'one');
    const token = tokens.issue(session);
    expect(tokens.open(token, 999)).toMatchObject({ deviceId: 'dev_1', generation: 1 });
    expect(() => tokens.open(token, 1_000)).toThrow('hour is over');
    expect(() => createAccessTokens(sealer, 'two').open(token, 1)).toThrow('not an access token');
    expect(() => tokens.open(`${token.slice(0, -3)}${token.endsWith('AAA') ? 'BAA' : 'AAA'}`, 1)).toThrow(
      'not an access token',
    );
  });

  it('take each counter once, within a window', () => {
    const tokens = createAccessTokens(sealer, 'one');
    const opened = tokens.open(tokens.issue(session), 1);
    const fresh = [1, 2, 2, 5, 3, 4, 4, 100, 37, 36, 36, 101].map((counter) => tokens.counterIsFresh(opened, counter));
    expect(fresh).toEqual([true, true, false, true, true, true, false, true, true, false, false, true]);
  });

  it('begin with a challenge of the last minute for this very device (G25)', () => {
    const tokens = createAccessTokens(sealer, 'one');
    const challenge = tokens.challenge('dev_1', 10_000);
    expect(tokens.challengeHolds(challenge, 'dev_1', 70_000)).toBe(true);
    expect(tokens.challengeHolds(challenge, 'dev_1', 70_001)).toBe(false);
    expect(tokens.challengeHolds(challenge, 'dev_1', 9_999)).toBe(false);
    expect(tokens.challengeHolds(challenge, 'dev_2', 10_000)).toBe(false);
    expect(tokens.challengeHolds(challenge.replace('10000', '60000'), 'dev_1', 70_000)).toBe(false);
    expect(tokens.challengeHolds('x', 'dev_1', 70_000)).toBe(false);
  });
});

describe('passwords', () => {
  it('fit however their letters are composed, and nobody has none', async () => {
    const stored = await hashPassword('Caf\u00e9 au lait 12');
    expect(stored).toMatch(/^argon2id\$/);
    expect(await passwordFits('Cafe\u0301 au lait 12', stored)).toBe(true);
    expect(await passwordFits('Cafe au lait 12', stored)).toBe(false);
    expect(await passwordFits('', null)).toBe(false);
    expect(await passwordFits('x', 'argon2id$$')).toBe(false);
  });
});

describe('the owner key', () => {
  it('is read whole or not at all, and never repeated in a complaint', () => {
    const { pair, text } = makeOwnerKey();
    expect(keyPairOf(text)).toEqual(pair);
    const other = makeOwnerKey().pair;
    const mixed = `garrison-owner-key.${other.publicKey}.${pair.privateKey}`;
    expect(() => keyPairOf(mixed)).toThrow('cut off or changed');
    expect(() => keyPairOf(text.slice(0, -1))).toThrow(expect.not.stringContaining(pair.privateKey.slice(0, 20)));
  });
});

describe('configuration', () => {
  it('names every mistake at once', () => {
    const path = join(directory, 'bad.json');
    writeFileSync(
      path,
      JSON.stringify({ devices: { host: 'x', port: 'y' }, operatorUrl: 'http://example.com', nonsense: 1 }),
    );
    expect(() => readConfig(path, {})).toThrow(/nonsense[\s\S]*operatorUrl[\s\S]*devices\.port/);
    writeFileSync(path, '{');
    expect(() => readConfig(path, {})).toThrow('cannot be read as JSON');
  });

  it('comes from the file, and variables win', () => {
    const path = join(directory, 'good.json');
    writeFileSync(path, JSON.stringify({ dataDirectory: '/srv/garrison', logLevel: 'warn' }));
    const environment = { GARRISON_CONSOLE_DEVICES: '[::1]:9000', GARRISON_CONSOLE_LOG_LEVEL: 'error' };
    const config = readConfig(path, environment);
    expect(config).toMatchObject({
      dataDirectory: '/srv/garrison',
      devices: { host: '::1', port: 9000 },
      logLevel: 'error',
    });
    expect(config.keyFile).toBe('/srv/garrison/keys/console.key');
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('prefers a key that the service manager hands over', () => {
    writeFileSync(join(directory, 'garrison-console-key'), Buffer.alloc(32));
    const config = readConfig(undefined, { CREDENTIALS_DIRECTORY: directory });
    expect(config.keyFile).toBe(join(directory, 'garrison-console-key'));
  });
});
