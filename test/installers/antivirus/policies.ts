import type { JudgementPolicy } from '#installers/antivirus/judge.ts';

/** What an organisation has that never touched the settings. */
export const defaultPolicy: JudgementPolicy = {
  exceptions: [],
  waivers: [],
  onDemandScanners: 'block',
  defenderOnServers: 'report',
  coexisting: 'report',
};
