import type { DeviceToDecide } from '#console/api/device-decisions.ts';
import { plain } from '#console/web/device-text.ts';

export type Decision = 'approve' | 'new-device' | 'replaces';

interface Choice {
  readonly decision: Decision;
  readonly button: string;
  /** What happens then. */
  readonly says: string;
}

export interface DecisionWords {
  readonly title: string;
  readonly text: string;
  readonly choices: readonly Choice[];
}

type Subject = Pick<DeviceToDecide, 'kind'> & { readonly earlier: string | null };

/** What stands to be decided, in the order in which the choices are offered; removing the device is always another. */
export function decisionWords({ kind, earlier }: Subject): DecisionWords {
  const other = earlier === null ? 'the earlier device' : plain(earlier) || 'the earlier device';
  switch (kind) {
    case 'pending':
      return {
        title: 'Waits for approval',
        text: 'It came in with an install key that asks for approval. It is watched by nobody and gets nothing until then.',
        choices: [{ decision: 'approve', button: 'Approve', says: 'It becomes a device of the organisation.' }],
      };
    case 'duplicate':
      return {
        title: 'Two machines use this identity',
        text: 'Most often one is a copy of the other, such as a cloned virtual machine. Nothing secret goes to either of them until you decide.',
        choices: [
          {
            decision: 'new-device',
            button: 'Two devices',
            says: 'Each machine comes in anew as a device of its own, by the install key it came with; if that has ended, enrol them with a new one.',
          },
          {
            decision: 'replaces',
            button: 'One device, the other is gone',
            says: 'The machine that still calls goes on as this device. If both still live, this is asked again.',
          },
        ],
      };
    case 'same-hardware':
      return {
        title: 'Another device was enrolled on the same hardware before',
        text: `Most often the system was installed anew. The earlier one is ${other}.`,
        choices: [
          {
            decision: 'replaces',
            button: 'Replaces the old one',
            says: `${other} is retired: kept with its history, counted no more.`,
          },
          { decision: 'new-device', button: 'New device', says: 'Both stay as they are.' },
        ],
      };
  }
}
