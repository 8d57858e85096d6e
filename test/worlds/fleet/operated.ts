/** A console with its first administrator and a stand-in of SentinelOne that it can be connected to. */
import { connectionRoutes } from '#console/api/connections.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice, type SimulatedOptions } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

export class Operated {
  readonly world: ConsoleWorld;
  readonly vendor: SentinelOneWorld;
  readonly admin: OperatorClient;

  private constructor(world: ConsoleWorld, vendor: SentinelOneWorld, admin: OperatorClient) {
    this.world = world;
    this.vendor = vendor;
    this.admin = admin;
  }

  static async start(): Promise<Operated> {
    const vendor = await startSentinelOne({ settings: { downloadsPerMinute: 100 } });
    const world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
    await world.administrator('ann', password);
    return new Operated(world, vendor, await OperatorClient.signedIn(world.operatorApp, 'ann', password));
  }

  async stop(): Promise<void> {
    await this.world.stop();
    await this.vendor.stop();
  }

  /** Signed in; null: every organisation. */
  async operator(
    name: string,
    role: 'viewer' | 'operator' | 'admin',
    organisationIds: readonly string[] | null,
  ): Promise<OperatorClient> {
    const row = await newOperatorRow({ name, password, role }, this.world.nowMs);
    const organisations = organisationIds === null ? null : JSON.stringify(organisationIds);
    await this.world.store.write((db) => addOperator(db, { ...row, organisations }));
    return OperatorClient.signedIn(this.world.operatorApp, name, password);
  }

  async organisation(name: string): Promise<string> {
    return (await this.admin.call(organisationRoutes.create, { body: { name } })).organisationId;
  }

  async device(organisationId: string, options: SimulatedOptions = {}): Promise<SimulatedDevice> {
    const made = await this.admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
    const now = (): number => this.world.nowMs;
    const device = simulatedDevice(this.world.app, made.enrolmentString, { now, ...options });
    await device.enrol();
    await device.checkIn();
    return device;
  }

  async connected(name = 'Main'): Promise<string> {
    const body = { name, address: this.vendor.url, apiToken: this.vendor.apiToken };
    return (await this.admin.call(connectionRoutes.enable, { body })).connectionId;
  }

  async siteId(connectionId: string, name: string): Promise<string> {
    const { items } = await this.admin.call(connectionRoutes.sites, { params: { connectionId } });
    return items.find((site) => site.name === name)?.siteId ?? '';
  }

  async map(organisationId: string, connectionId: string, siteName: string): Promise<void> {
    const siteId = await this.siteId(connectionId, siteName);
    await this.admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  }
}

/** `409 request.conflict`, or that there was none. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Problem ? `${error.status} ${error.code}` : String(error)),
  );
}
