/** The shim as a process of its own: outside the agent's control group, alive when the agent is not. */
import { requireRoot } from '#agent/cli/environment.ts';
import { readConfig } from '#agent/config.ts';
import { thisMachine } from '#agent/cli/machine.ts';
import { defaultPlaces } from '#agent/places.ts';
import { runInstaller } from '#agent/installer-run/shim.ts';

export async function runInstallerCommand(directory: string): Promise<void> {
  requireRoot();
  // Package managers end with their terminal or their service; the installer must not.
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => undefined);
  const places = defaultPlaces();
  const { files } = await thisMachine(places, null);
  // Package managers fetch what the package needs. A configuration that went bad meanwhile must not keep an installer waiting.
  const config = await readConfig(files, places.configFile).catch(() => null);
  await runInstaller(await thisMachine(places, config?.proxy ?? null), directory);
}
