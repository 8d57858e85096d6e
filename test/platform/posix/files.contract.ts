import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Directory, Files } from '#platform/files.ts';
import { faultFrom } from '#test/platform/fault.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

export interface FilesWorld {
  readonly files: Files;
  /** Throw-away directory that counts as trusted; everything of the test is below. */
  readonly root: string;
  cleanup(): Promise<void>;
}

export interface FilesTraits {
  /** What a use does when another directory stands at the path: reach the one that was proved, or refuse. */
  readonly swapped: 'reached' | 'refused';
}

/** What the private files of a POSIX system keep to, tried on a real disk. */
export function posixFilesContract(name: string, traits: FilesTraits, makeWorld: () => Promise<FilesWorld>): void {
  describe(`${name} keeps its files to itself`, () => {
    let world: FilesWorld;
    let files: Files;
    let state: Directory;

    beforeEach(async () => {
      world = await makeWorld();
      files = world.files;
      state = await files.openPrivateDirectory(at('state'));
    });
    afterEach(async () => world.cleanup());

    const at = (...names: string[]): string => join(world.root, ...names);
    const refusal = async (path: string): Promise<string> =>
      (await faultFrom(() => files.openPrivateDirectory(path))).code;

    describe('modes', () => {
      it('are private whatever the umask says', async () => {
        const before = process.umask(0);
        try {
          const below = await state.directory('below');
          await below.create('created', text('1'));
          await below.replace('replaced', text('1'));
          await (await below.append('appended')).close();
          await (await below.openDownload('downloaded')).close();
        } finally {
          process.umask(before);
        }
        expect([mode(at('state')), mode(at('state', 'below'))]).toEqual(['700', '700']);
        for (const name of ['created', 'replaced', 'appended', 'downloaded']) {
          expect(mode(at('state', 'below', name))).toBe('600');
        }
      });
    });

    describe('a directory that somebody made beforehand', () => {
      it.each([0o755, 0o770, 0o701, 0o777])('is refused with mode %o and left as it is', async (bits) => {
        mkdirSync(at('planted'));
        chmodSync(at('planted'), bits);
        expect(await refusal(at('planted'))).toBe('state.untrusted-directory');
        expect(mode(at('planted'))).toBe(bits.toString(8));
      });

      it('is refused as a link, also one to a private directory', async () => {
        symlinkSync(at('state'), at('link'));
        expect(await refusal(at('link'))).toBe('state.untrusted-directory');
      });

      it('is refused as a file', async () => {
        writeFileSync(at('file'), '');
        expect(await refusal(at('file'))).toBe('state.untrusted-directory');
      });

      it.each(['a', 'a/b', 'a/b/c'])('is refused when others can write %s above it', async (open) => {
        mkdirSync(at('a/b/c'), { recursive: true });
        await files.openPrivateDirectory(at('a/b/c/state'));
        chmodSync(at(open), 0o1777);
        expect(await refusal(at('a/b/c/state'))).toBe('state.untrusted-directory');
        chmodSync(at(open), 0o775);
        expect(await refusal(at('a/b/c/state'))).toBe('state.untrusted-directory');
      });

      it('is refused below a link that stands where others write', async () => {
        mkdirSync(at('open'));
        mkdirSync(at('real'));
        chmodSync(at('open'), 0o777);
        symlinkSync(at('real'), at('open', 'link'));
        expect(await refusal(at('open', 'link', 'state'))).toBe('state.untrusted-directory');
        expect(readdirSync(at('real'))).toEqual([]);
      });

      it('may be reached through a link that only we can have made', async () => {
        symlinkSync('.', at('link'));
        await (await files.openPrivateDirectory(at('link', 'via'))).replace('a', text('1'));
        expect(readFileSync(at('via', 'a'), 'utf8')).toBe('1');
      });
    });

    describe('what stands in a private directory', () => {
      it('is never reached through a link', async () => {
        writeFileSync(at('outside'), 'outside');
        symlinkSync(at('outside'), at('state', 'link'));
        for (const attempt of [
          () => state.read('link', 100),
          () => state.readTail('link', 100),
          () => state.digest('link'),
          () => state.append('link'),
          () => state.openDownload('link'),
        ]) {
          expect((await faultFrom(attempt)).code).toBe('file.untrusted');
        }
        expect(await state.create('link', text('x'))).toBe(false);
        await state.replace('link', text('inside'));
        expect(readFileSync(at('outside'), 'utf8')).toBe('outside');
        expect(readFileSync(at('state', 'link'), 'utf8')).toBe('inside');
      });

      it('cannot be redirected by swapping the directory’s path', async () => {
        mkdirSync(at('evil'));
        renameSync(at('state'), at('moved'));
        symlinkSync(at('evil'), at('state'));
        const write = async (): Promise<void> => {
          await state.replace('a', text('1'));
          await state.create('b', text('1'));
        };
        if (traits.swapped === 'refused') {
          expect((await faultFrom(write)).code).toBe('state.untrusted-directory');
          rmSync(at('state'));
          mkdirSync(at('state'), { mode: 0o700 });
          for (const attempt of [() => state.list(), () => state.read('a', 1), () => state.append('a')]) {
            expect((await faultFrom(attempt)).code).toBe('state.untrusted-directory');
          }
        } else {
          await write();
          expect(readdirSync(at('moved')).sort()).toEqual(['a', 'b']);
        }
        expect(readdirSync(at('evil'))).toEqual([]);
      });

      it('is removed without following links', async () => {
        mkdirSync(at('outside'));
        writeFileSync(at('outside', 'precious'), '1');
        const below = await state.directory('d');
        await below.replace('a', text('1'));
        symlinkSync(at('outside'), at('state', 'd', 'link'));
        symlinkSync(at('outside'), at('state', 'toplink'));
        await state.remove('d');
        await state.remove('toplink');
        expect(existsSync(at('outside', 'precious'))).toBe(true);
        expect(await state.list()).toEqual([]);
      });

      it('hides and later clears what an interrupted write left', async () => {
        writeFileSync(at('state', '.new-aa'), 'half');
        writeFileSync(at('state', '.new-bb'), 'half');
        utimesSync(at('state', '.new-aa'), 1, 1);
        expect(await state.list()).toEqual([]);
        await files.openPrivateDirectory(at('state'));
        expect(readdirSync(at('state'))).toEqual(['.new-bb']);
      });
    });

    describe('F6 a FIFO does not stop file access', () => {
      const within = async <T>(work: () => Promise<T>): Promise<T> => {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new Error('hung')), 3000);
        });
        return Promise.race([work(), late]).finally(() => clearTimeout(timer));
      };

      it('ten at once are refused, and ordinary files are still read', async () => {
        for (let each = 0; each < 10; each += 1) execFileSync('mkfifo', [at('state', `fifo${each}`)]);
        const codes = await within(() =>
          Promise.all(
            Array.from({ length: 10 }, async (_, each) => {
              const path = at('state', `fifo${each}`);
              const log = await faultFrom(() => files.readForeign(path, { newerThanMs: 0, bytesMax: 10 }));
              const trusted = await faultFrom(() => files.readTrusted(path, 10));
              const inside = await faultFrom(() => state.read(`fifo${each}`, 10));
              const appended = await faultFrom(() => state.append(`fifo${each}`));
              return [log.code, trusted.code, inside.code, appended.code].join(' ');
            }),
          ),
        );
        expect(new Set(codes)).toEqual(new Set(['log.untrusted file.untrusted file.untrusted file.untrusted']));
        await state.replace('a', text('1'));
        expect(await within(() => state.read('a', 10))).toEqual(text('1'));
      });
    });

    describe('G7 logs that others could have planted', () => {
      const read = (path: string, newerThanMs = 0) => files.readForeign(path, { newerThanMs, bytesMax: 100 });
      const code = async (path: string, newer = 0) => (await faultFrom(() => read(path, newer))).code;

      it('are read from a directory others write, when the file itself is root’s', async () => {
        mkdirSync(at('tmp'));
        chmodSync(at('tmp'), 0o1777);
        writeFileSync(at('tmp', 'log'), 'line');
        expect(await read(at('tmp', 'log'))).toEqual(text('line'));
      });

      it('are refused as links, hard links, directories and old files', async () => {
        writeFileSync(at('secret'), 'secret');
        mkdirSync(at('tmp'));
        chmodSync(at('tmp'), 0o1777);
        symlinkSync(at('secret'), at('tmp', 'link'));
        linkSync(at('secret'), at('tmp', 'hard'));
        mkdirSync(at('tmp', 'dir'));
        writeFileSync(at('tmp', 'old'), 'old');
        utimesSync(at('tmp', 'old'), 1000, 1000);
        expect(await code(at('tmp', 'link'))).toBe('log.untrusted');
        expect(await code(at('tmp', 'hard'))).toBe('log.untrusted');
        expect(await code(at('tmp', 'dir'))).toBe('log.untrusted');
        expect(await code(at('tmp', 'old'), 2_000_000)).toBe('log.untrusted');
      });

      it('are refused behind a planted directory link', async () => {
        mkdirSync(at('etc'));
        writeFileSync(at('etc', 'shadow'), 'secret');
        mkdirSync(at('tmp'));
        chmodSync(at('tmp'), 0o1777);
        symlinkSync(at('etc'), at('tmp', 'vendor'));
        expect(await code(at('tmp', 'vendor', 'shadow'))).toBe('log.untrusted');
      });
    });

    describe('G27 files that carry orders', () => {
      const code = async () => (await faultFrom(() => files.readTrusted(at('in', 'a.json'), 100))).code;
      beforeEach(() => {
        mkdirSync(at('in'), { mode: 0o755 });
        writeFileSync(at('in', 'a.json'), '{}', { mode: 0o600 });
      });

      it('are read when private', async () => {
        expect(await files.readTrusted(at('in', 'a.json'), 100)).toEqual(text('{}'));
      });

      it.each([0o644, 0o620, 0o604, 0o660])('are refused with mode %o', async (bits) => {
        chmodSync(at('in', 'a.json'), bits);
        expect(await code()).toBe('file.untrusted');
      });

      it('are refused with another name, as a link in a foreign directory, or below a writable one', async () => {
        linkSync(at('in', 'a.json'), at('in', 'b.json'));
        expect(await code()).toBe('file.untrusted');
        chmodSync(at('in'), 0o777);
        expect(await code()).toBe('file.untrusted');
      });
    });

    describe('handles', () => {
      const open = (): number => readdirSync('/proc/self/fd').length;

      it('of directories nobody refers to are closed', async () => {
        setFlagsFromString('--expose-gc');
        const collect: unknown = runInNewContext('gc');
        const before = open();
        for (let each = 0; each < 200; each += 1) await files.openPrivateDirectory(at('state'));
        expect(open()).toBeGreaterThan(before + 100);
        for (let round = 0; round < 20 && open() > before + 5; round += 1) {
          if (typeof collect === 'function') collect();
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        expect(open()).toBeLessThanOrEqual(before + 5);
        expect(await state.list()).toEqual([]);
      });

      it('are not left open by looks that fail', async () => {
        await faultFrom(() => files.readTrusted(at('no'), 1));
        const before = open();
        for (let each = 0; each < 50; each += 1) {
          await state.read('absent', 1);
          await faultFrom(() => files.readTrusted(at('no'), 1));
          await faultFrom(() => files.readTrusted(at('state'), 1));
        }
        expect(open()).toBe(before);
      });
    });
  });
}
