/** The stand-in of SentinelOne's Management API: a small HTTP server over one tenant. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Dispatcher, type SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { Refusal, vendorError, type Answer, type Settings } from '#test/worlds/sentinelone/exchange.ts';
import { addDecoys, addPackageFile } from '#test/worlds/sentinelone/packages.ts';
import { newTenant, registrationToken, type Tenant } from '#test/worlds/sentinelone/tenant.ts';

export interface SentinelOneOptions {
  port?: number;
  host?: string;
  /** Address written into registration tokens and links; by default the one it listens on. */
  publicUrl?: string;
  /** PEM; serves HTTPS. */
  tls?: { key: string; cert: string };
  now?: () => number;
  /** Real stand-in package files, named like the vendor's. */
  packageFiles?: readonly string[];
  /** The package list's other thirty-odd entries; true unless said otherwise. */
  decoys?: boolean;
  apiToken?: string;
  sites?: readonly string[];
  settings?: Partial<Settings>;
  /** The tenant is read from and kept in this JSON file. */
  stateFile?: string;
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.reset === true) {
    response.socket?.destroy();
    return;
  }
  const length = answer.announceBytes ?? Buffer.byteLength(answer.body);
  const chunked = answer.headers['transfer-encoding'] === 'chunked';
  response.writeHead(answer.status, { ...answer.headers, ...(chunked ? {} : { 'content-length': String(length) }) });
  if (answer.announceBytes === undefined) response.end(answer.body);
  else response.write(answer.body, () => (answer.stall === true ? undefined : response.destroy()));
}

async function serve(server: Dispatcher, request: IncomingMessage, response: ServerResponse): Promise<void> {
  server.world.requests.push({
    method: request.method ?? '',
    url: request.url ?? '',
    authorization: request.headers.authorization ?? null,
    headers: request.headers,
  });
  const fault = server.fault(request)?.answer;
  if (fault === 'reset') return send(response, { status: 0, body: '', headers: {}, reset: true });
  if (fault !== undefined && 'status' in fault) return send(response, fault);
  if (fault !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  try {
    send(response, await server.answer(request));
  } catch (error) {
    const refused =
      error instanceof Refusal ? error.answer : vendorError(500, 5_000_010, 'Server Error', String(error));
    send(response, refused);
  }
}

function standardSettings(publicUrl: string): Settings {
  return {
    publicUrl,
    downloadsPerMinute: 2,
    downloadRetryAfter: null,
    downloadMode: 'normal',
    redirectTo: 'http://127.0.0.1:9/elsewhere',
    generateTokenMode: 'normal',
    tokenFormat: 'legacy',
    tokenLifetimeMs: 180 * 86_400_000,
    serviceUserMayRenew: false,
    serviceUserTokenRoute: true,
    serviceUserMayAskWho: false,
    registrationTokenInLists: false,
    agentsAppearAfterPolls: 0,
    inactiveAfterMs: 180_000,
    scanDurationMs: 60_000,
  };
}

function openTenant(options: SentinelOneOptions, now: number): Tenant {
  if (options.stateFile !== undefined && existsSync(options.stateFile)) {
    const kept: Tenant = JSON.parse(readFileSync(options.stateFile, 'utf8'));
    return kept;
  }
  const sites = options.sites ?? ['Default site', 'Acme Headquarters', 'Acme Branch'];
  const tenant = newTenant({ now, apiToken: options.apiToken, sites });
  if (options.decoys !== false) addDecoys(tenant, now);
  return tenant;
}

/** Starts one tenant. Everything in `tenant`, `settings` and `faults` may be changed while it runs. */
export async function startSentinelOne(options: SentinelOneOptions = {}): Promise<SentinelOneWorld> {
  const now = options.now ?? Date.now;
  const tenant = openTenant(options, now());
  for (const file of options.packageFiles ?? []) addPackageFile(tenant, file, now());
  let server: Dispatcher | null = null;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (server !== null) void serve(server, request, response);
  };
  const listener = options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = listener.address() as AddressInfo;
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const settings = { ...standardSettings(options.publicUrl ?? url), ...options.settings };
  const world: SentinelOneWorld = {
    url,
    apiToken: tenant.users[0]?.apiToken?.value ?? '',
    tenant,
    settings,
    faults: [],
    requests: [],
    now,
    registrationToken: (siteId) =>
      registrationToken(settings.publicUrl, tenant.sites.find(({ id }) => id === siteId)?.siteKey ?? ''),
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
  server = new Dispatcher(world, options.stateFile);
  server.save();
  return world;
}
