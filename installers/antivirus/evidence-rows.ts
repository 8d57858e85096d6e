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

type Rows<Block> = { readonly [kind in EvidenceKind]?: (block: Block, fact: Fact) => Score };

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
  service: (block, fact) => namedAnyCase(block.services, fact.key),
  driver: (block, fact) => namedLikeDriver(block.drivers, fact.key),
  process: (block, fact) =>
    namedAnyCase(block.processes, fact.key) ?? weakened(namedAnyCase(block.ambiguousProcesses, fact.key)),
  'uninstall-entry': (block, fact) =>
    expressed(block.uninstallExclude, fact.key) === null ? expressed(block.uninstallNames, fact.key) : null,
};

/** How exactly the fact names the product on this system; null when it does not. */
export function scoreOf(product: Product, fact: Fact, os: Inventory['os']): Score {
  switch (os) {
    case 'linux':
      return apply(linuxRows, product.linux, fact);
    case 'macos':
      return apply(macosRows, product.macos, fact);
    case 'windows':
      return apply(windowsRows, product.windows, fact);
  }
}

function apply<Block>(rows: Rows<Block>, block: Block | undefined, fact: Fact): Score {
  return block === undefined ? null : (rows[fact.kind]?.(block, fact) ?? null);
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
