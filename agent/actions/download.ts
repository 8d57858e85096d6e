import { asFault, Fault } from '#protocol/codes.ts';
import type { Candidate } from '#protocol/assignment.ts';
import { openAttempt, stepEntry } from '#agent/actions/attempt.ts';
import { closeAttempt } from '#agent/actions/close-attempt.ts';
import type { Executor } from '#agent/actions/executor.ts';
import { isRefusal, verifyPackage } from '#agent/actions/verify-package.ts';
import { packageName, verifiedName, type Agent } from '#agent/agent.ts';

/** Brings the package here and verifies it; marks it verified only when everything holds. */
export const download: Executor<'download'> = async (execution, { candidate }) => {
  const { agent } = execution;
  const attempt = await openAttempt(agent, candidate, 'download');
  try {
    await fetch(agent, candidate, attempt);
    await agent.journal.write({ change: 'step', step: 'verify-package' });
    const publisher = await verifyPackage(agent, candidate);
    await agent.directories.packages.create(verifiedName(candidate), Buffer.from(publisher));
    await agent.journal.write(stepEntry(attempt, 'verify-package', 'ok', { detail: publisher }));
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'state.disk-error') throw fault;
    await refuse(agent, candidate, fault);
    await closeAttempt(execution, { kind: 'close-attempt', result: 'failed', fault: fault.toRecord() });
  }
};

async function fetch(agent: Agent, candidate: Candidate, attempt: number): Promise<void> {
  const { supply } = agent.current;
  if (supply === null) throw new Fault('download.unavailable', 'there is nowhere to get packages from');
  await removeOthers(agent, candidate);
  await agent.journal.write(
    stepEntry(attempt, 'download', 'started', { detail: `${candidate.fileName}, ${candidate.sizeBytes} bytes` }),
  );
  const startedAtMs = agent.platform.clock.monotonic();
  try {
    await supply.fetchPackage(candidate, packageName(candidate), (doneBytes) => {
      agent.current.progress = { doneBytes, totalBytes: candidate.sizeBytes };
    });
  } finally {
    agent.current.progress = null;
  }
  const tookMs = Math.round(agent.platform.clock.monotonic() - startedAtMs);
  await agent.journal.write(
    stepEntry(attempt, 'download', 'ok', { detail: `${candidate.sizeBytes} bytes in ${tookMs} ms` }),
  );
}

/** Room for one package: others were for other assignments. */
async function removeOthers(agent: Agent, candidate: Candidate): Promise<void> {
  const { packages } = agent.directories;
  for (const name of await packages.list()) {
    if (!name.startsWith(candidate.sha256)) await packages.remove(name);
  }
}

/** What failed verification is deleted, so that nothing can run it and the next try fetches it afresh. */
export async function refuse(agent: Agent, candidate: Candidate, fault: Fault): Promise<void> {
  if (!isRefusal(fault)) return;
  await agent.directories.packages.remove(verifiedName(candidate));
  await agent.directories.packages.remove(packageName(candidate));
  const record = fault.toRecord();
  await agent.journal.write({
    event: 'package-refused',
    data: { package: candidate, fault: { ...record, context: { ...record.context } } },
  });
  agent.log.error('package refused', { code: fault.code, detail: fault.message, package: candidate.fileName });
}
