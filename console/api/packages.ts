/** Vendor files by target: known, fetched into the cache, or uploaded. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';
import { candidateSchema, versionPolicySchema } from '#protocol/assignment.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, idText, isoTime, sha256Text, shortText, targetSchema } from '#protocol/words.ts';

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
  /** What a device checks it against besides the signed digest. A deb carries no signature. */
  signature: z.enum(['vendor', 'digest-only']),
});
export type PackageRow = z.infer<typeof packageSchema>;

export const packageListSchema = z.object({
  targets: z
    .array(
      z.object({
        target: targetSchema,
        /** What the version policy picks for it today; null: nothing is ready. */
        chosenPackageId: idText.nullable(),
        packages: z.array(packageSchema).max(200),
      }),
    )
    .max(20),
  versionPolicy: versionPolicySchema,
  refreshedAt: isoTime.nullable(),
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

  /** The file itself as `application/octet-stream`; checked like a fetched one (`package.*` codes). */
  upload: route({
    method: 'POST',
    path: '/api/packages/upload',
    access: 'admin',
    query: z.object({ target: targetSchema, fileName: z.string().regex(/^[A-Za-z0-9._+-]{1,200}$/) }),
    response: packageSchema,
  }),

  setVersionPolicy: route({
    method: 'PUT',
    path: '/api/version-policy',
    access: 'admin',
    body: versionPolicySchema,
    response: packageListSchema,
  }),
};
