/** Which identifiers of an entry are compared with which facts, and how: one row a source and system. */
import type { Inventory } from '#platform/inventory.ts';
import type { LinuxBlock, MacosBlock, Product, WindowsBlock } from '#installers/antivirus/catalogue.ts';
import {
  better,
  expressed,
  marked,
  named,
  namedAnyCase,
  namedLikeBrand,
  namedLikeDriver,
  placedIn,
  weakened,
  type Score,
} from '#installers/antivirus/compare.ts';
import type { EvidenceKind, Fact } from '#installers/antivirus/facts.ts';

type Rows<Block> = { readonly [kind in EvidenceKind]?: (block: Block, fact: Fact, product: Product) => Score };

/** Where installed programs live. A root-owned program of that name elsewhere is somebody's own. */
const linuxProgramTrees = ['/usr', '/opt', '/bin', '/sbin', '/lib', '/lib64', '/var/lib', '/var/opt', '/etc', '/snap'];
const macosProgramTrees = ['/Library', '/Applications', '/usr', '/opt', '/System'];

/** The kernel cuts a process name (`comm`) at 15 characters. */
const commLength = 15;

const linuxRows: Rows<LinuxBlock> = {
  package: (block, fact) => supported(block.supporting?.packages, fact.key) ?? named(block.packages, fact.key),
  service: (block, fact) => supported(block.supporting?.units, fact.key) ?? named(block.units, fact.key),
  process: (block, fact) =>
    supported(block.supporting?.processes, fact.key) ?? programScore(block, fact, linuxProgramTrees),
  driver: (block, fact) => named(block.modules, fact.key),
  path: (block, fact) => named(block.paths, fact.key),
};

const macosRows: Rows<MacosBlock> = {
  'system-extension': extensionScore,
  bundle: (block, fact) => named(block.bundleIds, fact.key),
  'launch-daemon': (block, fact) => named(block.launchDaemons, fact.key),
  receipt: (block, fact) => named(block.pkgReceipts, fact.key),
  process: (block, fact) => programScore(block, fact, macosProgramTrees),
  path: (block, fact) => named(block.paths, fact.key),
};

const windowsRows: Rows<WindowsBlock> = {
  'security-center': (block, fact) => namedLikeBrand(block.securityCenterNames, fact.key),
  service: windowsServiceScore,
  driver: (block, fact) => namedLikeDriver(block.drivers, fact.key),
  process: windowsProgramScore,
  'uninstall-entry': uninstallScore,
};

/** Windows itself brings some services along, stopped: they tell something only while they run. */
function windowsServiceScore(block: WindowsBlock, fact: Fact): Score {
  const score = namedAnyCase(block.services, fact.key);
  const idle = fact.claim !== 'running' && namedAnyCase(block.broughtBySystem, fact.key) !== null;
  return idle ? weakened(score) : score;
}

/** A name alone only where programs are installed; one that is too common only in a folder there that is called as the product. */
function windowsProgramScore(block: WindowsBlock, fact: Fact, { name }: Product): Score {
  const own = namedAnyCase(block.processes, fact.key);
  const folder = windowsProgramFolder(fact.place);
  if (own !== null) return folder === null ? weakened(own) : own;
  const common = namedAnyCase(block.ambiguousProcesses, fact.key);
  const firstWord = /^[a-z0-9]{3,}/.exec(name.toLowerCase())?.[0];
  const isOwnFolder = folder !== null && firstWord !== undefined && folder.startsWith(firstWord);
  return isOwnFolder ? common : weakened(common);
}

/** "c:\\program files\\cisco\\amp" → "cisco"; null outside the folders that only administrators write to. */
function windowsProgramFolder(path: string | null): string | null {
  if (path === null) return null;
  const plain = path.toLowerCase().replace(/^\\\\[?.]\\/, '');
  if (plain.split('\\').includes('..')) return null;
  const found = /^[a-z]:\\(?:program files(?: \(x86\))?|windows)\\([^\\]+)/.exec(plain);
  return found?.[1] === 'temp' ? null : (found?.[1] ?? null);
}

/** A guard's expression is as good as any: it is there to take what looks like a product. */
function uninstallScore(block: WindowsBlock, fact: Fact, product: Product): Score {
  if (expressed(block.uninstallExclude, fact.key) !== null) return null;
  const recorded = product.class === 'not-av' || !product.brandDerived.includes('windows.uninstallNames');
  return expressed(block.uninstallNames, fact.key, recorded);
}

/** How exactly the fact names the product on this system; null when it does not. */
export function scoreOf(product: Product, fact: Fact, os: Inventory['os']): Score {
  switch (os) {
    case 'linux':
      return apply(linuxRows, product.linux, fact, product);
    case 'macos':
      return apply(macosRows, product.macos, fact, product);
    case 'windows':
      return apply(windowsRows, product.windows, fact, product);
  }
}

function apply<Block>(rows: Rows<Block>, block: Block | undefined, fact: Fact, product: Product): Score {
  return block === undefined ? null : (rows[fact.kind]?.(block, fact, product) ?? null);
}

/** A signature updater and the like: belongs to the product, proves nothing. */
function supported(identifiers: readonly string[] | undefined, key: string): Score {
  return weakened(named(identifiers ?? [], key));
}

interface Programs {
  readonly processes: readonly string[];
  readonly ambiguousProcesses: readonly string[];
  readonly paths: readonly string[];
}

/** A program in the product's own folder counts under any name; a name alone only where programs are installed. */
function programScore(block: Programs, fact: Fact, trees: readonly string[]): Score {
  const place = placedIn(block.paths, fact.place);
  if (place !== null) return place;
  const name = named(block.processes, fact.key);
  if (name !== null) return placedIn(trees, fact.place) === null ? weakened(name) : name;
  return better(weakened(named(block.ambiguousProcesses, fact.key)), truncatedScore(block.processes, fact));
}

function truncatedScore(processes: readonly string[], fact: Fact): Score {
  if (fact.place !== null || fact.key.length !== commLength) return null;
  return weakened(named([`${fact.key}*`], processes.find((name) => name.startsWith(fact.key)) ?? ''));
}

/** Team and bundle must both match; an entry that lists a team alone (guards do) is told from it only as a last resort. */
function extensionScore(block: MacosBlock, fact: Fact): Score {
  if (fact.place === null || !block.systemExtensionTeamIds.includes(fact.place)) return null;
  return block.bundleIds.length === 0 ? marked(true) : named(block.bundleIds, fact.key);
}
