/** A console in this process, on a database of its own, with a site that needs no SentinelOne. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { generateSigningKey, sha256Hex, type KeyPair } from '#protocol/crypto.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import type { DeploymentMode } from '#protocol/words.ts';
import { paceSchema, type Pace } from '#console/api/pace.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { ensureAdministrator } from '#console/auth/operators.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { createSides } from '#console/start.ts';
import { startDeployment, stopInstalling } from '#console/fleet/deployment/deployment-control.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { hearOthers, sweep } from '#console/fleet/sweeps.ts';
import { makeKeys } from '#console/keys.ts';
import { createSealer } from '#console/secrets.ts';
import { addEnrolmentKey } from '#console/store/enrolment/enrolment-keys.ts';
import { writeMapping } from '#console/store/sentinelone/mappings.ts';
import { addOrganisation, raisePolicyVersion } from '#console/store/organisations.ts';
import { addPackage } from '#console/store/sentinelone/packages.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import type { Store } from '#console/store/store.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';

export const scope = consoleScope('test');
export const origin = 'http://127.0.0.1:8441';
export const vendorHost = 'usea1-test.sentinelone.test';
export const siteKey = 'a1b2c3d4e5f60718';

/** A registration token as SentinelOne makes them: base64 of address and key of the site. */
export function registrationToken(host = vendorHost, key = siteKey): string {
  return Buffer.from(JSON.stringify({ url: `https://${host}`, site_key: key })).toString('base64');
}

export interface WorldOptions {
  open?: (directory: string) => Promise<Store>;
  /** Allowed besides `vendorHost`. */
  vendorHosts?: readonly string[];
  realSiteTokens?: boolean;
  /** Listens to hints of other processes on the same database. */
  hears?: boolean;
  /** Of the key set. */
  address?: string;
  tlsPins?: readonly string[];
  /** Real devices cannot live in a time that stands still. */
  realTime?: boolean;
}

export class ConsoleWorld {
  readonly directory: string;
  readonly store: Store;
  readonly owner: KeyPair = generateSigningKey();
  side!: DeviceSide;
  app!: FastifyInstance;
  operatorSide!: OperatorSide;
  operatorApp!: FastifyInstance;
  /** Moves only when a test moves it, unless the world lives in real time. */
  nowMs = Date.parse('2026-03-01T10:00:00.000Z');
  /** What the stand-in for SentinelOne answers. */
  siteToken: () => Promise<string> = () => Promise.resolve(registrationToken());
  readonly siteTokenCalls: unknown[] = [];
  readonly sealer = createSealer(randomBytes(32));

  /** Site tokens come from the SentinelOne that a connection names, not from here. */
  readonly realSiteTokens: boolean;

  readonly options: WorldOptions;

  constructor(directory: string, store: Store, options: WorldOptions) {
    this.directory = directory;
    this.store = store;
    this.options = options;
    this.realSiteTokens = options.realSiteTokens ?? false;
    if (options.realTime === true) Object.defineProperty(this, 'nowMs', { get: () => Date.now() });
  }

  get address(): string {
    return this.options.address ?? 'http://127.0.0.1:8440';
  }

