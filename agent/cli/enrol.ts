/** `enrol`: makes this device known to a console. The string comes from a file or standard input, never from argv. */
import { setTimeout as pause } from 'node:timers/promises';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { asFault, Fault } from '#protocol/codes.ts';
import { vendorOf } from '#installers/index.ts';
import { build } from '#agent/build.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { thisMachine } from '#agent/cli/machine.ts';
import { print, printJson } from '#agent/cli/output.ts';
import { readConfig } from '#agent/config.ts';
import type { Platform } from '#platform/platform.ts';
import { ask } from '#agent/cli/ask.ts';
import { identityFile } from '#agent/identity/identity.ts';
import { createLog } from '#agent/log.ts';
import { pendingFile, textOfFile } from '#agent/identity/pending-enrolment.ts';
import { createRedactor } from '#agent/redact.ts';
import { ownState } from '#agent/setup.ts';
import { startAgent } from '#agent/start.ts';

const enrolmentBytesMax = 16 * 1024;
const daemonTriesMax = 30;
const daemonStartMs = 500;

export interface EnrolOptions extends GlobalOptions {
  readonly file?: string;
  readonly prepareImage?: boolean;
  readonly json?: boolean;
}

export async function enrolCommand(options: EnrolOptions): Promise<void> {
  requireRoot();
  const places = placesOf(options);
  const enrolment = await readString(await thisMachine(places, null), options.file);
  readEnrolmentString(enrolment);
  if (options.prepareImage === true) return prepareImage(options, enrolment);
  const granted = await introduce(options, enrolment);
  const { deviceId, organisationName } = granted as { deviceId: string; organisationName: string };
  if (options.json === true) return printJson({ deviceId, organisationName });
  print(`Enrolled in ${organisationName} as device ${deviceId}.`);
}

/** By the daemon, or in its place while it is stopped. One that has just been started owns the state before it can be asked. */
async function introduce(options: EnrolOptions, enrolment: string): Promise<unknown> {
  const places = placesOf(options);
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(places, { method: 'POST', path: '/enrol', body: { enrolment } });
    } catch (error) {
      if (asFault(error).code !== 'agent.not-running') throw error;
    }
    try {
      return await enrolStopped(options, enrolment);
    } catch (error) {
      if (asFault(error).code !== 'agent.already-running' || tries === daemonTriesMax) throw error;
    }
    await pause(daemonStartMs);
  }
}

/** A file must be root's own and closed to others: it holds the secret of the install key. */
async function readString(platform: Platform, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') return textOfFile(await platform.files.readTrusted(file, enrolmentBytesMax));
  if (process.stdin.isTTY)
    throw new Fault('agent.bad-arguments', 'give the enrolment string by --file or on standard input');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The daemon is not running: its own parts do the same, without its loop. */
async function enrolStopped(
  options: EnrolOptions,
  enrolment: string,
): Promise<{ deviceId: string; organisationName: string }> {
  const places = placesOf(options);
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
    assignmentFile: null,
    hardware: () => null,
  });
  try {
    return await running.connection.enrol(enrolment);
  } finally {
    await running.stop();
  }
}

/** Leaves the string and no identity: every copy of the image makes its own. */
async function prepareImage(options: EnrolOptions, enrolment: string): Promise<void> {
  const places = placesOf(options);
  const owned = await ownState(await thisMachine(places, null), places);
  try {
    const { state } = owned.directories;
    if ((await identityFile(state).read()) !== null)
      throw new Fault('enrol.already', 'unenrol this machine before making an image of it');
    // What this machine remembers is not what happened to its copies.
    await state.remove('journal');
    await pendingFile(state).write({ enrolment: enrolment.trim() });
  } finally {
    await owned.release();
  }
  if (options.json === true) return printJson({ prepared: true });
  print('Prepared: every copy of this machine enrols by itself at its first start.');
}
