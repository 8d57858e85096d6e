/** The only place that writes to the terminal. */
import { asFault, codes, type Fault, type FaultCode } from '#protocol/codes.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Exit codes of sysexits.h where one fits, so that scripts can tell. */
const exitCodes: Partial<Record<FaultCode, number>> = {
  'agent.bad-arguments': 64,
  'agent.not-running': 69,
  'agent.defect': 70,
  'network.console-unreachable': 75,
  'agent.not-root': 77,
  'file.untrusted': 77,
  'agent.bad-configuration': 78,
};

/** What went wrong, why, and what to do, on standard error; sets the exit code. */
export function printFault(error: unknown, options: { json: boolean }): void {
  const fault = asFault(error);
  const { title, remedy } = codes[fault.code];
  process.exitCode = exitCodes[fault.code] ?? 1;
  if (options.json) {
    process.stderr.write(`${JSON.stringify({ error: { code: fault.code, title, detail: fault.message, remedy } })}\n`);
    return;
  }
  process.stderr.write(`garrison-agent: ${title} (${fault.code})\n  ${clean(fault)}\n  What to do: ${remedy}\n`);
}

/** What a terminal would obey must not reach it. */
function clean(fault: Fault): string {
  return fault.message.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, ' ');
}
