import { pinnedNode } from '../build/runtime.ts';
import { agentProgram, runToEnd, startAgentProcess } from './agent-process.ts';
import { inTurn, type Measurement, type Row } from './measurement.ts';

const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** Start to end of the two commands people and scripts call, beside a Node that does nothing. */
export const start: Measurement = {
  name: 'start',
  about: 'agent --version and status, beside bare Node of the same version',
  async run(): Promise<readonly Row[]> {
    const program = await agentProgram();
    const node = pinnedNode('linux-x64');
    const daemon = await startAgentProcess(program);
    try {
      const [version = 0, status = 0, bare = 1] = await inTurn(15, [
        () => runToEnd(program, ['--version']),
        () => runToEnd(program, ['status', ...daemon.places]),
        () => runToEnd(node, ['-e', '0']),
      ]);
      const row = (what: string, value: number, max: number): Row => ({
        what,
        ours: ms(value),
        theirs: `${ms(bare)} node -e 0`,
        ratio: value / bare,
        budget: `≤ ${max} ×`,
        met: value / bare <= max,
      });
      return [row('agent --version', version, 1.5), row('agent status', status, 3)];
    } finally {
      await daemon.stop();
    }
  },
};
