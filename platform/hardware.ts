/**
 * The hardware, for people: nothing is decided on it. systeminformation starts programs of its own, so it runs only in a
 * short-lived child of ours (`garrison-agent hardware`) whose environment we built; its memory goes with the child.
 */
import { baseboard, bios, cpu, diskLayout, system } from 'systeminformation';

export interface Hardware {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly processor: string;
  readonly disks: readonly { readonly name: string; readonly sizeBytes: number }[];
}

const textMax = 200;
const disksMax = 16;

export async function readHardware(): Promise<Hardware> {
  const [machine, board, firmware, processor, disks] = await Promise.all([
    system(),
    baseboard(),
    bios(),
    cpu(),
    diskLayout(),
  ]);
  return {
    manufacturer: clip(machine.manufacturer || board.manufacturer || firmware.vendor),
    model: clip(machine.model || board.model),
    serial: clip(machine.serial === '-' ? '' : machine.serial),
    processor: clip(`${processor.manufacturer} ${processor.brand}`),
    disks: disks.slice(0, disksMax).map((disk) => ({
      name: clip(`${disk.vendor} ${disk.name || disk.device}`),
      sizeBytes: Math.max(0, Math.round(disk.size)),
    })),
  };
}

function clip(text: string): string {
  return text.trim().slice(0, textMax);
}
