/** Stand-in vendor packages: real .deb and .rpm files, built when they are needed, and everything that can be wrong with one. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { buildPackage, type Format, type Machine, type Recipe } from './formats.ts';
import { openKeyRing, type KeyRing, type StandInKey } from './keys.ts';

export type StandInTarget = `linux-${Machine}-${Format}`;

/**
 * `altered`: one byte differs · `unsigned`, `wrongly-signed`: rpm only, the latter by another key · `older`: holds
 * `olderVersion` · `other-product`: another package name inside · `wrong-architecture`: made for the other machine. All have the
 * file name of the good package, and all rpm files but the first three are signed as it is.
 */
export const variants = [
  'altered',
  'unsigned',
  'wrongly-signed',
  'older',
  'other-product',
  'wrong-architecture',
] as const;
export type Variant = (typeof variants)[number];

export interface StandInFile {
  readonly target: StandInTarget;
  readonly fileName: string;
  readonly path: string;
  /** The version inside. */
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sha1: string;
}

export interface StandInPackages {
  readonly version: string;
  /** Holds the four good packages and nothing else. */
  readonly folder: string;
  readonly files: Readonly<Record<StandInTarget, StandInFile>>;
  variant(name: Variant, target: StandInTarget): StandInFile;
  /** What the good rpm packages are signed with. */
  readonly key: StandInKey;
  readonly otherKey: StandInKey;
}

export interface BuildOptions {
  /** Default 24.2.2.20. */
  readonly version?: string;
  /** Default true; false saves their time. */
  readonly variants?: boolean;
  /** Random bytes put into each good package, for downloads that take a while. Default 0. */
  readonly ballastBytes?: number;
}

const standInVersion = '24.2.2.20';
export const olderVersion = '22.4.2.4';
const product = 'SentinelAgent';
const machines: readonly Machine[] = ['x64', 'arm64'];
const formats: readonly Format[] = ['deb', 'rpm'];

/** Builds into `outDir`: `packages/`, `keys/`, `other-keys/`, `variants/<variant>/`. What was there before is replaced. */
export async function buildStandInPackages(outDir: string, options: BuildOptions = {}): Promise<StandInPackages> {
  const out = resolve(outDir);
  const version = options.version ?? standInVersion;
  const folders = ['packages', 'keys', 'other-keys', 'variants'].map((name) => join(out, name));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  const ring = await openKeyRing();
  try {
    const key = await ring.makeKey('SentinelOne stand-in <tests@garrison.invalid>', join(out, 'keys'));
    const otherKey = await ring.makeKey('Somebody else <other@garrison.invalid>', join(out, 'other-keys'));
    const files: Partial<Record<StandInTarget, StandInFile>> = {};
    const wrong = new Map<string, StandInFile>();
    const each = async (machine: Machine, format: Format) => {
      const file = fileOf(join(out, 'packages'), format, machine, version);
      const recipe: Recipe = { format, machine, version, product, file, ballastBytes: options.ballastBytes ?? 0 };
      files[`linux-${machine}-${format}`] = await buildGood(recipe, ring, key);
      const made = options.variants === false ? [] : await buildVariants(recipe, { out, ring, key, otherKey });
      for (const { variant, file } of made) wrong.set(`${variant} ${file.target}`, file);
      await rm(`${recipe.file}.unsigned`, { force: true });
    };
    await mkdir(join(out, 'packages'), { recursive: true });
    await Promise.all(machines.flatMap((machine) => formats.map((format) => each(machine, format))));
    return {
      version,
      folder: join(out, 'packages'),
      files: complete(files),
      variant(name, target) {
        const file = wrong.get(`${name} ${target}`);
        if (file === undefined) throw new Error(`There is no ${name} variant of ${target}`);
        return file;
      },
      key,
      otherKey,
    };
  } finally {
    await ring.close();
  }
}

/** The vendor's naming: the aarch64 packages carry the word twice. */
function fileOf(folder: string, format: Format, machine: Machine, version: string): string {
  const middle = machine === 'x64' ? '_linux_x86_64' : '-aarch64_linux_aarch64';
  return join(folder, `${product}${middle}_v${version.replaceAll('.', '_')}.${format}`);
}

async function buildGood(recipe: Recipe, ring: KeyRing, key: StandInKey): Promise<StandInFile> {
  await buildPackage(recipe);
  if (recipe.format === 'rpm') {
    await copyFile(recipe.file, `${recipe.file}.unsigned`);
    await ring.signRpm(recipe.file, key);
  }
  return describe(recipe);
}

interface Surroundings {
  readonly out: string;
  readonly ring: KeyRing;
  readonly key: StandInKey;
  readonly otherKey: StandInKey;
}

async function buildVariants(
  good: Recipe,
  { out, ring, key, otherKey }: Surroundings,
): Promise<{ variant: Variant; file: StandInFile }[]> {
  const made: { variant: Variant; file: StandInFile }[] = [];
  const at = async (variant: Variant) => {
    await mkdir(join(out, 'variants', variant), { recursive: true });
    return join(out, 'variants', variant, basename(good.file));
  };
  const built = async (variant: Variant, change: Partial<Recipe>) => {
    const recipe = { ...good, ballastBytes: 0, ...change, file: await at(variant) };
    await buildPackage(recipe);
    if (good.format === 'rpm') await ring.signRpm(recipe.file, key);
    made.push({ variant, file: await describe({ ...recipe, machine: good.machine }) });
  };
  const altered = await at('altered');
  await writeFile(altered, withOneByteChanged(await readFile(good.file)));
  made.push({ variant: 'altered', file: await describe({ ...good, file: altered }) });
  if (good.format === 'rpm') {
    for (const variant of ['unsigned', 'wrongly-signed'] as const) {
      const file = await at(variant);
      await copyFile(`${good.file}.unsigned`, file);
      if (variant === 'wrongly-signed') await ring.signRpm(file, otherKey);
      made.push({ variant, file: await describe({ ...good, file }) });
    }
  }
  await built('older', { version: olderVersion });
  await built('other-product', { product: 'SentinelDecoy' });
  await built('wrong-architecture', { machine: good.machine === 'x64' ? 'arm64' : 'x64' });
  return made;
}

/** Changes a byte near the end, inside the compressed contents: every header still reads well. */
function withOneByteChanged(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.length - 64;
  changed.writeUInt8(changed.readUInt8(at) ^ 0x01, at);
  return changed;
}

async function describe({ file, format, machine, version }: Recipe): Promise<StandInFile> {
  const bytes = await readFile(file);
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return {
    target: `linux-${machine}-${format}`,
    fileName: basename(file),
    path: file,
    version,
    sizeBytes: (await stat(file)).size,
    sha256: digest('sha256'),
    sha1: digest('sha1'),
  };
}

function complete(files: Partial<Record<StandInTarget, StandInFile>>): Record<StandInTarget, StandInFile> {
  const of = (target: StandInTarget): StandInFile => {
    const file = files[target];
    if (file === undefined) throw new Error(`${target} was not built`);
    return file;
  };
  return {
    'linux-x64-deb': of('linux-x64-deb'),
    'linux-x64-rpm': of('linux-x64-rpm'),
    'linux-arm64-deb': of('linux-arm64-deb'),
    'linux-arm64-rpm': of('linux-arm64-rpm'),
  };
}
