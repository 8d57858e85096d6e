/** After a change that assignments are made of: devices that wait are told, in this process at once and in others soon. */
import { consoleScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { sweep } from '#console/fleet/sweeps.ts';

export async function policyChanged(side: DeviceSide): Promise<void> {
  await sweep(side, consoleScope('policy'));
}
