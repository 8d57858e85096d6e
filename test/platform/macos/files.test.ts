import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultPlaces } from '#agent/places.ts';
import { systemFiles } from '#platform/macos/mac.ts';
import { walkPath } from '#platform/macos/trusted-path.ts';
import { macosFilesWorld, type MacosFilesWorld } from '#test/platform/macos/world.ts';
import { posixFilesContract } from '#test/platform/posix/files.contract.ts';

posixFilesContract('the macOS adapter', { swapped: 'refused' }, macosFilesWorld);

describe('G29 who could have written', () => {
  let world: MacosFilesWorld;
  const at = (...names: string[]): string => join(world.root, ...names);
  const rules = (groups: readonly number[]) => ({ owners: [process.getuid?.() ?? 0], groups, trustedRoot: world.root });
  const distrust = async (path: string, groups: readonly number[] = []): Promise<string | null> => {
    const walked = await walkPath(path, rules(groups));
    return walked.status === 'found' ? walked.distrust : walked.status;
  };

  beforeEach(async () => {
    world = await macosFilesWorld();
    mkdirSync(at('folder', 'app'), { recursive: true });
    writeFileSync(at('folder', 'app', 'file'), 'content');
  });
  afterEach(() => world.cleanup());

  it('is the owner alone, and a group only where it is named', async () => {
    const group = process.getgid?.() ?? 0;
    expect(await distrust(at('folder', 'app', 'file'))).toBeNull();
    chmodSync(at('folder'), 0o775);
    expect(await distrust(at('folder', 'app', 'file'))).toContain('can be written by others');
    expect(await distrust(at('folder', 'app', 'file'), [group])).toBeNull();
    expect(await distrust(at('folder', 'app', 'file'), [group + 1])).toContain(`group ${group}`);
    chmodSync(at('folder'), 0o757);
    expect(await distrust(at('folder', 'app', 'file'), [group])).toContain('can be written by others');
  });

  it('goes through links that only the owner can have made, and no others', async () => {
    symlinkSync('folder', at('link'));
    expect(await distrust(at('link', 'app', 'file'))).toBeNull();
    expect(await distrust(`${at('link')}/../x`)).toBe('refused');
    symlinkSync('loop', at('loop'));
    expect(await distrust(at('loop'))).toBe('refused');
    chmodSync(at('folder'), 0o777);
    symlinkSync('app', at('folder', 'planted'));
    expect(await distrust(at('folder', 'planted', 'file'))).toBe('refused');
    expect(await distrust(at('folder', 'not', 'there'))).toBe('absent');
    expect(await distrust(at('folder', 'app', 'file', 'below'))).toBe('absent');
  });

  it('a log whose folder became a link to elsewhere is not read', async () => {
    mkdirSync(at('folder', 'logs'));
    writeFileSync(at('folder', 'logs', 'log'), 'ours');
    mkdirSync(at('secret'));
    writeFileSync(at('secret', 'log'), 'secret');
    const read = () => world.files.readForeign(at('folder', 'logs', 'log'), { newerThanMs: 0, bytesMax: 100 });
    expect(new TextDecoder().decode((await read()) ?? undefined)).toBe('ours');
    chmodSync(at('folder'), 0o777);
    await expect(read()).rejects.toMatchObject({ code: 'log.untrusted' });
    renameSync(at('folder', 'logs'), at('folder', 'old'));
    symlinkSync(at('secret'), at('folder', 'logs'));
    await expect(read()).rejects.toMatchObject({ code: 'log.untrusted' });
  });

  it('a log is never another one, however often it and its folder are swapped while it is read', async () => {
    for (const name of ['logs', 'secret']) {
      mkdirSync(at(name));
      writeFileSync(at(name, 'log'), name);
    }
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o777);
    let swaps = 0;
    const swapping = setInterval(() => {
      swaps += 1;
      for (const name of ['here', 'log']) rmSync(at('open', name), { recursive: true, force: true });
      if (swaps % 2 === 0) {
        symlinkSync(at('secret'), at('open', 'here'));
        symlinkSync(at('secret', 'log'), at('open', 'log'));
      } else {
        cpSync(at('logs'), at('open', 'here'), { recursive: true });
        writeFileSync(at('open', 'log'), 'logs');
      }
    }, 0);
    const seen = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      for (const path of [at('open', 'log'), at('open', 'here', 'log')]) {
        const read = world.files.readForeign(path, { newerThanMs: 0, bytesMax: 100 });
        seen.add(await read.then((bytes) => (bytes === null ? 'absent' : new TextDecoder().decode(bytes)), String));
      }
    }
    clearInterval(swapping);
    expect(swaps).toBeGreaterThan(10);
    expect(seen).toContain('logs');
    expect(seen).not.toContain('secret');
  });

  it('on a Mac is root alone: every place of ours lies in one folder of /Library, none where a group may write', () => {
    const places = Object.values(defaultPlaces('macos'));
    expect(places).toHaveLength(3);
    for (const place of places) expect(place).toMatch(/^\/Library\/Garrison\/[A-Za-z.]+$/);
  });

  it('is told of what stands anywhere, without opening it', async () => {
    expect(await systemFiles.look('/', 'root')).toMatchObject({ status: 'found', kind: 'directory' });
    expect(await systemFiles.look(at('no'), 'root')).toEqual({ status: 'absent' });
    // The folder for throw-away files is everybody's.
    expect(await systemFiles.look(at('folder', 'app', 'file'), 'administrators')).toMatchObject({
      kind: 'file',
      executable: false,
      distrust: expect.stringContaining('can be written by others'),
    });
    expect(await systemFiles.list(at('no'))).toEqual([]);
    expect(await systemFiles.list(at('folder'))).toEqual(['app']);
    expect(await systemFiles.readRange(at('folder', 'app', 'file'), 3, 100)).toEqual(new TextEncoder().encode('tent'));
    expect(await systemFiles.readRange(at('folder', 'app'), 0, 100)).toBeNull();
    symlinkSync('file', at('folder', 'app', 'link'));
    expect(await systemFiles.readRange(at('folder', 'app', 'link'), 0, 100)).toBeNull();
    expect(await systemFiles.readRange(at('folder', 'app', 'file'), 100, 5)).toEqual(new Uint8Array());
  });
});
