/** The held request of a device: registered first, then read, then held (a wake in between is not lost). */
import { envelopeSchema } from '#protocol/envelope.ts';
import { limits } from '#protocol/limits.ts';
import type { CommandsResponse } from '#protocol/messages.ts';
import { deviceScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { assignmentIsStale } from '#console/fleet/link/check-in.ts';
import { getsNothing, type KnownDevice } from '#console/fleet/link/device-memory.ts';
import { orderToLeave } from '#console/fleet/membership/offboarding.ts';
import { DeviceRevoked } from '#console/problems.ts';
import { pendingCommands } from '#console/store/devices/commands.ts';

interface Poll {
  readonly after: number;
  /** seconds */
  readonly wait: number;
}

const nothing: CommandsResponse = { commands: [], checkIn: false };

async function look(side: DeviceSide, device: KnownDevice, after: number): Promise<CommandsResponse | null> {
  const leaves = side.leaving.has(device.organisationId);
  if (leaves) await orderToLeave(side, device);
  // Leaving is nothing that must be kept from anybody.
  if (getsNothing(device) && !leaves) return null;
  const from = { after, nowMs: side.clock.now(), limit: limits.commandsMax };
  const rows = await pendingCommands(side.store.read, deviceScope(device), device.deviceId, from);
  const checkIn = !getsNothing(device) && assignmentIsStale(side, device);
  if (rows.length === 0 && !checkIn) return null;
  const commands = rows.map(({ position, envelope }) => ({
    position,
    command: envelopeSchema.parse(JSON.parse(envelope)),
  }));
  return { commands, checkIn };
}

/** `onGone` registers what to do when the device hangs up. */
export async function holdForCommands(
  side: DeviceSide,
  device: KnownDevice,
  poll: Poll,
  onGone: (gone: () => void) => void,
): Promise<CommandsResponse> {
  const waiter = side.waiters.register(device);
  onGone(() => waiter.wake('gone'));
  try {
    side.memory.seen(device.deviceId, side.clock.now());
    const atOnce = await look(side, device, poll.after);
    if (atOnce !== null || poll.wait === 0) return atOnce ?? nothing;
    const untilMs = performance.now() + Math.min(poll.wait * 1000, limits.commandWaitMs);
    for (;;) {
      const why = await waiter.wait(Math.max(0, untilMs - performance.now()));
      side.memory.seen(device.deviceId, side.clock.now());
      // Somebody may have decided about it while it waited.
      const now = why === 'timeout' ? device : ((await side.memory.know(device.deviceId)) ?? device);
      if (why === 'revoked') throw new DeviceRevoked(device.deviceId, now.leavesAs);
      if (why === 'check-in') return { commands: [], checkIn: !getsNothing(now) };
      if (why !== 'command') return nothing;
      const news = await look(side, device, poll.after);
      if (news !== null) return news;
    }
  } finally {
    waiter.release();
  }
}
