/** The stand-in as a program, for the demo and for end-to-end runs. Prints one JSON line when it is ready. */
import { parseArgs } from 'node:util';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import { packageFilesIn } from '#test/worlds/sentinelone/packages.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    'public-url': { type: 'string' },
    packages: { type: 'string' },
    state: { type: 'string' },
    'api-token': { type: 'string' },
    'appear-after': { type: 'string', default: '0' },
    'downloads-per-minute': { type: 'string', default: '2' },
  },
});

const world = await startSentinelOne({
  port: Number(values.port),
  host: values.host,
  packageFiles: values.packages === undefined ? [] : packageFilesIn(values.packages),
  settings: {
    agentsAppearAfterPolls: Number(values['appear-after']),
    downloadsPerMinute: Number(values['downloads-per-minute']),
  },
  ...(values['public-url'] === undefined ? {} : { publicUrl: values['public-url'] }),
  ...(values.state === undefined ? {} : { stateFile: values.state }),
  ...(values['api-token'] === undefined ? {} : { apiToken: values['api-token'] }),
});

const ready = {
  url: world.url,
  publicUrl: world.settings.publicUrl,
  apiToken: world.apiToken,
  accountId: world.tenant.accounts[0]?.id ?? null,
  sites: world.tenant.sites.map(({ id, name, state }) => ({ id, name, state, token: world.registrationToken(id) })),
};
process.stdout.write(`${JSON.stringify(ready)}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void world.stop().then(() => process.exit(0));
  });
}
