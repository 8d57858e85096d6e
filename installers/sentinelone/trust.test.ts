import type { Trust } from '#installers/sentinelone/trust.ts';

/** Put in place by the bundler from the directory given to the build; absent when the sources run unbundled. */
declare const __GARRISON_TEST_KEYS__: Trust['publishers']['rpmKeys'] | undefined;

/**
 * Stand-in publishers, for test builds only (`npm run build -- --trust test`). The marker makes such a build recognisable
 * by its bytes: a release build in which it is found fails.
 */
export const trust: Trust & { readonly marker: string } = {
  marker: 'garrison-test-trust:never-in-a-release',
  flavour: 'test',
  publishers: {
    rpmKeys: typeof __GARRISON_TEST_KEYS__ === 'undefined' ? [] : __GARRISON_TEST_KEYS__,
    authenticodeOrganisations: ['Garrison Stand-in Publisher'],
    appleTeamIds: ['STANDIN000'],
  },
  hostSuffixes: ['127.0.0.1', 'localhost', 'sentinelone.test'],
  plainHttpLoopback: true,
  versionFloor: { windows: '1.0', macos: '1.0', linux: '1.0' },
};
