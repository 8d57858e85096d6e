/** Commands that ask the running daemon: `retry`, `look`, `cancel`, `unenrol`. */
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { print, printJson } from '#agent/cli/output.ts';
import { ask } from '#agent/cli/ask.ts';

export interface ControlOptions extends GlobalOptions {
  readonly json?: boolean;
}

const texts = {
  retry: (answer: unknown): string =>
    (answer as { result?: string }).result === 'joined'
      ? 'An attempt is running; it is joined, and the counters start anew.'
      : 'Counters and waits are reset; everything is looked at again now.',
  cancel: (answer: unknown): string =>
    (answer as { cancelled?: boolean }).cancelled === true
      ? 'The restart is called off; the timeline says when the system has taken it back.'
      : 'No restart by the agent is scheduled.',
  look: (): string => 'Everything is looked at again now.',
  unenrol: (): string => 'This device has given up its identity. The SentinelOne agent was not touched.',
} as const;

export type ControlVerb = keyof typeof texts;

export async function controlCommand(verb: ControlVerb, options: ControlOptions): Promise<void> {
  requireRoot();
  const answer = await ask(placesOf(options), { method: 'POST', path: `/${verb}` });
  if (options.json === true) printJson(answer);
  else print(texts[verb](answer));
}
