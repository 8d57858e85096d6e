/** How fast a deployment goes, and how far it is. */
import * as z from 'zod';
import { deviceCount } from '#console/api/route.ts';
import { counter, isoTime, shortText } from '#protocol/words.ts';

const minute = z.int().min(0).max(1439);

/** What an operator chooses when he starts a deployment. */
export const paceSchema = z.object({
  /** Installs under way at the same time. */
  atOnceMax: z.int().min(1).max(1000).default(20),
  /** Of the installs that were previewed, rounded up; null: all, and devices that come later. */
  limitPercent: z.int().min(1).max(99).nullable().default(null),
  /** Halts by itself when this share of the ended installs failed … */
  haltPercent: z.int().min(1).max(100).default(20),
  /** … and at least so many did. */
  haltFailuresMin: z.int().min(1).max(100).default(3),
  /** Servers begin when no client waits or installs any more. */
  serversLast: z.boolean().default(true),
  /** In the local time of each device; null: any time. */
  hours: z.object({ startMinute: minute, endMinute: minute }).nullable().default(null),
});
export type Pace = z.infer<typeof paceSchema>;

export const deploymentStates = ['running', 'halted', 'stopped'] as const;

export const deploymentSchema = z.object({
  /** `stopped`: paused or only watching; a new start begins with a new count. */
  state: z.enum(deploymentStates),
  startedAt: isoTime,
  startedBy: shortText,
  pace: paceSchema,
  /** Ready, and nothing but their turn is missing. */
  waiting: deviceCount,
  underWay: deviceCount,
  done: deviceCount,
  failed: deviceCount,
  /** Installs that started, at most `startsMax`; null: no limit. */
  started: deviceCount,
  startsMax: counter.nullable(),
  haltedAt: isoTime.nullable(),
  /** Cause of the failure that halted it. */
  haltCause: shortText.nullable(),
});
export type Deployment = z.infer<typeof deploymentSchema>;
