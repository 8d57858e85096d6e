import type { Probe } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import { recorded } from '#platform/windows/answers.release.ts';
import { parsePowerShell, type SectionAnswer } from '#platform/windows/parse/powershell.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { scriptOf } from '#platform/windows/scripts.ts';

/** WMI may hang while an antivirus is being updated; then the look has failed, and nothing else. */
const limits = { timeoutMs: 60_000, outputBytesMax: 8 * 1024 * 1024 };
/** What a command line may hold, in characters. */
const commandLineMax = 32_000;

/** Which answers are recorded ones; chosen when the binary is made (`answers.release.ts`, `answers.test.ts`). */
export interface RecordedAnswers {
  /** null: ask the machine. */
  answer(section: string, path: string | null): unknown;
  /** Protected directories are made without their descriptor. */
  readonly makesDirectories: boolean;
}

export interface Asked {
  /** By name, the text that answers it. */
  readonly sections: Readonly<Record<string, string>>;
  /** What a recorded answer may speak of. */
  readonly path?: string;
}

/** Each section by its name, in one run. `failed` when there was no answer at all: the stub of a system without it. */
export async function askPowerShell(
  starter: Starter,
  asked: Asked,
): Promise<Probe<ReadonlyMap<string, SectionAnswer>>> {
  const known = new Map<string, SectionAnswer>();
  for (const name of Object.keys(asked.sections)) {
    const answer = recorded.answer(name, asked.path ?? null);
    if (answer !== null) known.set(name, { ok: true, value: answer });
  }
  const open = Object.fromEntries(Object.entries(asked.sections).filter(([name]) => !known.has(name)));
  if (Object.keys(open).length === 0) return { status: 'ok', value: known };
  const answers = await run(starter, scriptOf(open));
  if (answers.status === 'ok') return { status: 'ok', value: new Map([...known, ...answers.value]) };
  if (known.size === 0) return answers;
  const none = { ok: false, id: '', hresult: '', native: '', detail: answers.detail } as const;
  return { status: 'ok', value: new Map([...Object.keys(open).map((name) => [name, none] as const), ...known]) };
}

async function run(starter: Starter, script: string): Promise<Probe<ReadonlyMap<string, SectionAnswer>>> {
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  if (encoded.length > commandLineMax) return failed('the question to PowerShell is too long');
  const args = ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded];
  const result = completed(await starter.probe({ program: 'powershell', args }, limits), 'PowerShell');
  if (result.status !== 'ok') return result.status === 'unsupported' ? failed(result.detail) : result;
  const answers = parsePowerShell(result.value.stdout);
  if (answers !== null) return { status: 'ok', value: answers };
  return failed(`PowerShell gave no answer (code ${result.value.code ?? 'none'}): ${result.value.stderr.trim()}`);
}

/** Asks one question; what failed says why. */
export async function askOne(starter: Starter, name: string, text: string, path?: string): Promise<Probe<unknown>> {
  const asked = await askPowerShell(starter, { sections: { [name]: text }, ...(path === undefined ? {} : { path }) });
  if (asked.status !== 'ok') return asked;
  return valueOf(asked.value.get(name));
}

export function valueOf(answer: SectionAnswer | undefined): Probe<unknown> {
  if (answer?.ok === true) return { status: 'ok', value: answer.value };
  return failed(answer === undefined ? 'PowerShell left the question out' : `${answer.id} ${answer.detail}`.trim());
}