  static async start(options: WorldOptions = {}): Promise<ConsoleWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-console-'));
    const store = await (options.open ?? openFile)(directory);
    const world = new ConsoleWorld(directory, store, options);
    const vendorHosts = [vendorHost, ...(options.vendorHosts ?? [])];
    await world.store.write((db) =>
      makeKeys(db, world.sealer, world.owner, {
        consoleId: 'con_test',
        epoch: 1,
        addresses: [world.address],
        vendorHosts,
        tlsPins: [...(options.tlsPins ?? [])],
        nowMs: world.nowMs,
      }),
    );
    await world.restart();
    if (options.hears === true) hearOthers(world.side);
    return world;
  }

  /** Another process on the same database and key file. */
  async sibling(open: () => Promise<Store>): Promise<ConsoleWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-console-'));
    const world = new ConsoleWorld(directory, await open(), this.options);
    Object.assign(world, { sealer: this.sealer, owner: this.owner, nowMs: this.nowMs });
    await world.restart();
    hearOthers(world.side);
    return world;
  }

  /** A new process on the same database. */
  async restart(): Promise<void> {
    const { store, sealer, directory } = this;
    const sides = await createSides({
      store,
      sealer,
      timing: { now: () => this.nowMs, sleep: async () => undefined, random: () => 0.5 },
      packageDirectory: directory,
      packageCacheBytesMax: 1024 ** 3,
      releases: { directory: join(directory, 'releases'), keys: [testReleaseKey.publicKey] },
      vendorOnLoopback: true,
      settings: { version: 'test', origins: [origin], secureCookies: false, webDirectory: null },
    });
    this.side = sides.devices;
    this.operatorSide = sides.operators;
    if (!this.realSiteTokens) Object.assign(this.side, { siteTokens: this.madeUpTokens() });
    this.app = await buildDeviceApp(this.side);
    this.operatorApp = await buildOperatorApp(this.operatorSide);
    await this.sweep();
  }

  private madeUpTokens() {
    return {
      read: (site: unknown) => {
        this.siteTokenCalls.push(site);
        return this.siteToken();
      },
    };
  }

  /** An administrator of everything, with a password of its own. */
  async administrator(name: string, password: string): Promise<void> {
    await ensureAdministrator({ store: this.store, sealer: this.sealer, clock: this.side.clock }, { name, password });
  }

  sweep(): Promise<void> {
    return sweep(this.side, scope);
  }

  async organisation(name: string): Promise<string> {
    const organisationId = newId('org');
    await this.store.write((db) =>
      addOrganisation(db, scope, {
        organisation_id: organisationId,
        name,
        name_folded: name.toLowerCase(),
        mode: 'watch',
        created_at: this.nowMs,
        policy_version: 1,
      }),
    );
    await this.sweep();
    return organisationId;
  }

  async installKey(organisationId: string, more: { usesMax?: number; expiresAt?: number } = {}): Promise<string> {
    const secret = randomBytes(24).toString('base64url');
    const keyId = newId('key');
    await this.store.write((db) =>
      addEnrolmentKey(db, scope, {
        key_id: keyId,
        organisation_id: organisationId,
        secret_sha256: sha256Hex(secret),
        label: '',
        created_at: this.nowMs,
        created_by: 'test',
        expires_at: more.expiresAt ?? this.nowMs + 7 * 86_400_000,
        uses: 0,
        uses_max: more.usesMax ?? null,
        revoked_at: null,
      }),
    );
    return writeEnrolmentString({
      addresses: [this.address],
      ownerKey: this.owner.publicKey,
      keyId,
      secret,
    });
  }

  /** `installs`: as if so many had been previewed. */
  async mode(organisationId: string, mode: DeploymentMode, pace: Partial<Pace> = {}, installs = 0): Promise<void> {
    await this.store.write(async (db) => {
      const work = { db, scope, nowMs: this.nowMs };
      if (mode !== 'deploy') return stopInstalling(work, organisationId, mode);
      return startDeployment(work, { organisationId, pace: paceSchema.parse(pace), installs, by: 'test' });
    });
    await this.sweep();
  }

  /** Maps an organisation to the one site there is. */
  async mapped(organisationId: string): Promise<void> {
    await this.store.write(async (db) => {
      await db
        .insertInto('connections')
        .values({
          connection_id: 'con1',
          name: 'Main',
          address: `https://${vendorHost}`,
          host: vendorHost,
          account_id: '1',
          account_name: null,
          scope: 'account',
          user_id: null,
          user_name: null,
          site_id: null,
          token_sealed: '',
          token_expires_at: null,
          checked_at: null,
          problem: null,
          permissions: '[]',
          created_at: this.nowMs,
          sites_read_at: null,
          packages_read_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await db
        .insertInto('sites')
        .values({
          connection_id: 'con1',
          site_id: '225494730938493804',
          name: 'Default site',
          state: 'active',
          account_name: null,
          is_default: 1,
          expires_at: null,
          licences_used: null,
          licences_total: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await writeMapping(db, scope, {
        organisation_id: organisationId,
        connection_id: 'con1',
        site_id: '225494730938493804',
        site_name: 'Default site',
        group_id: null,
        group_name: null,
        console_host: vendorHost,
        site_key_sha256: sha256Hex(siteKey),
        confirmed_at: this.nowMs,
        confirmed_by: 'test',
      });
      await raisePolicyVersion(db, scope, organisationId);
    });
    await this.sweep();
  }

  /** A package file in the cache; answers its digest. */
  async package(content: string, connectionId: string | null = null): Promise<string> {
    const sha256 = sha256Hex(content);
    writeFileSync(join(this.directory, sha256), content);
    await this.store.write(async (db) => {
      await addPackage(db, {
        package_id: newId('pkg'),
        connection_id: connectionId,
        vendor_package_id: null,
        target: 'linux-x64-deb',
        format: 'deb',
        version: '24.2.2.20',
        source: 'baseline',
        release: 'ga',
        file_name: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
        size_bytes: content.length,
        sha1: null,
        sha256,
        state: 'ready',
        problem: null,
        ready_at: this.nowMs,
      });
      await raisePolicyVersion(db, scope, null);
    });
    await this.sweep();
    return sha256;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.operatorApp.close();
    await this.operatorSide.packages.close();
    this.operatorSide.connections.close();
    this.operatorSide.signOn.close();
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function openFile(directory: string): Promise<Store> {
  return openSqlite(join(directory, 'garrison.db'), { alone: true });
}
