/** Settings of the console: a JSON file and environment variables, checked as a whole, then frozen. */
import { isIP } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';

const listenSchema = z.object({ host: z.string().min(1).max(255), port: z.int().min(0).max(65_535) });

const plainLoopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
const originText = z
  .string()
  .max(300)
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must be an origin: scheme, host and port only',
  )
  .refine(
    (text) => text.startsWith('https://') || plainLoopback.test(text),
    'must be https (plain http on loopback only)',
  );

const configSchema = z.strictObject({
  /** Database, key file and package cache stand here. */
  dataDirectory: z.string().min(1),
  /** postgres://…; null: SQLite in the data directory. */
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .nullable()
    .default(null),
  /** 32 bytes, mode 0600. */
  keyFile: z.string().min(1),
  /** Where devices listen to us. */
  devices: listenSchema.default({ host: '127.0.0.1', port: 8440 }),
  /** Where the page is. */
  operators: listenSchema.default({ host: '127.0.0.1', port: 8441 }),
  /** Origin that browsers open the page under. */
  operatorUrl: originText.default('http://127.0.0.1:8441'),
  /**
   * `own`: a key and certificate that the console makes, for listeners whose address is https. `proxy`: something in front
   * speaks TLS, the listeners plain HTTP. Or PEM files, read again when they change.
   */
  tls: z
    .union([z.enum(['own', 'proxy']), z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) })])
    .default('own'),
  /** `/metrics` on a listener of its own; beyond this machine only with a token. */
  metrics: listenSchema.nullable().default(null),
  /** Its content as bearer token lets metrics be read, then also on the operators' listener. */
  metricsTokenFile: z.string().min(1).nullable().default(null),
  /** On SIGTERM: how long it still listens without being ready, and how long it waits for downloads after that. */
  drain: z
    .strictObject({
      noticeSeconds: z.number().min(0).max(300).default(0),
      limitSeconds: z.number().min(0).max(3600).default(60),
    })
    .default({ noticeSeconds: 0, limitSeconds: 60 }),
  /**
   * Proxies whose X-Forwarded-For is believed: addresses or CIDRs, comma-separated. Nothing that stands for all, such as
   * `true` or a number of hops: everybody could then choose the address that limits count (G22).
   */
  trustProxy: z
    .string()
    .refine((text) => text.split(',').every(isNetwork), 'addresses or CIDRs, comma-separated')
    .nullable()
    .default(null),
  packageCacheBytesMax: z
    .int()
    .min(1)
    .default(20 * 1024 ** 3),
  webDirectory: z.string().min(1).nullable().default(null),
  /** Public release keys (base64url) of who builds his own agents; empty: those compiled in. Agents judge by their own. */
  releaseKeys: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/))
    .max(4)
    .default([]),
  /** A SentinelOne stand-in on this machine: demo and tests only. */
  vendorOnLoopback: z.boolean().default(false),
  /** Notifications may go to receivers on this machine, also without TLS. */
  notifyOnLoopback: z.boolean().default(false),
  /** The single sign-on provider may be on this machine, also without TLS: development and tests only. */
  providerOnLoopback: z.boolean().default(false),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type ConsoleConfig = z.infer<typeof configSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

function listen(text: string): unknown {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  return match === null ? text : { host: match[1] ?? match[2], port: Number(match[3]) };
}

/** `own`, `proxy`, or `certificate.pem,key.pem`. */
function tlsFrom(text: string): unknown {
  const [certificate, key, ...more] = text.split(',');
  return key === undefined || more.length > 0 ? text : { certificate, key };
}

/** "10.0.0.7", "10.0.0.0/8", "fd00::/8"; a net of all addresses is none. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.trim().split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** `notice,limit` in seconds. */
function drainFrom(text: string): unknown {
  const [noticeSeconds, limitSeconds, ...more] = text.split(',').map(Number);
  return more.length > 0 ? text : { noticeSeconds, limitSeconds };
}

