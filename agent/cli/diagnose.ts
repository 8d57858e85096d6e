/** `diagnose`: makes the archive on this device. Nothing is sent. */
import { vendorOf } from '#installers/index.ts';
import { asFault } from '#protocol/codes.ts';
import { build } from '#agent/build.ts';
import { ask } from '#agent/cli/ask.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { thisMachine } from '#agent/cli/machine.ts';
import { print, printJson } from '#agent/cli/output.ts';
import { readConfig } from '#agent/config.ts';
import type { Archive } from '#agent/diagnose/diagnose.ts';
import { createLog } from '#agent/log.ts';
import type { Places } from '#agent/places.ts';
import { createRedactor } from '#agent/redact.ts';
import { startAgent } from '#agent/start.ts';

export interface DiagnoseOptions extends GlobalOptions {
  readonly json?: boolean;
}

type Made = Omit<Archive, 'bytes'> & { readonly sizeBytes: number };

export async function diagnoseCommand(options: DiagnoseOptions): Promise<void> {
  requireRoot();
  const places = placesOf(options);
  const made = await ask(places, { method: 'POST', path: '/diagnose' }).catch((error: unknown) => {
    if (asFault(error).code !== 'agent.not-running') throw error;
    return makeStopped(places);
  });
  if (options.json === true) return printJson(made);
  const { path, sha256, sizeBytes, holds } = made as Made;
  print(`${path}\n  ${Math.ceil(sizeBytes / 1024)} KB, SHA-256 ${sha256}\nIt holds, without secrets:`);
  for (const { name, holds: what } of holds) print(`  ${name.padEnd(20)} ${what}`);
  print('Nothing was sent. Look through it before you hand it on: it names this machine and what is on it.');
}

/** The daemon does not run: its own parts do the same, without its loop. */
async function makeStopped(places: Places): Promise<Made> {
  const config = await readConfig((await thisMachine(places, null)).files, places.configFile);
  const redactor = createRedactor();
  const running = await startAgent({
    platform: await thisMachine(places, config.proxy),
    vendor: vendorOf('sentinelone'),
    places,
    version: build.version,
    log: createLog({ level: 'warn', style: 'readable', redactor }),
    redactor,
    proxy: config.proxy,
    reboot: config.reboot,
    diagnostics: config.diagnostics,
    assignmentFile: null,
    hardware: () => null,
  });
  try {
    const { bytes, ...rest } = await running.diagnostics.make({ by: 'local' });
    return { ...rest, sizeBytes: bytes.length };
  } finally {
    await running.stop();
  }
}
