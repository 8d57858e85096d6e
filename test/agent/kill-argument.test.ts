import { sentinelOne } from '#installers/sentinelone/index.ts';
import type { Recipe, Vendor } from '#installers/vendor.ts';
import { survives } from '#test/agent/kill.ts';
import { scripts } from '#test/worlds/host/installer.ts';

/** The token by argument as on Windows, the package beside a token file as on macOS: all that lies about, in one recipe. */
const recipe = (format: Recipe['format']): Recipe | null => {
  const deb = sentinelOne.recipe(format);
  if (deb === null) return null;
  const install = [{ program: 'apt-get', args: ['-t', '{token}', '-q', '{package}'] }];
  return {
    ...deb,
    install,
    repair: () => install,
    packageLies: 'run',
    handOver: (token) => ({
      files: [
        { name: 'site-token', content: token },
        { name: 'com.sentinelone.registration-token', content: token },
      ],
      argumentFile: 'site-token',
      environment: {},
    }),
  };
};
const vendor: Vendor = { ...sentinelOne, recipe };

survives({
  name: 'an install that takes the token by argument, with its package beside a token file',
  scripts: [scripts.works],
  starts: 1,
  losses: ['part'],
  options: { vendor },
});
