import { asFault } from '#protocol/codes.ts';
import { stepEntry } from '#agent/actions/attempt.ts';
import type { Executor } from '#agent/actions/executor.ts';
import type { Agent } from '#agent/agent.ts';

/**
 * Starts what was installed and does not run, by the vendor's own control program or as a service: once per attempt, as
 * the vendor's guide does after an install. The step is noted first, so that a crash does not make it a second time.
 */
export const startProduct: Executor<'start-product'> = async ({ agent }) => {
  const { attempt } = agent.journal.memory;
  if (attempt === null) return;
  const number = attempt.attempt;
  await agent.journal.write({ change: 'step', step: 'register' }, stepEntry(number, 'register', 'started'));
  for (const step of agent.vendor.presence(agent.platform.os).start) {
    const said =
      step.kind === 'tool' ? await ask(agent, step.tool, step.args) : await startService(agent, step.service);
    await agent.journal.write(stepEntry(number, 'register', said.ok ? 'ok' : 'failed', { detail: said.detail }));
  }
};

interface Said {
  readonly ok: boolean;
  readonly detail: string;
}

async function startService(agent: Agent, service: string): Promise<Said> {
  try {
    const answer = await agent.platform.startService(service);
    return answer.status === 'ok'
      ? { ok: true, detail: `${service} was started` }
      : { ok: false, detail: answer.detail };
  } catch (error) {
    return { ok: false, detail: asFault(error).message };
  }
}

async function ask(agent: Agent, name: string, args: readonly string[]): Promise<Said> {
  const tool = agent.vendor.presence(agent.platform.os).tools.find((entry) => entry.name === name);
  if (tool === undefined) return { ok: false, detail: `there is no tool ${name}` };
  try {
    const answer = await agent.platform.probeVendorTool(tool, args);
    if (answer.status !== 'ok') return { ok: false, detail: answer.detail };
    const { code, stdout, stderr } = answer.value;
    const text = agent.redactor.text(`${stdout}${stderr}`).trim().slice(0, 500);
    return { ok: code === 0, detail: `${name} ${args.join(' ')}: ${text === '' ? `code ${code ?? 'none'}` : text}` };
  } catch (error) {
    return { ok: false, detail: asFault(error).message };
  }
}
