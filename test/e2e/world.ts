/** What every end-to-end test needs before a device exists: stand-in packages and an agent that believes them. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  mkdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildAgent } from '../../scripts/build/agent.ts';
import { cache as cacheFolder, root, sha256, type Target } from '../../scripts/build/runtime.ts';
import {
  buildStandInPackages,
  variants,
  type StandInFile,
  type StandInPackages,
  type StandInTarget,
} from '#test/worlds/sentinelone/packages/build.ts';

export interface World {
  readonly packages: StandInPackages;
  /** The agent that trusts the stand-in's key, and the one that is shipped. */
  readonly testAgent: string;
  /** The same for another system. */
  testAgentFor(target: Target): Promise<string>;
  releaseAgent(): Promise<string>;
}

const cache = join(cacheFolder, 'e2e');
const recipeFolder = join(root, 'test/worlds/sentinelone/packages');

/** Built once; kept in `.cache/` until the sources of the stand-ins or of the agent change. */
export async function prepareWorld(): Promise<World> {
  const packages = await standInPackages();
  const testAgentFor = (target: Target): Promise<string> => agentOf(target, 'test', packages.key.folder);
  return {
    packages,
    testAgent: await testAgentFor('linux-x64'),
    testAgentFor,
    releaseAgent: () => agentOf('linux-x64', 'release', null),
  };
}

async function standInPackages(): Promise<StandInPackages> {
  const folder = join(cache, `stand-ins-${digestOf(recipeFolder).slice(0, 16)}`);
  const record = join(folder, 'built.json');
  if (existsSync(record)) return revive(JSON.parse(readFileSync(record, 'utf8')) as Recorded);
  const built = await buildStandInPackages(folder);
  const targets = Object.keys(built.files) as StandInTarget[];
  const wrong = variants.flatMap((variant) =>
    targets
      .filter((target) => target.endsWith('rpm') || !variant.endsWith('signed'))
      .map((target) => [`${variant} ${target}`, built.variant(variant, target)] as const),
  );
  const { version, files, key, otherKey } = built;
  writeFileSync(
    record,
    JSON.stringify({
      version,
      folder: built.folder,
      files,
      key,
      otherKey,
      wrong: Object.fromEntries(wrong),
    } satisfies Recorded),
  );
  return built;
}

type Recorded = Omit<StandInPackages, 'variant'> & { readonly wrong: Readonly<Record<string, StandInFile>> };

function revive({ wrong, ...rest }: Recorded): StandInPackages {
  return {
    ...rest,
    variant(name, target) {
      const file = wrong[`${name} ${target}`];
      if (file === undefined) throw new Error(`There is no ${name} variant of ${target}`);
      return file;
    },
  };
}

/** A copy of our own: the build's output is overwritten by whoever builds with other test keys. */
async function agentOf(target: Target, trust: 'test' | 'release', testKeys: string | null): Promise<string> {
  const built = await buildAgent({ target, trust, testKeys });
  const file = join(cache, `garrison-agent-${built.sha256.slice(0, 16)}`);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    copyFileSync(built.file, `${file}.${process.pid}`);
    renameSync(`${file}.${process.pid}`, file);
  }
  return file;
}

function digestOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.test.ts'));
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  return sha256(files.map((name) => `${name} ${sha256(readFileSync(join(folder, name)))}\n`).join(''));
}
