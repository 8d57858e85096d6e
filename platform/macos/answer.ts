import type { ProbeLimits } from '#platform/exec.ts';
import type { Probe } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { ProbeResult } from '#platform/platform.ts';
import type { RunExtras } from '#platform/posix/runner.ts';

/** A program of the system and its arguments. */
export type Question = readonly [program: string, ...args: string[]];

/**
 * What a program of the system said, however it ended. Every Mac has them all, so one that is missing is a look that
 * failed and never "there is no such thing here".
 */
export async function answerTo(
  runner: Runner,
  [program, ...args]: Question,
  limits: Partial<ProbeLimits> = {},
  extras: RunExtras = {},
): Promise<Probe<ProbeResult>> {
  const probe = completed(await runner.probe({ program, args }, limits, extras), program);
  return probe.status === 'unsupported' ? failed(probe.detail) : probe;
}

/** Its standard output when it ended well. */
export async function outputOf(
  runner: Runner,
  question: Question,
  limits: Partial<ProbeLimits> = {},
): Promise<Probe<string>> {
  const probe = await answerTo(runner, question, limits);
  if (probe.status !== 'ok') return probe;
  const { code, stdout, stderr } = probe.value;
  return code === 0
    ? { status: 'ok', value: stdout }
    : failed(`${question[0]} ended with ${code ?? 'no code'}: ${stderr.trim()}`);
}
