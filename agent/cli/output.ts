/** The only place that writes to the terminal. */
import { asFault, codes, type Fault } from '#protocol/codes.ts';
import { exitOfFault } from '#agent/exit-codes.ts';

/** One line or several, each without what a terminal would obey. */
export function print(text: string): void {
  process.stdout.write(`${text.split('\n').map(oneLine).join('\n')}\n`);
}

/** The same value for whoever reads JSON, and harmless for whoever looks at it. */
export function printJson(value: unknown): void {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const text = JSON.stringify(value, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, escaped);
  process.stdout.write(`${text}\n`);
}

/** What went wrong, why, and what to do, on standard error; sets the exit code. */
export function printFault(error: unknown, options: { json: boolean }): void {
  const fault = asFault(error);
  const { title, remedy } = codes[fault.code];
  process.exitCode = exitOfFault(fault.code);
  if (options.json) {
    process.stderr.write(`${JSON.stringify({ error: { code: fault.code, title, detail: fault.message, remedy } })}\n`);
    return;
  }
  process.stderr.write(`garrison-agent: ${title} (${fault.code})\n  ${clean(fault)}\n  What to do: ${remedy}\n`);
}

/** What a terminal would obey must not reach it. */
function clean(fault: Fault): string {
  return oneLine(fault.message);
}

export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, ' ');
}

/** Beside the answer: on standard error, with the time of day. */
export function printProgress(text: string): void {
  printError(`${new Date().toTimeString().slice(0, 8)} ${oneLine(text)}`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}
