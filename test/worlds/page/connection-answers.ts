/** What the mock answers about SentinelOne consoles and their sites. */
import type { Connection } from '#console/api/connections.ts';
import { found, now, Refusal, type Answers, type Asked } from './answering.ts';
import { hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

export function connectionAnswers(world: PageWorld): Answers {
  const connection = (asked: Asked) =>
    found(world.connections.find((one) => one.connectionId === asked.params['connectionId']));
  const sites = (connectionId: string) => ({
    items: connectionId === 'c-main' ? world.sites : [],
    refreshedAt: iso(world.nowMs - 600_000),
  });
  const changeConnection = (changed: Connection): Connection => {
    world.connections = world.connections.map((one) => (one.connectionId === changed.connectionId ? changed : one));
    world.hint('connections');
    return changed;
  };
  return {
    'connections.list': () => ({ items: world.connections }),
    'connections.enable': ({ body }) => {
      if (!/^[\w.-]{20,}$/.test(body.apiToken)) throw new Refusal(400, 'sentinelone.token-shape');
      const made = {
        ...found(world.connections[0]),
        connectionId: `c-${world.connections.length}`,
        name: body.name,
        host: body.address.replace(/^https:\/\//, ''),
      };
      world.connections = [...world.connections, made];
      return made;
    },
    'connections.enableByPassword': ({ body }) => {
      if (body.username === 'ann@sso.example') throw new Refusal(422, 'sentinelone.sign-in');
      if (body.code === undefined) return { kind: 'code-required' };
      if (body.code !== '123456') throw new Refusal(422, 'sentinelone.sign-in');
      const first = found(world.connections[0]);
      const made = { ...first, connectionId: `c-${world.connections.length}`, name: body.name, alarms: [] };
      world.connections = [...world.connections, made];
      return { kind: 'enabled', connection: made };
    },
    'connections.change': (asked) => {
      const before = connection(asked);
      const address = asked.body.address.startsWith('https://') ? asked.body.address : `https://${asked.body.address}`;
      if (address !== before.address && asked.body.apiToken === undefined) throw new Refusal(400, 'request.invalid');
      return changeConnection({ ...before, name: asked.body.name, address, host: address.slice(8) });
    },
    'connections.renewToken': (asked) =>
      changeConnection({
        ...connection(asked),
        alarms: [],
        renewedAt: now(),
        tokenExpiresAt: iso(Date.now() + 180 * 24 * hourMs),
        renewsAt: iso(Date.now() + 90 * 24 * hourMs),
      }),
    'connections.setInstalling': (asked) =>
      changeConnection({ ...connection(asked), stoppedAt: asked.body.allowed ? null : now() }),
    'connections.createSite': ({ body }) => {
      const first = found(world.sites[0]);
      const site = {
        ...first,
        siteId: `33549473093849380${world.sites.length}`,
        name: body.name,
        state: 'active' as const,
        isDefault: false,
        expiresAt: body.expiresAt,
        licencesUsed: 0,
        licencesTotal: body.licences,
        organisations: [],
      };
      world.sites = [...world.sites, site];
      return site;
    },
    'connections.replaceToken': (asked) => connection(asked),
    'connections.check': (asked) => changeConnection({ ...connection(asked), checkedAt: now() }),
    'connections.sites': (asked) => sites(connection(asked).connectionId),
    'connections.refreshSites': (asked) => sites(connection(asked).connectionId),
  };
}
