/**
 * Scripts of install lines. A line names the SHA-256 of its script, so the text is kept as it was when the line was made: a
 * newer release or another address makes another script and leaves lines that were handed out as they are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '#protocol/crypto.ts';
import type { KeySource } from '#console/context.ts';
import { installLine, uninstallLine, type LineSettings } from '#console/install/lines.ts';
import { scriptText, type OfferedPackage } from '#console/install/script-text.ts';
import { installSystems, type InstallScript, type InstallSystem } from '#console/install/systems.ts';
import { addInstallScript } from '#console/store/enrolment/install-scripts.ts';
import type { HeldArtifact, Releases } from '#console/releases/releases.ts';
import type { Db } from '#console/store/store.ts';

const templates: Readonly<Record<InstallScript, string>> = {
  sh: readFileSync(new URL('./install.sh', import.meta.url), 'utf8'),
  powershell: readFileSync(new URL('./install.ps1', import.meta.url), 'utf8'),
};

interface Offered extends OfferedPackage {
  readonly version: string;
}

async function offered(releases: Releases, script: InstallScript): Promise<Offered[]> {
  const wanted = installSystems.filter((system) => system.script === script).flatMap((system) => system.packages);
  const found = await Promise.all(
    wanted.map(async ([target, kind]) => {
      const file = await releases.artifact(target, kind);
      return file === null ? [] : [{ target, kind, sha256: file.sha256, sizeBytes: file.size, version: file.version }];
    }),
  );
  return found.flat();
}

export interface SystemLines {
  readonly system: InstallSystem;
  /** Of the agent. */
  readonly version: string;
  readonly install: (enrolmentString: string) => string;
  readonly uninstall: string;
}

interface Prepared {
  readonly script: InstallScript;
  readonly version: string;
  readonly text: string;
  readonly settings: LineSettings;
  readonly targets: ReadonlySet<string>;
}

async function prepare(keys: KeySource, releases: Releases, script: InstallScript): Promise<Prepared | null> {
  const packages = await offered(releases, script);
  const version = packages[0]?.version;
  const { consoleId, keySet } = keys.current();
  const { tlsPins } = keySet;
  const address = keySet.addresses[0];
  if (version === undefined || address === undefined) return null;
  const rows = packages.map(({ target, kind, sha256, sizeBytes }) => ({ target, kind, sha256, sizeBytes }));
  const text = scriptText(script, templates[script], { address, consoleId, version, tlsPins, packages: rows });
  const sha256 = sha256Hex(text);
  const settings = { url: `${address}/install/${sha256}`, sha256, tlsPins };
  return { script, version, text, settings, targets: new Set(rows.map((row) => row.target)) };
}

export interface InstallLines {
  /** Of every system that the loaded release has a package for; empty without a release. */
  readonly systems: readonly SystemLines[];
  /** Keeps the scripts that the lines name. Inside the transaction that hands a line out. */
  keep(db: Db, nowMs: number): Promise<void>;
}

export async function installLines(keys: KeySource, releases: Releases): Promise<InstallLines> {
  const prepared = await Promise.all((['sh', 'powershell'] as const).map((script) => prepare(keys, releases, script)));
  const made = prepared.filter((one) => one !== null);
  const systems = installSystems.flatMap((system) => {
    const one = made.find((row) => row.script === system.script);
    if (one === undefined || !system.packages.some(([target]) => one.targets.has(target))) return [];
    const install = (enrolmentString: string): string => installLine(system, one.settings, enrolmentString);
    return [{ system, version: one.version, install, uninstall: uninstallLine(system, one.settings) }];
  });
  return {
    systems,
    async keep(db, nowMs) {
      for (const { settings, text } of made)
        await addInstallScript(db, { sha256: settings.sha256, text, made_at: nowMs });
    },
  };
}

/** The package under that digest, of whatever release this console still holds: lines of older ones stay good. */
export async function packageBySha256(releases: Releases, sha256: string): Promise<HeldArtifact | null> {
  for (const { release, directory } of await releases.list()) {
    const found = release.artifacts.find((one) => one.kind !== 'binary' && one.sha256 === sha256);
    if (found !== undefined)
      return { path: join(directory, found.file), size: found.size, sha256, version: release.version };
  }
  return null;
}