/** Variable, setting, and how its text is read. */
const variables: readonly (readonly [name: string, setting: string, read: (text: string) => unknown])[] = [
  ['GARRISON_CONSOLE_DATA', 'dataDirectory', (text) => text],
  ['DATABASE_URL', 'databaseUrl', (text) => text],
  ['GARRISON_CONSOLE_KEY_FILE', 'keyFile', (text) => text],
  ['GARRISON_CONSOLE_DEVICES', 'devices', listen],
  ['GARRISON_CONSOLE_OPERATORS', 'operators', listen],
  ['GARRISON_CONSOLE_OPERATOR_URL', 'operatorUrl', (text) => text],
  ['GARRISON_CONSOLE_TLS', 'tls', tlsFrom],
  ['GARRISON_CONSOLE_DRAIN', 'drain', drainFrom],
  ['GARRISON_CONSOLE_METRICS', 'metrics', listen],
  ['GARRISON_CONSOLE_METRICS_TOKEN_FILE', 'metricsTokenFile', (text) => text],
  ['GARRISON_CONSOLE_TRUST_PROXY', 'trustProxy', (text) => text],
  ['GARRISON_CONSOLE_WEB', 'webDirectory', (text) => text],
  ['GARRISON_CONSOLE_RELEASE_KEYS', 'releaseKeys', (text) => text.split(',')],
  ['GARRISON_CONSOLE_VENDOR_ON_LOOPBACK', 'vendorOnLoopback', (text) => text === '1' || text === 'true'],
  ['GARRISON_CONSOLE_NOTIFY_ON_LOOPBACK', 'notifyOnLoopback', (text) => text === '1' || text === 'true'],
  ['GARRISON_CONSOLE_PROVIDER_ON_LOOPBACK', 'providerOnLoopback', (text) => text === '1' || text === 'true'],
  ['GARRISON_CONSOLE_LOG_LEVEL', 'logLevel', (text) => text],
];

function fromFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return z.record(z.string(), z.unknown()).parse(value);
  } catch (error) {
    throw new Fault('console.bad-configuration', `${path} cannot be read as JSON`, { cause: error });
  }
}

function fromEnvironment(environment: Environment): Record<string, unknown> {
  const found = variables.flatMap(([name, setting, read]) => {
    const text = environment[name];
    return text === undefined || text === '' ? [] : [[setting, read(text)] as const];
  });
  return Object.fromEntries(found);
}

/** A key handed over by the service manager comes before the one in the data directory. */
function defaultKeyFile(dataDirectory: string, environment: Environment): string {
  const credentials = environment['CREDENTIALS_DIRECTORY'];
  const handed = credentials === undefined ? null : join(credentials, 'garrison-console-key');
  return handed !== null && existsSync(handed) ? handed : join(dataDirectory, 'keys', 'console.key');
}

/** Throws `console.bad-configuration` with every mistake named. */
export function readConfig(file: string | undefined, environment: Environment): ConsoleConfig {
  const given = { ...fromFile(file), ...fromEnvironment(environment) };
  const dataDirectory = resolve(typeof given['dataDirectory'] === 'string' ? given['dataDirectory'] : 'garrison-data');
  const parsed = configSchema.safeParse({
    keyFile: defaultKeyFile(dataDirectory, environment),
    ...given,
    dataDirectory,
  });
  if (!parsed.success) throw new Fault('console.bad-configuration', z.prettifyError(parsed.error));
  return Object.freeze(parsed.data);
}

export const paths = {
  auditHeads: (config: ConsoleConfig): string => join(config.dataDirectory, 'audit-heads'),
  database: (config: ConsoleConfig): string => join(config.dataDirectory, 'garrison.db'),
  packages: (config: ConsoleConfig): string => join(config.dataDirectory, 'packages'),
  releases: (config: ConsoleConfig): string => join(config.dataDirectory, 'releases'),
};
