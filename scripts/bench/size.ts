import { statSync } from 'node:fs';
import { agentFile, buildAgent } from '../build/agent.ts';
import { pinnedNode, targets } from '../build/runtime.ts';
import type { Measurement, Row } from './measurement.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Each binary beside the plain Node program it is made of; on Linux that is stripped first, so ours is smaller. */
export const size: Measurement = {
  name: 'size',
  about: 'the binary of every system, beside plain Node for the same system',
  async run(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const target of targets) {
      const request = { target, trust: 'release', testKeys: null } as const;
      await buildAgent(request);
      const [ours, theirs] = [agentFile(request), pinnedNode(target)].map((file) => statSync(file).size);
      if (ours === undefined || theirs === undefined) throw new Error(`no size of ${target}`);
      const ratio = ours / theirs;
      rows.push({
        what: `size, ${target}`,
        ours: megabytes(ours),
        theirs: `${megabytes(theirs)} node`,
        ratio,
        budget: '≤ 1.05 ×',
        met: ratio <= 1.05,
      });
    }
    return rows;
  },
};
