/** `ProgramVersions` over a real file system, for every system. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import type { Directory, FileDigest } from '#platform/files.ts';
import { nullOn, onDisk } from '#platform/files/errors.ts';
import type { VersionGround } from '#platform/files/version-ground.ts';
import { isVersionName, type NoteName, type ProgramVersions } from '#platform/program-versions.ts';
import { Fault } from '#protocol/codes.ts';

export interface VersionTreeOptions {
  readonly root: string;
  /** `/`, on Windows a backslash. */
  readonly separator: string;
  readonly programName: string;
  /** How `current` names a version. */
  readonly pointer: 'link' | 'file';
  readonly ground: VersionGround;
}

const noteBytesMax = 512;
const publicMode = 0o755;

export function versionTree(options: VersionTreeOptions): ProgramVersions {
  return new VersionTree(options);
}

class VersionTree implements ProgramVersions {
  readonly root: string;
  readonly #options: VersionTreeOptions;

  constructor(options: VersionTreeOptions) {
    this.root = options.root;
    this.#options = options;
  }

  async list(): Promise<readonly string[]> {
    const names = (await nullOn(['ENOENT'], () => readdir(this.#at('versions')))) ?? [];
    const there = await Promise.all(
      names.filter(isVersionName).map(async (name) => ((await this.#has(name)) ? [name] : [])),
    );
    return there.flat();
  }

  async current(): Promise<string | null> {
    const named = await this.#pointed('current');
    return named !== null && (await this.#has(named)) ? named : null;
  }

  async makeCurrent(version: string): Promise<void> {
    await this.#point('current', version);
  }

  async makePrevious(version: string): Promise<void> {
    if (this.#options.pointer === 'link') await this.#point('previous', version);
  }

  program(version: string): string {
    if (!isVersionName(version)) throw new Fault('agent.defect', `not a version: ${JSON.stringify(version)}`);
    return this.#at('versions', version, this.#options.programName);
  }

  async lay(version: string, from: Directory, name: string): Promise<FileDigest | null> {
    return this.#fill(version, async (work) => {
      const place = await this.#options.ground.openWork(work);
      return from.copyInto(name, place, this.#options.programName);
    });
  }

  /** A name more for the same file where that can be: it takes no room, and outlives the package's own. */
  async adopt(version: string, program: string): Promise<void> {
    if (program === this.program(version)) return;
    await this.#fill(version, async (work) => {
      const target = `${work}${this.#options.separator}${this.#options.programName}`;
      const linked = await nullOn(
        ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'],
        async () => (await link(program, target), true),
      );
      if (linked === null) await copyFile(program, target, constants.COPYFILE_EXCL);
      return true;
    });
  }

  async remove(version: string): Promise<void> {
    this.program(version);
    await onDisk(() => this.#patiently(() => rm(this.#at('versions', version), { recursive: true, force: true })));
    await this.#sync(this.#at('versions'));
  }

  async note(name: NoteName): Promise<string | null> {
    return this.#line(name);
  }

  async writeNote(name: NoteName, line: string): Promise<void> {
    await this.#writeLine(name, line);
  }

  async removeNote(name: NoteName): Promise<boolean> {
    const removed = await nullOn(['ENOENT'], () => this.#patiently(async () => (await unlink(this.#at(name)), true)));
    await this.#sync(this.root);
    return removed !== null;
  }

  async renameNote(from: NoteName, to: NoteName): Promise<boolean> {
    const renamed = await nullOn(['ENOENT'], () =>
      this.#patiently(async () => (await rename(this.#at(from), this.#at(to)), true)),
    );
    await this.#sync(this.root);
    return renamed !== null;
  }

  async removeAll(): Promise<void> {
    for (const name of ['current', 'previous', 'trial', 'returning', 'fallback', 'versions'])
      await rm(this.#at(name), { recursive: true, force: true });
    await nullOn(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdir(this.root));
  }

  #at(...names: readonly string[]): string {
    return [this.root, ...names].join(this.#options.separator);
  }

  async #has(version: string): Promise<boolean> {
    const stat = await nullOn(['ENOENT', 'ENOTDIR'], () => lstat(this.program(version)));
    return stat?.isFile() === true;
  }

  /**
   * Laid out beside, then renamed as a whole. A version that is there already keeps its directory, and its program is replaced
   * by the new one in one step: whatever starts it finds the old or the new.
   */
  async #fill<T>(version: string, fill: (work: string) => Promise<T | null>): Promise<T | null> {
    this.program(version);
    await this.#requireTree();
    const work = this.#at('versions', `.new-${randomBytes(8).toString('hex')}`);
    await onDisk(() => mkdir(work, { mode: 0o700 }));
    try {
      const filled = await onDisk(() => fill(work));
      if (filled === null) return null;
      const program = `${work}${this.#options.separator}${this.#options.programName}`;
      await chmod(program, publicMode);
      await this.#sync(program);
      await chmod(work, publicMode);
      await this.#sync(work);
      await this.#moveIn(version, work, program);
      await this.#sync(this.#at('versions', version));
      await this.#sync(this.#at('versions'));
      return filled;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** What stands under the name without a program is the rest of one that was removed. */
  async #moveIn(version: string, work: string, program: string): Promise<void> {
    const directory = this.#at('versions', version);
    if (await this.#has(version)) return this.#patiently(() => rename(program, this.program(version)));
    await this.#patiently(() => rm(directory, { recursive: true, force: true }));
    await this.#patiently(() => rename(work, directory));
  }

  /** Root and `versions` are there and nobody else's; what an interrupted run left behind goes. */
  async #requireTree(): Promise<void> {
    for (const path of [this.root, this.#at('versions')]) {
      await nullOn(['EEXIST'], () => onDisk(() => mkdir(path, { mode: publicMode })));
      if (!(await lstat(path)).isDirectory())
        throw new Fault('state.untrusted-directory', `${path} is not a directory`);
      const refusal = await this.#options.ground.whyForeign(path);
      if (refusal !== null) throw new Fault('state.untrusted-directory', `${path} ${refusal}`);
    }
    for (const name of await readdir(this.#at('versions')))
      if (name.startsWith('.new-')) await rm(this.#at('versions', name), { recursive: true, force: true });
  }

  async #pointed(name: 'current' | 'previous'): Promise<string | null> {
    if (this.#options.pointer === 'file') return named(await this.#line(name));
    const text = await nullOn(['ENOENT', 'EINVAL'], () => readlink(this.#at(name)));
    return named(text === null ? null : (/^versions\/([^/]+)$/.exec(text)?.[1] ?? null));
  }

  async #point(name: 'current' | 'previous', version: string): Promise<void> {
    if (!(await this.#has(version))) throw new Fault('agent.defect', `version ${version} is not there`);
    if (this.#options.pointer === 'file') return this.#writeLine(name, version);
    const temporary = this.#at(`.${name}.new`);
    await rm(temporary, { force: true });
    await onDisk(() => symlink(`versions/${version}`, temporary));
    await onDisk(() => rename(temporary, this.#at(name)));
    await this.#sync(this.root);
  }

  async #line(name: string): Promise<string | null> {
    const bytes = await nullOn(['ENOENT'], () => readFile(this.#at(name)));
    return bytes === null || bytes.length > noteBytesMax ? null : bytes.toString('latin1').trim();
  }

  async #writeLine(name: string, line: string): Promise<void> {
    const temporary = this.#at(`.${name}.new`);
    try {
      await onDisk(() => writeFile(temporary, `${line}\n`, { mode: 0o644, flush: true }));
      await onDisk(() => this.#patiently(() => rename(temporary, this.#at(name))));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await this.#sync(this.#at(name));
    await this.#sync(this.root);
  }

  #sync(path: string): Promise<void> {
    return this.#options.ground.sync(path);
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.#options.ground.patiently(work);
  }
}

function named(text: string | null): string | null {
  return text !== null && isVersionName(text) ? text : null;
}
