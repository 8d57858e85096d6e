/** The lines that agent, watcher and service host write for each other; see `NoteName`. Pure. */

export interface Trial {
  readonly next: string;
  readonly previous: string;
  /** How long it may take until the new version has proved itself. */
  readonly seconds: number;
}

const version = String.raw`([0-9A-Za-z][0-9A-Za-z.+-]{0,63})`;
const trialLine = new RegExp(`^${version} ${version} (\\d{2,4})$`);
const fallbackLine = new RegExp(`^${version} ${version} ([a-z-]{1,20}) (-?\\d{1,10})$`);

export function readTrial(line: string | null): Trial | null {
  const match = trialLine.exec(line ?? '');
  if (match === null) return null;
  return { next: match[1] ?? '', previous: match[2] ?? '', seconds: Number(match[3]) };
}

export function trialText({ next, previous, seconds }: Trial): string {
  return `${next} ${previous} ${seconds}`;
}

export interface Fallback {
  readonly next: string;
  readonly previous: string;
  /** `crashed`: it ended again and again; `silent`: it ran and proved nothing. */
  readonly why: string;
  /** Its last exit code, 0 when it was still running or none is known. */
  readonly exitCode: number;
}

/** Also of a trial that could not be completed to one, on a disk without room: `unknown` then. */
export function readFallback(line: string | null): Fallback | null {
  const match = fallbackLine.exec(line ?? '');
  if (match !== null)
    return { next: match[1] ?? '', previous: match[2] ?? '', why: match[3] ?? '', exitCode: Number(match[4]) };
  const trial = readTrial(line);
  return trial === null ? null : { next: trial.next, previous: trial.previous, why: 'unknown', exitCode: 0 };
}

export function fallbackText({ next, previous, why, exitCode }: Fallback): string {
  return `${next} ${previous} ${why} ${exitCode}`;
}
