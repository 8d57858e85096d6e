import { defineConfig } from 'vitest/config';

const lab = { testTimeout: 240_000, hookTimeout: 600_000 };

/**
 * `unit` needs nothing but Node; `walls` reads the tree; `lab` needs root, real package managers and systemd; `arm64` needs
 * an emulator for that processor, `wine` needs Wine, both in roots of the lab; `browser` needs Chromium; `database` needs a PostgreSQL server. What a project needs and does not find fails it.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/walls/**',
            'test/e2e/**',
            'test/lab/**',
            'test/**/*.{lab,arm64,wine,browser,database}.test.ts',
          ],
          globalSetup: ['test/console/exercised.ts'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'walls', include: ['test/walls/**/*.test.ts'] } },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts', 'test/**/*.lab.test.ts'],
          fileParallelism: false,
          ...lab,
        },
      },
      // Emulated: everything takes several times as long.
      {
        test: {
          name: 'arm64',
          include: ['test/**/*.arm64.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      // Every file has machines of its own and mostly waits for them.
      {
        test: {
          name: 'wine',
          include: ['test/**/*.wine.test.ts'],
          globalSetup: ['test/wine/prepare.ts'],
          maxWorkers: 2,
          ...lab,
        },
      },
      {
        // Mostly waiting for retries, restarts and package managers: two files side by side leave the cores room.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/whole-*.test.ts'],
          globalSetup: ['test/e2e/prepare.ts'],
          maxWorkers: 2,
          ...lab,
        },
      },
      // Console, page and device together: what they show is also how soon, so nothing runs beside them.
      {
        test: {
          name: 'whole',
          include: ['test/e2e/whole-*.test.ts'],
          globalSetup: ['test/e2e/prepare.ts'],
          fileParallelism: false,
          ...lab,
        },
      },
      { test: { name: 'browser', include: ['test/**/*.browser.test.ts'], fileParallelism: false, ...lab } },
      {
        test: {
          name: 'database',
          include: ['test/**/*.database.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
    ],
  },
});
