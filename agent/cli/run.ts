/** `run`: the service's command, and `--foreground`: the same daemon in a terminal. Only the look of the logs differs. */
import { randomInt } from 'node:crypto';
import { vendorOf } from '#installers/index.ts';
import { currentService, currentServiceManager, currentSystem, currentUpdateHost } from '#platform/current.ts';
import { releaseTrust } from '#protocol/release/trust.ts';
import { build } from '#agent/build.ts';
import { readConfig } from '#agent/config.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { platformOptions, thisMachine } from '#agent/cli/machine.ts';
import { controlHandlers } from '#agent/control/handlers.ts';
import type { Handlers } from '#agent/control/answer.ts';
import { serveControl, type ControlServer } from '#agent/control/server.ts';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import { beat } from '#agent/heartbeat.ts';
import { watchHardware } from '#agent/observe/hardware.ts';
import { createLog } from '#agent/log.ts';
import { leaveForGood } from '#agent/identity/leave-for-good.ts';
import { enrolPending } from '#agent/identity/pending-enrolment.ts';
import { createRedactor } from '#agent/redact.ts';
import type { Places } from '#agent/places.ts';
import { startAgent, type StartOptions } from '#agent/start.ts';

export interface RunOptions extends GlobalOptions {
  readonly foreground?: boolean;
  readonly assignment?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

/** The local control, the way this system can keep it to administrators. */
async function serve(platform: Platform, runtime: Directory, handlers: Handlers): Promise<ControlServer> {
  if (platform.os !== 'windows') return serveControl(runtime, handlers);
  const { serveSpool } = await import('#agent/control/spool.ts');
  return serveSpool(runtime, handlers, platform.clock);
}

/** Off for an agent in a terminal: the service's versions are not its own. */
async function updatesOf(
  places: Places,
  proxy: string | null,
  end: () => void,
): Promise<NonNullable<StartOptions['updates']> | null> {
  const host = await currentUpdateHost(platformOptions(places, proxy));
  if (!isSamePath(process.execPath, host.versions.program(build.version))) return null;
  return { host, target: build.target, keys: releaseTrust.keys, end };
}

/** Windows keeps the case of names and does not tell by it. */
function isSamePath(one: string, other: string): boolean {
  return currentSystem() === 'windows' ? one.toLowerCase() === other.toLowerCase() : one === other;
}

export async function run(options: RunOptions): Promise<void> {
  requireRoot();
  const places = placesOf(options);
  const config = await readConfig((await thisMachine(places, null)).files, places.configFile);
  const redactor = createRedactor();
  const style = options.foreground === true ? 'readable' : 'json';
  const log = createLog({ level: options.logLevel ?? config.logLevel, style, redactor });
  const platform = await thisMachine(places, config.proxy);
  const hardware = watchHardware(platform, log, () => randomInt(2 ** 32) / 2 ** 32);
  const stopping = new AbortController();
  const stop = (signal: string): void => {
    log.info('stopping', { signal });
    stopping.abort();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const manager = await currentServiceManager(platformOptions(places, config.proxy));
  manager.onStop(() => stop('service manager'));
  try {
    const running = await startAgent({
      platform,
      vendor: vendorOf('sentinelone'),
      places,
      version: build.version,
      log,
      redactor,
      proxy: config.proxy,
      reboot: config.reboot,
      diagnostics: config.diagnostics,
      assignmentFile: options.assignment ?? null,
      hardware: () => hardware.latest(),
      updates: await updatesOf(places, config.proxy, () => stop('update')),
    });
    const runtime = await platform.files.openPrivateDirectory(places.runtimeDirectory);
    const control = await serve(platform, runtime, controlHandlers(running));
    log.info('garrison-agent started', {
      version: build.version,
      commit: build.commit,
      stateDirectory: places.stateDirectory,
    });
    const { signal } = stopping;
    await Promise.all([
      running.run(signal),
      enrolPending(running, signal),
      leaveForGood(running, () => currentService(platformOptions(places, config.proxy)), signal),
      beat(manager, running.daemon, { clock: platform.clock, log, signal }),
    ]);
    await control.close();
    await running.stop();
  } finally {
    hardware.stop();
  }
  log.info('garrison-agent stopped');
}
