/**
 * The hand-over between agent and shim: one private directory per installer run. Both sides must win an exclusive `claim`
 * before they may go on; winning it is the only proof that the installer was not started.
 */
import * as z from 'zod';
import type { Directory } from '#platform/files.ts';
import { jsonFile } from '#agent/json-file.ts';

export const jobSchema = z.object({
  /** Tried in this order: the first whose program the machine has. */
  invocations: z.array(z.object({ program: z.string(), args: z.array(z.string()) })).min(1),
  environment: z.record(z.string(), z.string()),
  /** File to hash once more right before the start; null for a repair. */
  package: z.object({ directory: z.string(), name: z.string(), sha256: z.string() }).nullable(),
  /** Removed as soon as the installer has ended. */
  secretFiles: z.array(z.string()),
  /** Holds what stands for `{token}` in the arguments; read and removed right before the start. */
  tokenFile: z.string().nullable().default(null),
});
export type Job = z.infer<typeof jobSchema>;

const identitySchema = z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() });

/** `process`: the shim that holds it, so that its death is seen; null for the agent, who starts nothing. */
const claimSchema = z.object({ by: z.enum(['shim', 'agent']), process: identitySchema.nullable() });
export type Claim = z.infer<typeof claimSchema>;

const startedSchema = identitySchema.extend({ program: z.string() });

export const exitedSchema = z.object({
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** Fault code and detail of a start that the shim refused. */
  refused: z.object({ code: z.string(), detail: z.string() }).nullable(),
  durationMs: z.number(),
});
export type Exited = z.infer<typeof exitedSchema>;

const beforeSchema = z.object({
  /** This machine's own wall clock, by which its files are dated; the console's time may differ. */
  wallMs: z.number(),
  /** How the logs of others ended before the run, by path. */
  endings: z.record(z.string(), z.string()),
});

export const outputName = 'output.log';
export const claimName = 'claim';

export function runDirectory(directory: Directory) {
  return {
    directory,
    job: jsonFile(directory, 'job.json', jobSchema),
    started: jsonFile(directory, 'started.json', startedSchema),
    exited: jsonFile(directory, 'exited.json', exitedSchema),
    before: jsonFile(directory, 'before.json', beforeSchema),
    /** True for whoever comes first, once and for ever. */
    claim: (claim: Claim): Promise<boolean> => directory.create(claimName, Buffer.from(JSON.stringify(claim))),
    claimed: (): Promise<Claim | null> => jsonFile(directory, claimName, claimSchema).read(),
  };
}
export type RunDirectory = ReturnType<typeof runDirectory>;
