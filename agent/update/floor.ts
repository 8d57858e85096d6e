/** The highest version that has proved itself on this device: nothing goes back behind it by itself (G15). */
import type { Directory } from '#platform/files.ts';
import { agentVersionText, compareAgentVersions } from '#protocol/release/version.ts';

export const updateDirectoryName = 'update';
export const floorName = 'floor';
const floorBytesMax = 200;

/** `update`: the directory of that name in the state. null: none has proved itself yet. */
export async function readFloor(update: Directory): Promise<string | null> {
  return floorOf(await update.read(floorName, floorBytesMax));
}

export function floorOf(bytes: Uint8Array | null): string | null {
  const parsed = agentVersionText.safeParse(
    Buffer.from(bytes ?? [])
      .toString('utf8')
      .trim(),
  );
  return parsed.success ? parsed.data : null;
}

/** `exactly`: also downwards, after a downgrade that its release allows. */
export async function raiseFloor(update: Directory, version: string, exactly = false): Promise<void> {
  const floor = await readFloor(update);
  if (floor === version || (!exactly && floor !== null && compareAgentVersions(version, floor) < 0)) return;
  await update.replace(floorName, Buffer.from(`${version}\n`));
}
