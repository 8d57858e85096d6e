import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { outputOf } from '#platform/macos/answer.ts';
import { approvalsOf, parseProfiles } from '#platform/macos/parse/profiles.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { Approvals } from '#platform/platform.ts';

const limits = { timeoutMs: 20_000, outputBytesMax: 16 * 1024 * 1024 };

/**
 * From the profiles and not from the system's own database of permissions: that one opens only to who has Full Disk
 * Access himself, and its form changes with every release.
 */
export async function approvals(runner: Runner): Promise<Probe<Approvals>> {
  const listed = await outputOf(runner, ['profiles', 'show', '-output', 'stdout-xml'], limits);
  if (listed.status !== 'ok') return listed;
  const payloads = parseProfiles(listed.value);
  return payloads === null
    ? failed('profiles answered in a form that is not known')
    : { status: 'ok', value: approvalsOf(payloads) };
}
