/** Diagnostics in the mock: the device hears of it, makes one and sends it, unless it is silent or refuses. */
import type { DeviceDiagnostics } from '#console/api/diagnostics.ts';
import { found, now, type Answers, type Asked } from './answering.ts';
import type { PageWorld } from './world.ts';

const dayMs = 86_400_000;

export function diagnosticsAnswers(world: PageWorld): Answers {
  const of = ({ params }: Asked): DeviceDiagnostics[] => world.diagnostics.get(params['deviceId'] ?? '') ?? [];
  return {
    'diagnostics.list': (asked) => ({ items: of(asked).slice(0, 10) }),
    'diagnostics.ask': (asked) => {
      const { deviceId } = found(world.devices.find((one) => one.deviceId === asked.params['deviceId']));
      const waiting = of(asked).find(({ state }) => state === 'asked' || state === 'making');
      if (waiting !== undefined) return waiting;
      const asking: DeviceDiagnostics = {
        commandId: `diagnose-${of(asked).length + 1}`,
        requestedAt: now(),
        requestedBy: 'ada',
        state: 'asked',
        fault: null,
        archive: null,
      };
      world.diagnostics.set(deviceId, [asking, ...of(asked)]);
      world.hint('device', deviceId);
      return asking;
    },
  };
}

/** What the device does next with the newest one. */
export function playDiagnostics(world: PageWorld, deviceId: string, change: Partial<DeviceDiagnostics>): void {
  const [newest, ...rest] = world.diagnostics.get(deviceId) ?? [];
  if (newest === undefined) throw new Error(`nothing was asked of ${deviceId}`);
  world.diagnostics.set(deviceId, [{ ...newest, ...change }, ...rest]);
  world.hint('device', deviceId);
}

export function arrivedArchive(sizeBytes: number): NonNullable<DeviceDiagnostics['archive']> {
  return { sizeBytes, arrivedAt: now(), keptUntil: new Date(Date.now() + 14 * dayMs).toISOString() };
}
