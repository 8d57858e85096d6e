import { pinnedNode } from '../build/runtime.ts';
import { agentProgram, runToEnd, startAgentProcess } from './agent-process.ts';
import { inTurn, type Measurement, pairByPair, type Row, spread } from './measurement.ts';

const ms = (values: readonly number[]): string => `${spread(values, 0)} ms`;

/** Start to end of the two commands people and scripts call, beside a Node that does nothing. */
export const start: Measurement = {
  name: 'start',
  about: 'agent --version and status, beside bare Node of the same version',
  async run(): Promise<readonly Row[]> {
    const program = await agentProgram();
    const node = pinnedNode('linux-x64');
    const daemon = await startAgentProcess(program);
    try {
      const [version = [], status = [], bare = []] = await inTurn(21, [
        () => runToEnd(program, ['--version']),
        () => runToEnd(program, ['status', ...daemon.places]),
        () => runToEnd(node, ['-e', '0']),
      ]);
      const row = (what: string, taken: readonly number[], max: number): Row => ({
        what,
        ours: ms(taken),
        theirs: `${ms(bare)} node -e 0`,
        ...pairByPair(taken, bare),
        budget: `≤ ${max} ×`,
        met: pairByPair(taken, bare).ratio <= max,
      });
      return [row('agent --version', version, 1.5), row('agent status', status, 3)];
    } finally {
      await daemon.stop();
    }
  },
};
