/** The highest version that has proved itself on this device: nothing goes back behind it by itself (G15). */
import { agentVersionText } from '#protocol/release/version.ts';

export const updateDirectoryName = 'update';
export const floorName = 'floor';

export function floorOf(bytes: Uint8Array | null): string | null {
  const parsed = agentVersionText.safeParse(
    Buffer.from(bytes ?? [])
      .toString('utf8')
      .trim(),
  );
  return parsed.success ? parsed.data : null;
}
