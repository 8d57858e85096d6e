/** What an exit can mean, and the ladders of what to do then. */
import type { ExitMeaning, Rung } from '#installers/vendor.ts';
import type { FaultCode } from '#protocol/codes.ts';

export const stop: Rung = { kind: 'stop' };
export const never: readonly Rung[] = [stop];
export const once: readonly Rung[] = [{ kind: 'again', times: 1 }, stop];
export const few: readonly Rung[] = [{ kind: 'again', times: 3 }, stop];
export const download: readonly Rung[] = [{ kind: 'fresh-download' }, stop];
/** Conditions are waited for by name; this many starts may end in one before a person is asked. */
export const waits: readonly Rung[] = [{ kind: 'again', times: 24 }, stop];
export const afterReboot: readonly Rung[] = [{ kind: 'after-reboot', times: 1 }, stop];
export const onceThenReboot: readonly Rung[] = [{ kind: 'again', times: 1 }, ...afterReboot];
export const twiceThenReboot: readonly Rung[] = [{ kind: 'again', times: 2 }, ...afterReboot];

/** `arguments` are added to the recipe's own for that one try. */
export function withArguments(...added: readonly string[]): readonly Rung[] {
  return [{ kind: 'changed-arguments', arguments: added }, stop];
}

export function fault(code: FaultCode, text: string, ladder: readonly Rung[]): ExitMeaning {
  return { outcome: 'fault', code, text, ladder };
}

export function degraded(code: FaultCode, text: string): ExitMeaning {
  return { outcome: 'degraded', code, text, ladder: [] };
}

export function done(text: string): ExitMeaning {
  return { outcome: 'done', code: null, text, ladder: [] };
}

/** Done or staged, and a restart is still owed: what protects until then, only the product itself can say. */
export function doneReboot(text: string): ExitMeaning {
  return { outcome: 'done-reboot', code: null, text, ladder: [] };
}

export function alreadyThere(text: string): ExitMeaning {
  return { outcome: 'already-there', code: null, text, ladder: [] };
}

export function unknownExit(shown: string): ExitMeaning {
  return fault('install.unknown-exit', `ended with ${shown}, which is not documented`, once);
}
