/**
 * What `garrison-agent plan` says on machines of every kind, compared letter by letter with the reviewed answers below
 * `test/fixtures/plans/`. After a change that is meant, `npx vitest run --project unit test/agent/plans -u` writes them
 * anew; every difference is then read as an administrator would read it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { conflictSchema, protectionStateSchema } from '#protocol/state.ts';
import { explained, printed } from '#test/agent/plans/explained.ts';
import { linuxProfiles } from '#test/agent/plans/linux.ts';
import { macosProfiles } from '#test/agent/plans/macos.ts';
import { windowsProfiles } from '#test/agent/plans/windows.ts';

const folder = new URL('../../fixtures/plans/', import.meta.url);
const profiles = [...windowsProfiles, ...macosProfiles, ...linuxProfiles];
const fileOf = (name: string): string => new URL(name, folder).pathname;

describe('plan on', () => {
  test.each(profiles.map((profile) => [profile.name, profile] as const))('%s', async (name, profile) => {
    const explanation = await explained(profile);
    const { text, json } = printed(profile, explanation);
    await expect(text).toMatchFileSnapshot(fileOf(`${name}.txt`));
    await expect(json).toMatchFileSnapshot(fileOf(`${name}.json`));
    expect(protectionStateSchema.safeParse(explanation.state).error).toBeUndefined();
    for (const found of [...explanation.antivirus.blocking, ...explanation.antivirus.reported]) {
      expect(conflictSchema.safeParse(found).error).toBeUndefined();
    }
  });
});

test('at least twenty machines, of every system, each with its reviewed files and no file without a machine', () => {
  expect(profiles.length).toBeGreaterThanOrEqual(20);
  expect(new Set(profiles.map(({ machine }) => machine.os)).size).toBe(3);
  const files = profiles.flatMap(({ name }) => [`${name}.json`, `${name}.txt`]);
  expect(readdirSync(folder).toSorted()).toEqual([...files, 'README.md'].toSorted());
  for (const file of files) expect(existsSync(fileOf(file))).toBe(true);
});
