/** Vendor files by target: known, fetched into the cache, or uploaded. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { candidateSchema, versionPolicySchema } from '#protocol/assignment.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, idText, isoTime, sha256Text, shortText, targetSchema } from '#protocol/words.ts';

const sha1Text = z.string().regex(/^[0-9a-f]{40}$/);

/** What every device holds a file against before it runs it, besides the signed digest. */
const publisherSchema = z.object({
  /** By what the signature is judged; `digest-only`: a deb carries none. */
  checkedBy: z.enum(['authenticode', 'apple-team', 'rpm-key', 'digest-only']),
  /** Whoever may have signed it: organisations, team ids or fingerprints compiled into the Garrison agent. */
  names: z.array(shortText).max(20),
});
export type Publisher = z.infer<typeof publisherSchema>;

export const packageSchema = z.object({
  packageId: idText,
  ...candidateSchema.pick({ target: true, format: true, version: true, source: true, release: true }).shape,
  fileName: shortText,
  /** null: not told before the file is here. */
  sizeBytes: counter.nullable(),
  sha256: sha256Text.nullable(),
  /** From which SentinelOne console; null: uploaded, or a tested version that no console offers yet. */
  connectionName: shortText.nullable(),
  state: z.enum(['offered', 'not-offered', 'fetching', 'ready', 'failed']),
  progress: z.object({ doneBytes: counter, totalBytes: counter }).nullable(),
  problem: faultRecordSchema.nullable(),
  readyAt: isoTime.nullable(),
  /** Whether its SentinelOne console lists it now; null: uploaded, or not read since that is noted. */
  listed: z.boolean().nullable(),
  /** Why new installs do not get this one; null: they do. */
  whyNot: z.enum(['other-version', 'not-ga', 'not-here', 'older', 'same-version']).nullable(),
  /** Organisations with a choice of their own whose new installs get this one. */
  chosenByOrganisations: counter,
  /** As SentinelOne's list names it, or of an uploaded file; null: not told. Own trust rests on the SHA-256 alone. */
  sha1: sha1Text.nullable(),
  publisher: publisherSchema,
});
export type PackageRow = z.infer<typeof packageSchema>;

export const packageListSchema = z.object({
  targets: z
    .array(
      z.object({
        target: targetSchema,
        /** What the version policy picks for it today; null: nothing is ready. */
        chosenPackageId: idText.nullable(),
        /**
         * What to do: `fetch` the wanted one, choose another version because it is `not-listed`, think of a successor
         * because it is `no-longer-listed` (the file here still works); `nothing-known`: no console lists anything.
         */
        advice: z.enum(['fetch', 'not-listed', 'no-longer-listed', 'nothing-known']).nullable(),
        /** What must be fetched for somebody to get what was chosen: here, or by an organisation for itself. */
        missingPackageIds: z.array(idText).max(200),
        /** The newest GA version that a console lists; null: none. */
        newestGa: shortText.nullable(),
        packages: z.array(packageSchema).max(200),
      }),
    )
    .max(20),
  versionPolicy: versionPolicySchema,
  refreshedAt: isoTime.nullable(),
  /** Space of the package files on the console. */
  cache: z.object({ usedBytes: counter, maxBytes: counter }),
  /** Lists that could not be read last, and why. */
  problems: z.array(z.object({ connectionName: shortText, problem: faultRecordSchema })).max(500),
  /** Where installed agents are upgraded: in the SentinelOne console itself. */
  upgradePages: z.array(z.object({ connectionName: shortText, url: z.string().max(400) })).max(500),
});
export type PackageList = z.infer<typeof packageListSchema>;

export const packageRoutes = {
  /** Every target, also those without packages; newest version first. */
  list: route({ method: 'GET', path: '/api/packages', access: 'viewer', response: packageListSchema }),

  /** Reads the lists of all SentinelOne consoles again. */
  refresh: route({ method: 'POST', path: '/api/packages/refresh', access: 'operator', response: packageListSchema }),

  /** Starts the download into the cache and answers at once; progress shows in the list. */
  fetch: route({
    method: 'POST',
    path: '/api/packages/:packageId/fetch',
    access: 'operator',
    params: z.object({ packageId: idText }),
    response: packageSchema,
  }),

  /** Starts the downloads of everything that new installs would get, one after the other at SentinelOne's pace. */
  fetchWanted: route({
    method: 'POST',
    path: '/api/packages/fetch-wanted',
    access: 'operator',
    response: z.object({ started: counter }),
  }),

  /** Takes the file from the console; one that SentinelOne lists can be fetched again. 409: devices get it now. */
  remove: route({
    method: 'DELETE',
    path: '/api/packages/:packageId',
    access: 'admin',
    params: z.object({ packageId: idText }),
    response: packageListSchema,
  }),

  /** The file itself as `application/octet-stream`; checked like a fetched one (`package.*` codes). */
  upload: route({
    method: 'POST',
    path: '/api/packages/upload',
    access: 'admin',
    fresh: true,
    sends: 'application/octet-stream',
    query: z.object({ target: targetSchema, fileName: z.string().regex(/^[A-Za-z0-9._+-]{1,200}$/) }),
    response: packageSchema,
  }),

  setVersionPolicy: route({
    method: 'PUT',
    path: '/api/version-policy',
    access: 'admin',
    fresh: true,
    body: versionPolicySchema,
    response: packageListSchema,
  }),
};
