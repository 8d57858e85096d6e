/** What a Mac needs so that SentinelOne works without a click: the profile for an MDM server, or the steps without one. */
import { manualSteps } from '#installers/sentinelone/macos-profile/steps.ts';
import { macosProfile } from '#installers/sentinelone/macos-profile/profile.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { print, printJson } from '#agent/cli/output.ts';

export function macProfileCommand(options: { readonly steps?: boolean; readonly json?: boolean }): void {
  if (options.steps !== true) return print(macosProfile(sha256Hex).trimEnd());
  if (options.json === true) return printJson(manualSteps);
  for (const [index, { title, where, what }] of manualSteps.entries()) {
    print(`${index + 1}. ${title}\n   ${where}\n   ${what}`);
  }
}
