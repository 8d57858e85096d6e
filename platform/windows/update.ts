/** How the agent is updated on Windows: it lays the new version down and ends; the service host starts it, on trial. */
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { UpdateHost } from '#platform/update-host.ts';
import type { Protection } from '#platform/windows/protection.ts';
import type { ToolStarter } from '#platform/windows/runner.ts';
import { Fault } from '#protocol/codes.ts';

/** A new binary's first start pays for a scan by the antivirus as well as for a cold cache. */
const askLimits = { timeoutMs: 60_000, outputBytesMax: 4096 };

interface Parts {
  readonly runner: Pick<ToolStarter, 'run'>;
  readonly protection: Protection;
  readonly versions: ProgramVersions;
}

export function windowsUpdateHost({ runner, protection, versions }: Parts): UpdateHost {
  return {
    versions,
    async ask(version) {
      const program = versions.program(version);
      const refusal = await protection.whyWritable(program, versions.root);
      if (refusal !== null) throw new Fault('service.untrusted-program', `${program} ${refusal}`);
      const answer = await runner.run({ program, args: ['--version'] }, askLimits).catch(() => null);
      if (answer?.code !== 0 || answer.timedOut) return null;
      return answer.stdout.split(/\r?\n/)[0] ?? '';
    },
    // The host has read `current` and `trial` when it starts the next one: both stand by now.
    handOver: async () => 'end',
  };
}
