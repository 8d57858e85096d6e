/** One line of the timeline for each event. Pure; what a device sent broken or newer is shown by its name alone. */
import type { TimelineEvent } from '#console/api/devices.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { duration, moment } from '#console/web/format.ts';
import { stateWords } from '#console/web/state-words.ts';
import { attemptResults, events, stepResults, steps, triggers, verbs, type Tone } from '#console/web/words.ts';
import { eventDataSchemas, isEventKind, type EventKind } from '#protocol/events.ts';
import type * as z from 'zod';

export interface EventWords {
  readonly title: string;
  readonly detail: string;
  readonly tone: Tone;
  /** Of the installer; shown as it is, never interpreted. */
  readonly output: string | null;
}

type Data<K extends EventKind> = z.output<(typeof eventDataSchemas)[K]>;
type Words = Partial<EventWords>;

export function eventWords(event: Pick<TimelineEvent, 'kind' | 'data' | 'at'>): EventWords {
  const { kind } = event;
  if (!isEventKind(kind)) return { title: plain(kind), detail: '', tone: 'quiet', output: null };
  const parsed = eventDataSchemas[kind].safeParse(event.data);
  const words = parsed.success ? makers[kind](parsed.data as never, Date.parse(event.at)) : {};
  return { title: events[kind], detail: '', tone: 'quiet', output: null, ...words };
}

interface FaultLike {
  readonly code: string;
  readonly detail: string;
}
function faultText(fault: FaultLike | null): string {
  return fault === null ? '' : [faultWords(fault).title, plain(fault.detail)].filter(Boolean).join(': ');
}
function candidateText(candidate: { version: string; fileName: string }): string {
  return `SentinelOne ${candidate.version} (${candidate.fileName})`;
}
const updateResults = {
  switching: 'under way',
  done: 'done',
  refused: 'not begun',
  returned: 'the version before runs again',
  inconclusive: 'the version before runs again, the console was out of reach for both',
};

/** Asked for elsewhere than with the buttons of a device's health. */
const otherVerbs = { diagnose: 'Diagnostics' };

function verbText(verb: string): string {
  return ({ ...verbs, ...otherVerbs } as Readonly<Record<string, string>>)[verb] ?? verb;
}

const starts = {
  start: 'by itself',
  crash: 'after it ended unexpectedly',
  reboot: 'after a restart',
  update: 'after its update',
};
const stepTones = { started: 'busy', ok: 'good', failed: 'bad', waiting: 'busy' } as const;

const makers: { readonly [K in EventKind]: (data: Data<K>, atMs: number) => Words } = {
  'agent-started': ({ version, reason }) => ({ detail: `Version ${plain(version)}, ${starts[reason]}` }),
  'state-lost': ({ detail }) => ({ detail: plain(detail), tone: 'attention' }),
  'assignment-accepted': ({ mode, site }) => ({
    detail: site === null ? `Mode ${plain(mode)}, no site` : `Mode ${plain(mode)}, site ${plain(site)}`,
  }),
  'assignment-refused': ({ fault }) => ({ detail: faultText(fault), tone: 'bad' }),
  'command-received': ({ verb }) => ({ title: `${verbText(verb)}: received` }),
  'command-executed': ({ verb, result, fault }) => ({
    title: `${verbText(verb)}: ${result === 'joined' ? 'joined what was running' : result === 'done' ? 'carried out' : 'refused'}`,
    detail: faultText(fault),
    tone: result === 'refused' ? 'bad' : 'quiet',
  }),
  'command-refused': ({ fault }) => ({ detail: faultText(fault), tone: 'bad' }),
  'state-changed': ({ state }, atMs) => {
    const { line, tone } = stateWords(state, atMs);
    return { title: line, tone };
  },
  'conflict-found': ({ conflicts }) => ({
    detail: conflicts.map((one) => plain(`${one.name} ${one.version ?? ''}`)).join(', '),
    tone: 'attention',
  }),
  'attempt-started': (data) => ({
    title: `Attempt ${data.attempt} started ${triggers[data.trigger]}`,
    detail: candidateText(data.package),
    tone: 'busy',
  }),
  'attempt-step': ({ step, result, detail, fault }) => ({
    title: `${steps[step]}: ${stepResults[result]}`,
    detail: [plain(detail), faultText(fault)].filter(Boolean).join('. '),
    tone: stepTones[result],
  }),
  'installer-exited': ({ exitCode, signal, meaning, durationMs, output }) => ({
    title: `${events['installer-exited']} ${exitText(exitCode, signal)} after ${duration(durationMs)}`,
    detail: plain(meaning),
    tone: exitCode === 0 ? 'good' : 'attention',
    output: output === '' ? null : output,
  }),
  'attempt-ended': ({ attempt, result, fault, nextAttemptAt }, atMs) => ({
    title: `Attempt ${attempt} ended: ${attemptResults[result].name.toLowerCase()}`,
    detail: [faultText(fault), nextAttemptAt === null ? '' : `Next try ${moment(nextAttemptAt, atMs)}`]
      .filter(Boolean)
      .join('. '),
    tone: attemptResults[result].tone,
  }),
  reboot: ({ result, at, detail }, atMs) => ({
    title: {
      scheduled: `The Garrison agent restarts the device at ${moment(at, atMs)}`,
      cancelled: 'The restart by the Garrison agent was called off',
      failed: 'The Garrison agent could not restart the device',
    }[result],
    detail: plain(detail),
    tone: result === 'scheduled' ? 'busy' : 'attention',
  }),
  'protection-lost': ({ fault }) => ({ detail: faultText(fault), tone: 'bad' }),
  'package-refused': (data) => ({
    detail: `${candidateText(data.package)}. ${faultText(data.fault)}`,
    tone: 'bad',
  }),
  'retry-requested': ({ by }) => ({
    detail: { console: 'in this console', local: 'on the device itself', conditions: 'because something changed' }[by],
  }),
  'diagnostics-made': ({ by, sizeBytes }) => ({
    detail: `${Math.ceil(sizeBytes / 1024)} KB, ${by === 'console' ? 'for this console' : 'kept on the device itself'}`,
  }),
  'agent-update': ({ from, version, result, fault }) => ({
    detail: [`${plain(from)} to ${plain(version)}, ${updateResults[result]}`, faultText(fault)]
      .filter(Boolean)
      .join('. '),
    tone: result === 'done' ? 'good' : result === 'switching' ? 'quiet' : 'attention',
  }),
  'events-dropped': ({ reason }) => ({ detail: plain(reason), tone: 'attention' }),
  unenrolled: ({ by }) => ({
    detail: by === 'console' ? 'from this console' : 'on the device itself',
    tone: 'attention',
  }),
};

/** "with code 102", "by signal SIGKILL". */
export function exitText(exitCode: number | null, signal: string | null): string {
  if (exitCode !== null) return `with code ${exitCode}`;
  return signal === null ? 'without a code' : `by signal ${plain(signal)}`;
}
