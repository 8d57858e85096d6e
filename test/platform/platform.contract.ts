import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import { faultFrom } from '#test/platform/fault.ts';

/** One machine to try: `stateRoot` is an absolute path that does not exist yet below a directory that is trusted. */
export interface ContractWorld {
  readonly platform: Platform;
  readonly stateRoot: string;
  cleanup(): Promise<void>;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const read = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes));

/** What every Platform must do, the real ones and the in-memory one alike. */
export function platformContract(name: string, makeWorld: () => Promise<ContractWorld>): void {
  describe(`${name} keeps the platform contract`, () => {
    let world: ContractWorld;
    let state: Directory;

    beforeEach(async () => {
      world = await makeWorld();
      state = await world.platform.files.openPrivateDirectory(world.stateRoot);
    });
    afterEach(async () => world.cleanup());

    describe('a private directory', () => {
      it('is created once and opened again with what is in it', async () => {
        await state.replace('a', text('kept'));
        const again = await world.platform.files.openPrivateDirectory(world.stateRoot);
        expect(read(await again.read('a', 100))).toBe('kept');
        expect(again.path).toBe(state.path);
      });

      it('is created with the directories above it', async () => {
        const deep = await world.platform.files.openPrivateDirectory(`${world.stateRoot}/x/y`);
        await deep.replace('a', text('1'));
        expect(await (await state.directory('x')).list()).toEqual(['y']);
      });

      it('holds directories of its own', async () => {
        const below = await state.directory('below');
        await below.replace('a', text('deep'));
        expect(read(await (await state.directory('below')).read('a', 100))).toBe('deep');
        expect(await state.list()).toEqual(['below']);
      });

      it.each(['', '.', '..', 'a/b', '/etc', '../a', 'a\0b'])('refuses %j as a name', async (bad) => {
        for (const attempt of [
          () => state.read(bad, 10),
          () => state.readTail(bad, 10),
          () => state.create(bad, text('x')),
          () => state.replace(bad, text('x')),
          () => state.append(bad),
          () => state.openDownload(bad),
          () => state.digest(bad),
          () => state.copyInto(bad, state, 'copy'),
          () => state.remove(bad),
          () => state.directory(bad),
        ]) {
          expect((await faultFrom(attempt)).code).toBe('agent.defect');
        }
        expect(await state.list()).toEqual([]);
      });

      it('lists names in order', async () => {
        for (const each of ['b', 'a', 'c']) await state.replace(each, text(each));
        expect(await state.list()).toEqual(['a', 'b', 'c']);
      });
    });

    describe('reading', () => {
      it('answers null for what is absent', async () => {
        expect(await state.read('no', 10)).toBeNull();
        expect(await state.readTail('no', 10)).toBeNull();
        expect(await state.digest('no')).toBeNull();
        expect(await state.copyInto('no', state, 'copy')).toBeNull();
        expect(await state.list()).toEqual([]);
      });

      it('reads up to the bound and refuses one byte more', async () => {
        await state.replace('a', text('12345'));
        expect(read(await state.read('a', 5))).toBe('12345');
        expect((await faultFrom(() => state.read('a', 4))).code).toBe('file.too-large');
      });

      it('reads an empty file as empty, not as absent', async () => {
        await state.replace('a', text(''));
        expect(await state.read('a', 0)).toEqual(new Uint8Array());
      });

      it('reads the tail only', async () => {
        await state.replace('a', text('0123456789'));
        expect(read(await state.readTail('a', 4))).toBe('6789');
        expect(read(await state.readTail('a', 100))).toBe('0123456789');
      });

      it('refuses a directory where a file should be', async () => {
        await state.directory('d');
        expect((await faultFrom(() => state.read('d', 10))).code).toBe('file.untrusted');
        expect((await faultFrom(() => state.append('d'))).code).toBe('file.untrusted');
      });
    });

    describe('exclusive create', () => {
      it('is won once and leaves the winner untouched', async () => {
        expect(await state.create('claim', text('first'))).toBe(true);
        expect(await state.create('claim', text('second'))).toBe(false);
        expect(read(await state.read('claim', 100))).toBe('first');
        expect(await state.list()).toEqual(['claim']);
      });

      it('is won by exactly one of many at once', async () => {
        const tries = Array.from({ length: 20 }, (_, index) => state.create('claim', text(`by ${index}`)));
        const won = (await Promise.all(tries)).flatMap((each, index) => (each ? [index] : []));
        expect(won).toHaveLength(1);
        expect(read(await state.read('claim', 100))).toBe(`by ${won[0]}`);
      });

      it('can be won again after the file was removed', async () => {
        await state.create('claim', text('1'));
        await state.remove('claim');
        expect(await state.create('claim', text('2'))).toBe(true);
      });
    });

    describe('replacing', () => {
      it('puts the new content in place of the old', async () => {
        await state.replace('a', text('a long old content'));
        await state.replace('a', text('new'));
        expect(read(await state.read('a', 100))).toBe('new');
        expect(await state.list()).toEqual(['a']);
      });

      it('shows whole contents only to those who read meanwhile', async () => {
        const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(50_000));
        await state.replace('a', text(contents[0] ?? ''));
        const writing = Promise.all(contents.map((content) => state.replace('a', text(content))));
        for (let round = 0; round < 20; round += 1) {
          expect(contents).toContain(read(await state.read('a', 100_000)));
        }
        await writing;
      });

      it('leaves an open append file on the old content', async () => {
        const old = await state.append('a');
        await state.replace('a', text('new'));
        await old.append(text('lost'));
        await old.close();
        expect(read(await state.read('a', 100))).toBe('new');
      });
    });

    describe('appending', () => {
      it('grows a file over several openings', async () => {
        const first = await state.append('log');
        expect(first.sizeBytes).toBe(0);
        await first.append(text('one,'));
        await first.append(text('two,'));
        expect(first.sizeBytes).toBe(8);
        await first.close();
        const second = await state.append('log');
        expect(second.sizeBytes).toBe(8);
        await second.append(text('three'));
        await second.close();
        expect(read(await state.read('log', 100))).toBe('one,two,three');
      });

      it('goes on at the new end after a cut', async () => {
        const file = await state.append('log');
        await file.append(text('good|torn'));
        await file.truncate(5);
        expect(file.sizeBytes).toBe(5);
        await file.append(text('next'));
        await file.close();
        expect(read(await state.read('log', 100))).toBe('good|next');
      });
    });

    describe('downloads', () => {
      it('go on where they stopped', async () => {
        const first = await state.openDownload('file');
        expect(first.sizeBytes).toBe(0);
        await first.write(text('part one '));
        await first.finish();
        await first.close();
        const second = await state.openDownload('file');
        expect(second.sizeBytes).toBe(9);
        await second.write(text('part two'));
        await second.finish();
        await second.close();
        expect(read(await state.read('file', 100))).toBe('part one part two');
      });

      it('are digested whole', async () => {
        const bytes = world.platform.randomBytes(300_000);
        const file = await state.openDownload('file');
        for (let at = 0; at < bytes.byteLength; at += 70_000) await file.write(bytes.subarray(at, at + 70_000));
        await file.finish();
        await file.close();
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(await state.digest('file')).toEqual({ sha256, sizeBytes: 300_000 });
      });
    });

    describe('copying into another directory', () => {
      it('answers the digest of what was copied and replaces what stood there', async () => {
        const bytes = world.platform.randomBytes(300_000);
        await state.replace('file', bytes);
        const target = await state.directory('target');
        await target.replace('copy', world.platform.randomBytes(400_000));
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(await state.copyInto('file', target, 'copy')).toEqual({ sha256, sizeBytes: 300_000 });
        expect(await target.digest('copy')).toEqual({ sha256, sizeBytes: 300_000 });
        expect(await state.digest('file')).toEqual({ sha256, sizeBytes: 300_000 });
      });
    });

    describe('removing', () => {
      it('is content with nothing to do', async () => {
        await state.remove('no');
        expect(await state.list()).toEqual([]);
      });

      it('takes a directory with everything below', async () => {
        const below = await (await state.directory('d')).directory('e');
        await below.replace('a', text('1'));
        await state.replace('stays', text('1'));
        await state.remove('d');
        expect(await state.list()).toEqual(['stays']);
      });
    });

    describe('files of others', () => {
      it('reads a private file of our own as trusted', async () => {
        await state.replace('assignment', text('{}'));
        const path = `${state.path}/assignment`;
        expect(read(await world.platform.files.readTrusted(path, 10))).toBe('{}');
        expect((await faultFrom(() => world.platform.files.readTrusted(path, 1))).code).toBe('file.too-large');
      });

      it('does not trust what is absent', async () => {
        const attempt = () => world.platform.files.readTrusted(`${state.path}/no`, 10);
        expect((await faultFrom(attempt)).code).toBe('file.untrusted');
      });

      it('reads the tail of a foreign log that is new enough', async () => {
        await state.replace('log', text('0123456789'));
        const path = `${state.path}/log`;
        expect((await world.platform.files.listForeign(state.path)).map(({ name }) => name)).toContain('log');
        expect(await world.platform.files.listForeign(`${state.path}/no`)).toEqual([]);
        const read1 = await world.platform.files.readForeign(path, { newerThanMs: 0, bytesMax: 3 });
        expect(read(read1)).toBe('789');
        const late = { newerThanMs: world.platform.clock.now() + 3_600_000, bytesMax: 3 };
        expect((await faultFrom(() => world.platform.files.readForeign(path, late))).code).toBe('log.untrusted');
        expect(await world.platform.files.readForeign(`${state.path}/no`, late)).toBeNull();
      });
    });

    describe('the exclusive lock', () => {
      it('has one holder at a time', async () => {
        const first = await world.platform.lockExclusively(state);
        expect(first).not.toBeNull();
        expect(await world.platform.lockExclusively(state)).toBeNull();
        await first?.release();
        const second = await world.platform.lockExclusively(state);
        expect(second).not.toBeNull();
        await second?.release();
      });

      it('does not cross directories', async () => {
        const mine = await world.platform.lockExclusively(state);
        const other = await world.platform.lockExclusively(await state.directory('other'));
        expect(mine).not.toBeNull();
        expect(other).not.toBeNull();
        await mine?.release();
        await other?.release();
      });
    });

    describe('the machine', () => {
      it('says the same twice', async () => {
        const first = await world.platform.machine();
        const second = await world.platform.machine();
        expect(second).toEqual(first);
        expect(first.os).toBe(world.platform.os);
        expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/);
        expect(first.bootId).not.toBe('');
      });

      it('has clocks that do not go back', async () => {
        const { clock } = world.platform;
        const before = clock.monotonic();
        const waiting = new AbortController();
        waiting.abort();
        await clock.sleep(3_600_000, waiting.signal);
        expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
        expect(await world.platform.uptimeMs()).toBeGreaterThanOrEqual(0);
      });

      it('gives random bytes of the length wanted', () => {
        expect(world.platform.randomBytes(32)).toHaveLength(32);
        expect(world.platform.randomBytes(32)).not.toEqual(world.platform.randomBytes(32));
      });

      it('knows the free space where the state is', async () => {
        const free = await world.platform.freeBytes(state.path);
        expect(free.status === 'ok' && free.value > 0).toBe(true);
      });

      it('does not run what is not listed', async () => {
        const attempt = () => world.platform.probe({ program: '/bin/sh', args: ['-c', 'true'] });
        expect((await faultFrom(attempt)).code).toBe('agent.defect');
      });

      it('does not find a process of an earlier boot alive', async () => {
        expect(await world.platform.isAlive({ pid: 1, startTime: '1', bootId: 'an earlier boot' })).toBe(false);
      });
    });
  });
}
