/** GET update/agent/packages and the throttled downloads. */
import {
  contains,
  html,
  list,
  listAnswer,
  notFound,
  parameters,
  within,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { packageBytes } from '#test/worlds/sentinelone/packages.ts';
import { visibleSites, type VendorPackage } from '#test/worlds/sentinelone/tenant.ts';

function show(item: VendorPackage, exchange: Exchange): Record<string, unknown> {
  const { file: _file, link, ...fields } = item;
  return {
    ...fields,
    accounts: [],
    sites: [],
    scopeLevel: 'global',
    rangerVersion: null,
    supportedOsVersions: null,
    updatedAt: item.createdAt,
    link: link ?? `${exchange.settings.publicUrl}/web/api/v2.1/update/agent/download/${item.id}/${item.id}`,
  };
}

function matches(item: VendorPackage, query: Map<string, string>): boolean {
  return (
    within(query, 'ids', item.id) &&
    within(query, 'osTypes', item.osType) &&
    within(query, 'platformTypes', item.platformType) &&
    within(query, 'platformType', item.platformType) &&
    within(query, 'status', item.status) &&
    within(query, 'packageTypes', item.packageType) &&
    within(query, 'packageType', item.packageType) &&
    within(query, 'fileExtensions', item.fileExtension) &&
    within(query, 'fileExtension', item.fileExtension) &&
    within(query, 'version', item.version) &&
    within(query, 'sha1', item.sha1) &&
    within(query, 'majorVersions', item.majorVersion) &&
    within(query, 'minorVersions', item.minorVersion) &&
    contains(query, 'query', item.fileName) &&
    contains(query, 'fileName__contains', item.fileName) &&
    (list(query, 'osArches') === null || (item.osType === 'windows' && within(query, 'osArches', item.osArch)))
  );
}

/** Two downloads a minute for one token; the refusal comes from a proxy and is a page, not JSON. */
function throttle(exchange: Exchange): Answer | null {
  const recent = (exchange.downloads.get(exchange.token) ?? []).filter((at) => at > exchange.now - 60_000);
  exchange.downloads.set(exchange.token, recent);
  if (recent.length < exchange.settings.downloadsPerMinute) {
    recent.push(exchange.now);
    return null;
  }
  const seconds = exchange.settings.downloadRetryAfter;
  return html(429, '429 Too Many Requests', seconds === null ? {} : { 'retry-after': String(seconds) });
}

function deliver(item: VendorPackage, exchange: Exchange): Answer {
  const bytes = packageBytes(item);
  const headers = { 'content-type': 'application/octet-stream' };
  switch (exchange.settings.downloadMode) {
    case 'normal':
      return { status: 200, body: bytes, headers };
    case 'short-body':
      return { status: 200, body: bytes.subarray(0, bytes.length / 2), headers, announceBytes: bytes.length };
    case 'wrong-size':
      return { status: 200, body: bytes.subarray(0, bytes.length - 1), headers };
    case 'altered': {
      const altered = Buffer.from(bytes);
      altered.writeUInt8((altered.at(-1) ?? 0) ^ 1, altered.length - 1);
      return { status: 200, body: altered, headers };
    }
    case 'endless':
      return {
        status: 200,
        body: Buffer.concat([bytes, bytes]),
        headers: { ...headers, 'transfer-encoding': 'chunked' },
      };
    case 'html':
      return html(200, 'Please wait');
    case 'redirect':
      return { status: 302, body: '', headers: { location: exchange.settings.redirectTo } };
  }
}

function download(exchange: Exchange): Answer {
  const refused = throttle(exchange);
  if (refused !== null) return refused;
  const { packageId, siteId } = exchange.params;
  const item = exchange.tenant.packages.find((candidate) => candidate.id === packageId);
  const known = siteId === undefined || visibleSites(exchange.tenant, exchange.user).some((site) => site.id === siteId);
  if (item === undefined || !known) throw notFound();
  return deliver(item, exchange);
}

const packageParameters = parameters(`
  siteIds accountIds ids query osTypes platformType platformTypes status osArches fileExtension
  fileExtensions version versionStr__contains fileName__contains sha1 sha1__contains majorVersions
  minorVersion minorVersions packageType packageTypes osRevision rangerVersion
`);

export const packageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'update/agent/packages',
    permission: 'Packages.view',
    query: packageParameters,
    handle: (exchange) =>
      listAnswer(
        exchange.tenant.packages.filter((item) => matches(item, exchange.query)),
        exchange,
        (item) => show(item, exchange),
      ),
  },
  ...['update/agent/download/:siteId/:packageId', 'update/agent/download/:packageId'].map((path): Route => ({
    method: 'GET',
    path,
    permission: 'Packages.view',
    query: [],
    handle: download,
  })),
];
