/** How many of the devices that should be protected are, and what the others lack. Every number leads to its list. */
import * as z from 'zod';
import { deviceFilters } from '#console/api/devices.ts';
import { vendorStandingSchema } from '#console/api/coverage-rule.ts';
import { countedAt, deviceCount, route } from '#console/api/route.ts';
import { causeText, shownStateSchema } from '#console/api/shown-state.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

/** `covered` of `should` are protected. */
const share = { should: deviceCount, covered: deviceCount };

export const organisationCoverageSchema = z.object({ organisationId: idText, name: shortText, ...share });
export type OrganisationCoverage = z.infer<typeof organisationCoverageSchema>;

/** Devices that should be protected and are not, by what they lack; each row is a filter of the list. */
export const gapSchema = z.object({
  state: shownStateSchema,
  /** null: the state says all. */
  cause: causeText.nullable(),
  /** Set where the device says that it is protected and SentinelOne does not bear it out. */
  record: vendorStandingSchema.exclude(['live']).nullable(),
  devices: deviceCount,
});
export type Gap = z.infer<typeof gapSchema>;

/** So many organisations with the most unprotected devices; an export has them all. */
export const organisationsShownMax = 100;
const gapsShownMax = 50;

/** Not reporting for at least so many hours. */
export const silences = [24, 7 * 24, 30 * 24] as const;

export const coverageAnswerSchema = z.object({
  ...share,
  /** Of the covered: protected, and somebody should look. */
  attention: deviceCount,
  /** Devices of organisations that only watch are not counted above. `covered`: protected all the same. */
  watched: z.object({ devices: deviceCount, covered: deviceCount }),
  organisations: z.array(organisationCoverageSchema).max(organisationsShownMax),
  organisationsTotal: counter,
  systems: z.array(z.object({ os: deviceFilters.os.unwrap(), ...share })).max(3),
  gaps: z.array(gapSchema).max(gapsShownMax),
  silent: z.array(z.object({ hours: counter, devices: deviceCount })).max(silences.length),
  /** When SentinelOne's records were read last, the oldest of all connections; null: never, so nothing can count. */
  recordsReadAt: isoTime.nullable(),
  countedAt,
});
export type CoverageAnswer = z.infer<typeof coverageAnswerSchema>;

export const coverageRoutes = {
  read: route({
    method: 'GET',
    path: '/api/coverage',
    access: 'viewer',
    query: z.object({ organisationId: deviceFilters.organisationId, os: deviceFilters.os }),
    response: coverageAnswerSchema,
  }),
};
