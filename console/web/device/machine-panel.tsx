import type { DeviceDetail } from '#console/api/devices.ts';
import { Pairs } from '#console/web/device/pairs.tsx';
import { systemText } from '#console/web/device-text.ts';
import { bytes, exactTime } from '#console/web/format.ts';
import { Panel } from '#console/web/parts/panel.tsx';
import { sources, systems, targets, trusts } from '#console/web/words.ts';

export function MachinePanel({ device }: { device: DeviceDetail }) {
  const machine = device.report?.machine?.value;
  const hardware = device.report?.hardware?.value;
  const model = hardware ? `${hardware.manufacturer} ${hardware.model}` : null;
  return (
    <Panel title="Machine" at={device.report?.machine?.observedAt ?? null}>
      <Pairs
        wide
        of={[
          ['System', machine ? systemText(machine.name, machine.version) : systems[device.os]],
          ['Kind', machine ? (machine.product === 'server' ? 'server' : 'workstation') : null],
          ['Processor', machine?.architecture ?? null],
          ['Package kind', device.target === null ? 'none fits' : targets[device.target]],
          ['Memory', machine ? bytes(machine.memoryBytes) : null],
          ['Virtual', machine?.virtualisation ?? null],
          ['Model', model],
          ['Serial number', hardware?.serial ?? null],
          ['Disks', hardware?.disks.map((disk) => `${disk.name} ${bytes(disk.sizeBytes)}`).join(', ') ?? null],
          ['Trusts', device.report && trusts[device.report.trust]],
          ['Instructed by', device.report && sources[device.report.source]],
          ['Enrolled', exactTime(device.enrolledAt)],
          ['Device id', device.deviceId],
        ]}
      />
    </Panel>
  );
}
