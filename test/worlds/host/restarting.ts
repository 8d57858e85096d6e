/**
 * Installers that want, begin or survive a restart, on the in-memory host: what the vendor's Windows installers do by their
 * exit codes (its own documentation and Microsoft's), played by the package manager of this world.
 */
import { sentinelOne } from '#installers/sentinelone/index.ts';
import type { ExitMeaning, Recipe, Rung, Vendor } from '#installers/vendor.ts';
import { afterBootFile, type Script } from '#test/worlds/host/installer.ts';

const minuteMs = 60_000;
const stop: Rung = { kind: 'stop' };
const wanted = (text: string): ExitMeaning => ({ outcome: 'done-reboot', code: null, text, ladder: [] });
const failed = (text: string, ladder: readonly Rung[]): ExitMeaning => ({
  outcome: 'fault',
  code: 'install.failed',
  text,
  ladder,
});

export const meanings: Readonly<Record<number, ExitMeaning>> = {
  100: wanted('the old agent is removed; the new one goes on installing after a restart'),
  101: wanted('a restart is needed to go on'),
  103: wanted('a restart is needed to finish removing the old agent'),
  104: wanted('an earlier run still owes a restart'),
  1641: wanted('installed; a restart has been started'),
  3010: wanted('installed; a restart is needed'),
  1603: failed('fatal error', [{ kind: 'again', times: 1 }, { kind: 'after-reboot', times: 1 }, stop]),
  2000: failed('general failure', [{ kind: 'again', times: 2 }, { kind: 'after-reboot', times: 1 }, stop]),
  2002: {
    outcome: 'fault',
    code: 'install.left-bare',
    text: 'the old agent is gone and the new one failed',
    ladder: [{ kind: 'after-reboot', times: 1 }, stop],
  },
  2009: failed('the id of an old agent cannot be read', [
    { kind: 'changed-arguments', arguments: ['--forget-id'] },
    stop,
  ]),
  2014: failed('unpack failed', [{ kind: 'fresh-download' }, stop]),
  2027: { outcome: 'degraded', code: null, text: 'installed, but the agent is disabled', ladder: [] },
};

export const restarting = {
  /** 3010: it is there, and is not to be believed before the restart. */
  there: { runsForMs: 6_000, code: 3010, leaves: 'present', connectsAfterMs: 4_000, owesRestart: true },
  /** 3010, and a restart brings nothing. */
  promised: { runsForMs: 6_000, code: 3010, leaves: 'absent', owesRestart: true },
  /** 1641: the machine goes down right after its end. */
  goesDown: { runsForMs: 6_000, code: 1641, leaves: 'present', connectsAfterMs: 4_000, restartsAfterMs: 6_500 },
  /** The machine goes down in the middle of it, and it goes on by itself afterwards. */
  midRun: {
    runsForMs: 60_000,
    code: 0,
    leaves: 'present',
    restartsAfterMs: 20_000,
    afterBoot: { forMs: 2 * minuteMs, leaves: 'present', connectsAfterMs: 5_000 },
  },
  /** 100: nothing protects until the restart, then the new one goes on by itself. */
  goesOn: {
    runsForMs: 10_000,
    code: 100,
    leaves: 'absent',
    owesRestart: true,
    afterBoot: { forMs: 3 * minuteMs, leaves: 'present', connectsAfterMs: 5_000 },
  },
  /** 100, and it needs longer after the restart than a machine takes to become quiet. */
  goesOnSlowly: {
    runsForMs: 10_000,
    code: 100,
    leaves: 'absent',
    owesRestart: true,
    afterBoot: { forMs: 20 * minuteMs, leaves: 'present', connectsAfterMs: 5_000 },
  },
  /** 100, and what goes on after the restart fails: the old agent is gone and the new one did not go in. */
  goesOnToBare: {
    runsForMs: 10_000,
    code: 100,
    leaves: 'absent',
    owesRestart: true,
    afterBoot: { forMs: 3 * minuteMs, leaves: 'absent', code: 2002 },
  },
  /** 100, and then another restart is wanted. */
  goesOnToAnother: {
    runsForMs: 10_000,
    code: 100,
    leaves: 'absent',
    owesRestart: true,
    afterBoot: { forMs: 3 * minuteMs, leaves: 'partial', code: 3010 },
  },
  /** 2027: installed, and switched off. */
  disabled: { runsForMs: 6_000, code: 2027, leaves: 'absent' },
  bare: { runsForMs: 8_000, code: 2002, leaves: 'absent' },
  general: { runsForMs: 5_000, code: 2000, leaves: 'absent' },
  foreignId: { runsForMs: 5_000, code: 2009, leaves: 'absent' },
  unpackFailed: { runsForMs: 5_000, code: 2014, leaves: 'absent' },
} as const satisfies Record<string, Script>;

/** The vendor of this world with an installer that ends with the codes above. */
export const restartingVendor: Vendor = {
  ...sentinelOne,
  recipe(format) {
    const recipe = sentinelOne.recipe(format);
    return recipe === null ? null : withMeanings(recipe);
  },
};

function withMeanings(recipe: Recipe): Recipe {
  const path = `${afterBootFile.directory}/${afterBootFile.name}`;
  return {
    ...recipe,
    exitCodeFiles: [{ path, stage: 'after-reboot' }],
    classify: (exit) => meanings[exit.reported?.code ?? exit.code ?? -1] ?? recipe.classify(exit),
  };
}
