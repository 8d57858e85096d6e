/** One look at the machine without owning any state: nothing is created, nothing is written. */
import type { Vendor } from '#installers/vendor.ts';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';
import { freshCurrent, type Agent } from '#agent/agent.ts';
import { createConsoleTime } from '#agent/console-time.ts';
import { createDaemon } from '#agent/daemon.ts';
import { explain, type Explanation } from '#agent/explain/explain.ts';
import type { Journal } from '#agent/journal/journal.ts';
import { readLocalAssignment } from '#agent/assignment/local-assignment.ts';
import { emptyMemory } from '#agent/memory/memory.ts';
import { createRedactor } from '#agent/redact.ts';
import { createBell } from '#agent/signal.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function lookOnce(
  platform: Platform,
  vendor: Vendor,
  assignmentFile: string | null,
): Promise<Explanation> {
  const local = assignmentFile === null ? null : await readLocalAssignment(platform, assignmentFile, nowhere);
  const agent: Agent = {
    platform,
    vendor,
    directories: { state: nowhere, packages: nowhere, runs: nowhere },
    journal: noJournal,
    time: createConsoleTime(platform.clock, () => 0),
    log: silent,
    redactor: createRedactor(),
    wake: createBell(platform.clock),
    news: createBell(platform.clock),
    updates: createBell(platform.clock),
    current: { ...freshCurrent(), assignment: local?.accepted ?? null },
    localReboot: null,
    version: '',
    random: () => 0,
  };
  const { input, plan } = await createDaemon({ agent, hardware: () => null }).explain();
  return explain(input, plan, vendor);
}

async function refuse(): Promise<never> {
  throw new Fault('agent.defect', 'a look changes nothing');
}

/** Holds nothing and takes nothing; its path only says on which file system to measure. */
const nowhere: Directory = {
  path: '/',
  directory: async () => nowhere,
  read: async () => null,
  readTail: async () => null,
  list: async () => [],
  digest: async () => null,
  copyInto: refuse,
  create: refuse,
  replace: refuse,
  remove: refuse,
  append: refuse,
  openDownload: refuse,
};

const noJournal: Journal = {
  journalId: 'none',
  memory: emptyMemory,
  lost: null,
  oldestSeq: 0,
  newestSeq: 0,
  openedSeq: 0,
  acknowledgedSeq: 0,
  broken: null,
  timeline: [],
  tight: false,
  write: refuse,
  acknowledge: refuse,
  readEvents: async () => ({ oldestSeq: 0, events: [] }),
  makeRoom: refuse,
  renew: refuse,
  forgetEvents: refuse,
  close: async () => undefined,
};
