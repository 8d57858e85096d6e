/** A console process for devices under Wine: one package a target, so that it is known which format is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import type { WindowsStandIn } from '#test/worlds/sentinelone/windows/build.ts';
import { setUpConsole } from '#test/worlds/whole/console.ts';
import { setUpEstate, startDeployment, type Estate } from '#test/worlds/whole/estate.ts';
import { firstAdministrator, type Operator } from '#test/worlds/whole/operator.ts';

export interface WindowsEstate {
  readonly sentinelOne: SentinelOneWorld;
  readonly operator: Operator;
  readonly estate: Estate;
  /** What the console has printed. */
  log(): string;
  stop(): Promise<void>;
}

/** Deploying from the start. */
export async function setUpWindowsEstate(packages: readonly WindowsStandIn[]): Promise<WindowsEstate> {
  const sentinelOne = await startSentinelOne({
    packageFiles: packages.map(({ path }) => path),
    decoys: false,
    settings: { downloadsPerMinute: 100 },
  });
  const [site] = sentinelOne.tenant.sites;
  if (site === undefined) throw new Error('The stand-in tenant has no site');
  const dataDirectory = mkdtempSync(join(tmpdir(), 'garrison-wine-console-'));
  const console = await setUpConsole({ dataDirectory, vendorHosts: [new URL(sentinelOne.url).host] });
  await console.start();
  const login = { name: 'ann', password: 'canary-w1Nd-correct-horse' };
  const operator = await firstAdministrator(console.operatorAddress, console.firstSecret, login);
  const estate = await setUpEstate(operator, {
    tenantUrl: sentinelOne.url,
    apiToken: sentinelOne.apiToken,
    siteId: site.id,
    organisation: 'Windows at Acme',
    targets: packages.map(({ target }) => target),
  });
  await startDeployment(operator, estate.organisationId);
  return {
    sentinelOne,
    operator,
    estate,
    log: () => console.output(),
    async stop() {
      await console.stop();
      await sentinelOne.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
