/** What packages and units ask of this program; people have no use for it. */
import { currentVersions, currentWatchedService } from '#platform/current.ts';
import { build } from '#agent/build.ts';
import { placesOf, requireRoot } from '#agent/cli/environment.ts';
import { platformOptions, thisMachine } from '#agent/cli/machine.ts';
import { print } from '#agent/cli/output.ts';
import { filePath } from '#agent/file-path.ts';
import { createLog } from '#agent/log.ts';
import { createRedactor } from '#agent/redact.ts';
import { activate } from '#agent/update/activate.ts';
import { floorName, floorOf, updateDirectoryName } from '#agent/update/floor.ts';
import { createWatcher } from '#agent/update/watch.ts';
import { Fault } from '#protocol/codes.ts';

const floorBytesMax = 200;

/** `activate`: run by a package, as the program that it brought. */
export async function activateCommand(): Promise<void> {
  requireRoot();
  const places = placesOf({});
  const versions = await currentVersions(platformOptions(places, null));
  if (versions === null) throw new Fault('selection.unsupported', 'this system has no versions to choose from');
  const { files, os } = await thisMachine(places, null);
  const path = filePath(os, filePath(os, places.stateDirectory, updateDirectoryName), floorName);
  const floor = floorOf(await files.readTrusted(path, floorBytesMax).catch(() => null));
  const done = await activate(versions, { version: build.version, program: process.execPath, floor });
  if (done === 'kept') print(`garrison-agent ${await versions.current()} is newer and stays`);
}

/** `watch-update`: run by its own unit, as the version before the newest. */
export async function watchUpdateCommand(): Promise<void> {
  requireRoot();
  const places = placesOf({});
  const options = platformOptions(places, null);
  const [versions, service] = [await currentVersions(options), await currentWatchedService(options)];
  if (versions === null || service === null)
    throw new Fault('selection.unsupported', 'on this system the service host watches');
  const { clock } = await thisMachine(places, null);
  const log = createLog({ level: 'info', style: 'json', redactor: createRedactor() });
  const turn = createWatcher({ versions, service, clock, log });
  for (let napMs = await turn(); napMs !== null; napMs = await turn()) await clock.sleep(napMs);
}
