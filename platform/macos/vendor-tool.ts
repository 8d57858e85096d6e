import { answerTo } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { Probe } from '#platform/inventory.ts';
import type { ProbeResult, VendorToolSpec } from '#platform/platform.ts';

const verifyLimits = { timeoutMs: 60_000, outputBytesMax: 64 * 1024 };
/** A vendor's tool may wait for its daemon that is only just starting. */
const runLimits = { timeoutMs: 60_000 };
const teamPattern = /^[A-Z0-9]{10}$/;

/**
 * Proves that the tool is the vendor's, then runs it. Its path and every directory above are root's alone; its signature
 * holds and was made by a pinned team with a certificate of Apple's. That last part is asked as a requirement: `codesign
 * -dv` prints the team that a signature claims, and a signature of one's own making can claim any. The seal of the bundle
 * around it is not asked for: only root can have broken it, and a product that keeps a file of its own in there would
 * never be heard again.
 */
export async function probeVendorTool(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
  given: { readonly tool: VendorToolSpec; readonly args: readonly string[]; readonly stdin: string | undefined },
): Promise<Probe<ProbeResult>> {
  const { tool, args, stdin } = given;
  if (tool.kind !== 'file') return untrusted(`${tool.name} is no program of macOS`);
  const found = await system.look(tool.path, 'root');
  if (found.status === 'absent') return untrusted(`${tool.path} does not exist`);
  if (found.distrust !== null) return untrusted(found.distrust);
  if (!found.executable) return untrusted(`${tool.path} is not a program`);
  const refusal = await whyNotSigned(runner, found.realPath, tool.appleTeamIds ?? []);
  if (refusal !== null) return untrusted(refusal);
  const extras = stdin === undefined ? {} : { stdin };
  return { status: 'ok', value: await runner.run({ program: found.realPath, args }, runLimits, extras) };
}

async function whyNotSigned(runner: Runner, path: string, teamIds: readonly string[]): Promise<string | null> {
  const teams = teamIds.filter((team) => teamPattern.test(team));
  if (teams.length === 0) return 'this build pins no publisher team';
  const team = teams.map((each) => `certificate leaf[subject.OU] = "${each}"`).join(' or ');
  const requirement = `=anchor apple generic and (${team})`;
  const probe = await answerTo(runner, ['codesign', '--verify', '--strict', '-R', requirement, path], verifyLimits);
  if (probe.status !== 'ok') return probe.detail;
  if (probe.value.code === 0) return null;
  return `${path}: ${probe.value.stderr.trim().slice(0, 300) || 'its signature does not hold'}`;
}

function untrusted(detail: string): { status: 'failed'; code: string; detail: string } {
  return { status: 'failed', code: 'health.untrusted-tool', detail };
}
