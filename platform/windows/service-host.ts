/** The service host's side of the agent that it started; what they say to each other stands in `host/README.md`. */
import type { Readable, Writable } from 'node:stream';
import { noManager, type ServiceManager } from '#platform/own-service.ts';

const patienceMsMin = 1_000;
const patienceMsMax = 24 * 3_600_000;

/** Asked for only when a host started us: a terminal's input is not ours to read. */
interface HostPipes {
  readonly life: () => Readable & { unref?: () => void };
  readonly signs: () => Writable;
}

/** `GARRISON_SERVICE_HOST` says that the host started us, and how many milliseconds it waits for a sign of life. */
export function serviceHost(
  { GARRISON_SERVICE_HOST: patience }: { readonly GARRISON_SERVICE_HOST?: string | undefined },
  pipes: HostPipes,
): ServiceManager {
  const watchdogMs = Number(patience);
  if (!Number.isSafeInteger(watchdogMs) || watchdogMs < patienceMsMin || watchdogMs > patienceMsMax) return noManager;
  let signs: Writable | null = null;
  const sign = (word: string): Promise<void> => {
    // A host that is gone takes us with it; until then a broken pipe must not be an uncaught error.
    signs ??= pipes.signs().on('error', () => undefined);
    const open = signs;
    return new Promise((resolve, reject) => {
      open.write(`${word}\n`, (error) => (error ? reject(error) : resolve()));
    });
  };
  return {
    watchdogMs,
    ready: () => sign('ready'),
    alive: () => sign('alive'),
    onStop(stop) {
      const life = pipes.life();
      let said = false;
      const once = (): void => {
        if (!said) stop();
        said = true;
      };
      for (const end of ['end', 'close', 'error']) life.once(end, once);
      life.resume();
      life.unref?.();
    },
  };
}
