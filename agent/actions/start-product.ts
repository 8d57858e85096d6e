import { asFault } from '#protocol/codes.ts';
import { stepEntry } from '#agent/actions/attempt.ts';
import type { Executor } from '#agent/actions/executor.ts';
import type { Agent } from '#agent/agent.ts';

/**
 * Asks the vendor's own control program to start what was installed and does not run: once per attempt, as the vendor's
 * guide does after an install. The step is noted first, so that a crash does not make it a second time.
 */
export const startProduct: Executor<'start-product'> = async ({ agent }) => {
  const { attempt } = agent.journal.memory;
  if (attempt === null) return;
  const number = attempt.attempt;
  await agent.journal.write({ change: 'step', step: 'register' }, stepEntry(number, 'register', 'started'));
  for (const { tool, args, stdin } of agent.vendor.register) {
    if (stdin === 'token') continue;
    const said = await ask(agent, tool, args);
    await agent.journal.write(stepEntry(number, 'register', said.ok ? 'ok' : 'failed', { detail: said.detail }));
  }
};

async function ask(agent: Agent, name: string, args: readonly string[]): Promise<{ ok: boolean; detail: string }> {
  const tool = agent.vendor.tools.find((entry) => entry.name === name);
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
