import { asFault, Fault } from '#protocol/codes.ts';
import type { Candidate } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { Invocation } from '#platform/platform.ts';
import type { Recipe } from '#installers/vendor.ts';
import { openAttempt, stepEntry } from '#agent/actions/attempt.ts';
import { closeAttempt } from '#agent/actions/close-attempt.ts';
import { refuse } from '#agent/actions/download.ts';
import type { Execution, Executor } from '#agent/actions/executor.ts';
import { launch } from '#agent/actions/launch.ts';
import { verifyPackage } from '#agent/actions/verify-package.ts';
import type { Agent } from '#agent/agent.ts';
import { freshAges } from '#agent/observe/observe.ts';
import { obstacle } from '#agent/plan/preconditions.ts';
import { addedArguments } from '#agent/schedule.ts';
import { removeOrphanedRuns } from '#agent/setup.ts';

/** Looks once more at everything the decision rests on, then hands the package to the shim. */
export const install: Executor<'install'> = async (execution, { candidate }) => {
  const { agent } = execution;
  const attempt = await openAttempt(agent, candidate, 'preflight');
  if (await isSuperseded(execution, { candidate, attempt, product: 'absent' })) return;
  try {
    const recipe = recipeFor(agent, candidate);
    await verifyPackage(agent, candidate);
    await agent.journal.write(
      stepEntry(attempt, 'preflight', 'ok', { detail: 'package verified, no other antivirus, no lock held' }),
    );
    const token = await siteToken(agent, attempt);
    const invocations = invocationsFor(execution, recipe);
    await launch(agent, { candidate, purpose: 'install', recipe, invocations, token });
  } catch (error) {
    await fail(execution, candidate, asFault(error));
  }
};

/** The one repair of a half-installed package. Laying it down again runs the vendor's scripts, which want the token anew. */
export const repair: Executor<'repair'> = async (execution, { candidate }) => {
  const { agent } = execution;
  const attempt = await openAttempt(agent, candidate, 'repair');
  if (await isSuperseded(execution, { candidate, attempt, product: 'partial' })) return;
  try {
    const recipe = recipeFor(agent, candidate);
    const { packageNames } = agent.vendor.presence(agent.platform.os);
    const state = await agent.platform.packageState(candidate.format, packageNames);
    if (state.status !== 'ok') throw new Fault('install.partial', state.detail);
    const invocations = recipe.repair(state.value);
    if (invocations.length === 0) throw new Fault('install.partial', recipe.repairRefusal ?? 'there is no repair');
    await verifyPackage(agent, candidate);
    const token = await siteToken(agent, attempt);
    await launch(agent, { candidate, purpose: 'repair', recipe, invocations, token });
  } catch (error) {
    await fail(execution, candidate, asFault(error));
  }
};

async function fail(execution: Execution, candidate: Candidate, fault: Fault): Promise<void> {
  const { directories, journal } = execution.agent;
  // Whatever was laid out for a start that did not come to be holds the site token.
  const keep = journal.memory.attempt?.run?.directory ?? null;
  await removeOrphanedRuns(directories.runs, keep).catch(() => undefined);
  if (fault.code === 'state.disk-error') throw fault;
  await refuse(execution.agent, candidate, fault);
  await closeAttempt(execution, { kind: 'close-attempt', result: 'failed', fault: fault.toRecord() });
}

interface Expected {
  readonly candidate: Candidate;
  readonly attempt: number;
  /** What the product was when this was planned. */
  readonly product: 'absent' | 'partial';
}

/** Right before the irreversible call the world is looked at once more; what has changed ends the attempt, no fault. */
async function isSuperseded(execution: Execution, expected: Expected): Promise<boolean> {
  const { agent } = execution;
  const changed = await circumstancesChanged(execution, expected);
  if (changed === null) return false;
  await agent.journal.write(stepEntry(expected.attempt, 'preflight', 'waiting', { detail: changed }));
  await closeAttempt(execution, { kind: 'close-attempt', result: 'superseded', fault: null });
  return true;
}

/** Facts at most 10 s old: no conflict, product as it was, lock free, the same unexpired assignment still deploying. */
async function circumstancesChanged(execution: Execution, { candidate, product }: Expected): Promise<string | null> {
  const input = await execution.look(freshAges);
  if (input.facts.product.value.state !== product) return `the product is not ${product} any more`;
  if (input.facts.selection?.value.chosen?.sha256 !== candidate.sha256) return 'another package is assigned now';
  return obstacle(input)?.because[0]?.text ?? null;
}

function recipeFor(agent: Agent, candidate: Candidate): Recipe {
  const recipe = agent.vendor.recipe(candidate.format);
  if (recipe === null) throw new Fault('install.wrong-package', `there is no recipe for ${candidate.format}`);
  return recipe;
}

/** The recipe's own, with what the rung of its exit code adds for this try. */
function invocationsFor({ agent, input }: Execution, recipe: Recipe): readonly Invocation[] {
  const added = addedArguments(agent.journal.memory.attempt?.follows ?? null, input.basis);
  return recipe.install.map(({ program, args }) => ({ program, args: [...args, ...added] }));
}

/** Fetched right before the start, judged before it goes anywhere, known to the redactor before anything is written. */
async function siteToken(agent: Agent, attempt: number): Promise<string> {
  const { assignment, supply } = agent.current;
  const site = assignment?.assignment.site ?? null;
  if (assignment === null || site === null || supply === null)
    throw new Fault('token.unavailable', 'no site is assigned');
  const token = await supply.siteToken(assignment.assignment.number, attempt);
  agent.redactor.add(token);
  const { consoleHost, siteKeySha256 } = site;
  const verdict = agent.vendor.judgeToken(token, {
    consoleHost,
    siteKeySha256,
    vendorHosts: assignment.vendorHosts,
    sha256: sha256Hex,
  });
  if (!verdict.ok) throw new Fault(verdict.code, verdict.detail);
  await agent.journal.write(
    stepEntry(attempt, 'site-token', 'ok', { detail: `for ${site.siteName} on ${verdict.consoleHost}` }),
  );
  return token;
}
