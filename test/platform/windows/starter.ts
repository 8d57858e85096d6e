import type { Probe } from '#platform/inventory.ts';
import type { Invocation, ProbeResult } from '#platform/platform.ts';
import type { Starter } from '#platform/windows/runner.ts';

export interface Answer {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly timedOut?: boolean;
}

/** What a program is asked, in one line: "reg query HKLM\\SOFTWARE /reg:64". */
export type Answers = (line: string) => Answer | null;

export interface FakeStarter extends Starter {
  readonly asked: readonly string[];
  /** Scripts that PowerShell was given, as text. */
  readonly scripts: readonly string[];
}

/** Starts nothing: every program answers from a table. What has no answer ends with 1 and no word, as `reg` does. */
export function fakeStarter(answers: Answers, wide = true): FakeStarter {
  const asked: string[] = [];
  const scripts: string[] = [];
  return {
    wide,
    asked,
    scripts,
    async probe({ program, args }: Invocation): Promise<Probe<ProbeResult>> {
      let line = [program, ...args].join(' ');
      if (program === 'powershell') {
        const script = Buffer.from(args.at(-1) ?? '', 'base64').toString('utf16le');
        scripts.push(script);
        line = `powershell ${script}`;
      }
      asked.push(line);
      const { code = 0, stdout = '', stderr = '', timedOut = false } = answers(line) ?? { code: 1 };
      return { status: 'ok', value: { code, stdout, stderr, timedOut, truncated: false } };
    },
  };
}

/** Framed as our script frames it. */
export function framed(sections: Readonly<Record<string, unknown>>): string {
  const answers = Object.entries(sections).map(([name, value]) => [name, { ok: true, value }]);
  return `GARRISON:${JSON.stringify(Object.fromEntries(answers))}:END\r\n`;
}
