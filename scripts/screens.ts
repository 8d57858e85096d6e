/** Pictures of the page for the documents, from the mock console: `npm run screens` writes `docs/screens/`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setStage } from '#test/worlds/page/browser.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'screens');

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  narrow: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const;

const screens = [
  ['overview', '/', ['light', 'dark', 'narrow']],
  ['devices', '/devices?sort=state', ['light', 'dark', 'narrow']],
  ['device', '/devices/d-002', ['light', 'dark', 'narrow']],
  ['organisations', '/organisations', ['light']],
  ['mappings', '/administration/apps/sentinelone?tab=mappings', ['light']],
  ['packages', '/administration/apps/sentinelone?tab=packages', ['dark']],
  ['enrolment', '/enrolment', ['light']],
  ['alerts', '/alerts', ['light', 'narrow']],
  ['activity', '/activity', ['dark']],
  ['operators', '/settings?tab=operators', ['light']],
  ['single-sign-on', '/settings?tab=sign-on', ['light', 'dark', 'narrow']],
  ['agent-versions', '/settings?tab=agents', ['light', 'narrow']],
] as const;

mkdirSync(folder, { recursive: true });
const stage = await setStage('shipped');
try {
  for (const [name, path, wanted] of screens) {
    for (const look of wanted) {
      const { page, address, close } = await stage.open(looks[look]);
      await page.goto(`${address}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
      process.stdout.write(`${name}-${look}.png\n`);
      await close();
    }
  }
} finally {
  await stage.close();
}
