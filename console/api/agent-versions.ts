/** The agent's own versions: what is imported, what runs where, and how far a new one has got in each organisation. */
import * as z from 'zod';
import { deviceCount, route } from '#console/api/route.ts';
import { agentVersionText } from '#protocol/release/version.ts';
import { counter, idText, isoTime, longText, shortText } from '#protocol/words.ts';

/**
 * Named devices first, then so many per cent of all, step by step; each begins when the one before has ended. A step halts by
 * itself when too many of its updates fail.
 */
export const rolloutPlanSchema = z.object({
  canaries: z.array(idText).max(100).default([]),
  steps: z
    .array(z.int().min(1).max(100))
    .min(1)
    .max(10)
    .refine(
      (all) => all.every((percent, at) => at === 0 || percent > (all[at - 1] ?? 0)),
      'each larger than the one before',
    ),
  haltPercent: z.int().min(1).max(100).default(10),
  haltFailuresMin: z.int().min(1).max(1000).default(2),
});
export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;

export const rolloutStates = ['running', 'halted', 'stopped', 'done'] as const;

export const rolloutSchema = z.object({
  organisationId: idText,
  organisationName: shortText,
  version: shortText,
  state: z.enum(rolloutStates),
  plan: rolloutPlanSchema,
  /** 0: the named devices, or the first step when none are named. */
  step: counter,
  stepsInAll: counter,
  /** How many devices the step reaches, of how many in all. */
  reaches: deviceCount,
  devices: deviceCount,
  /** Told, and not heard of since. */
  underWay: deviceCount,
  done: deviceCount,
  failed: deviceCount,
  /** Went back, and tell nothing about the version: the network was gone for both. They halt nothing. */
  inconclusive: deviceCount,
  startedAt: isoTime,
  startedBy: shortText,
  haltCause: shortText.nullable(),
});
export type Rollout = z.infer<typeof rolloutSchema>;

const releaseRow = z.object({
  version: shortText,
  expiresAt: isoTime,
  expired: z.boolean(),
  /** The newest valid one: what new devices get by the install lines. */
  current: z.boolean(),
  /** Systems that it has a program for. */
  targets: z.array(shortText).max(12),
  test: z.boolean(),
});

const failureRow = z.object({
  deviceId: idText,
  hostname: shortText,
  organisationId: idText,
  version: shortText,
  code: shortText,
  detail: longText,
  at: isoTime,
});

export const agentVersionsSchema = z.object({
  releases: z.array(releaseRow).max(200),
  versions: z.array(z.object({ version: shortText, devices: deviceCount })).max(200),
  rollouts: z.array(rolloutSchema).max(5000),
  failures: z.array(failureRow).max(200),
});
export type AgentVersions = z.infer<typeof agentVersionsSchema>;

/** Devices of a first step that are named in its preview. */
export const firstShownMax = 20;

const rolloutPreviewSchema = z.object({
  devices: deviceCount,
  first: z.object({
    devices: deviceCount,
    /** Of all: not heard of for a quarter of an hour; they get it when they come back, others first. */
    away: deviceCount,
    named: z.array(z.object({ deviceId: idText, hostname: shortText })).max(firstShownMax),
  }),
});
export type RolloutPreview = z.infer<typeof rolloutPreviewSchema>;

const params = z.object({ organisationId: idText });

export const agentVersionRoutes = {
  read: route({ method: 'GET', path: '/api/agent-versions', access: 'viewer', response: agentVersionsSchema }),

  /** How many devices of the organisation would get that version, and which a first step of so many per cent reaches. */
  preview: route({
    method: 'GET',
    path: '/api/organisations/:organisationId/agent-rollout/preview',
    access: 'operator',
    params,
    query: z.object({
      version: agentVersionText,
      downgrade: z.enum(['true', 'false']).default('false'),
      firstPercent: z.coerce.number().int().min(1).max(100).default(100),
    }),
    response: rolloutPreviewSchema,
  }),

  /**
   * `devices` must be what the preview said, and no other rollout may be running or halted there, else 409
   * `request.conflict`.
   */
  start: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/agent-rollout',
    access: 'operator',
    fresh: true,
    params,
    body: z.object({
      version: agentVersionText,
      plan: rolloutPlanSchema,
      devices: z.int().min(1),
      /** Agrees that devices go back to an older version; the release has to name the one it replaces, too. */
      downgrade: z.boolean().default(false),
    }),
    response: null,
  }),

  /** Goes on after a halt; `failed` is what was looked at, else 409. */
  resume: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/agent-rollout/resume',
    access: 'operator',
    fresh: true,
    params,
    body: z.object({ failed: counter }),
    response: null,
  }),

  /** No further device begins; those that have, end. 409 `request.conflict` when it has ended by itself. */
  stop: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/agent-rollout/stop',
    access: 'operator',
    params,
    response: null,
  }),
};
