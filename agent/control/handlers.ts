/** What the local control offers. Reading is for `status` and `plan`; the rest does what the console's buttons do. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { explain } from '#agent/explain/explain.ts';
import type { Handlers } from '#agent/control/answer.ts';
import { cancelLocally, retryLocally } from '#agent/link/commands.ts';
import type { RunningAgent } from '#agent/start.ts';

const enrolBody = z.object({ enrolment: z.string().max(8_000) });

export function controlHandlers({ agent, daemon, connection, diagnostics }: RunningAgent): Handlers {
  return {
    'GET /status': async () => {
      const identity = connection.identity();
      const reached = connection.reaches();
      const { heardAtMs } = agent.current;
      return {
        version: agent.version,
        report: daemon.report(),
        enrolled: identity?.enrolled ?? null,
        console: reached.addresses,
        vendorHosts: reached.vendorHosts,
        pinned: reached.pinned,
        heardAgoMs: heardAtMs === null ? null : agent.platform.clock.monotonic() - heardAtMs,
        journal: {
          journalId: agent.journal.journalId,
          newestSeq: agent.journal.newestSeq,
          acknowledgedSeq: agent.journal.acknowledgedSeq,
          broken: agent.journal.broken?.toRecord() ?? null,
        },
        clockSkewMs: agent.time.skewMs(),
      };
    },
    'GET /plan': async () => {
      const { input, plan } = await daemon.explain();
      return explain(input, plan, agent.vendor);
    },
    'GET /timeline': async () => ({ events: agent.journal.timeline }),
    'POST /retry': async () => {
      const result = await retryLocally(agent);
      daemon.lookAgain();
      return { result };
    },
    'POST /cancel': async () => {
      const cancelled = await cancelLocally(agent);
      daemon.lookAgain();
      return { cancelled };
    },
    'POST /diagnose': async () => {
      const { path, sha256, bytes, holds } = await diagnostics.make({ by: 'local' });
      return { path, sha256, sizeBytes: bytes.length, holds };
    },
    'POST /look': async () => {
      daemon.lookAgain();
      return {};
    },
    'POST /enrol': async (body) => {
      const parsed = enrolBody.safeParse(body);
      if (!parsed.success) throw new Fault('request.invalid', 'enrolment is missing');
      return connection.enrol(parsed.data.enrolment);
    },
    'POST /unenrol': async () => {
      if (connection.identity() === null) throw new Fault('enrol.not-enrolled', 'there is nothing to give up');
      await connection.unenrol('local');
      return {};
    },
  };
}
