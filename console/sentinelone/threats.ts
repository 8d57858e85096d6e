/** Threats that SentinelOne has found: shown here, dealt with there. */
import * as z from 'zod';
import { readList, vendorId } from '#console/sentinelone/answers.ts';
import { idPart } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';

export interface SentinelOneThreat {
  readonly threatId: string;
  readonly name: string;
  readonly classification: string | null;
  /** malicious, suspicious, n/a. */
  readonly confidence: string | null;
  /** not_mitigated, mitigated, marked_as_benign. */
  readonly mitigation: string | null;
  /** unresolved, in_progress, resolved. */
  readonly status: string | null;
  readonly filePath: string | null;
  readonly foundAt: string | null;
}

const text = z.string().nullish();

const threatRow = z
  .object({
    id: vendorId,
    threatInfo: z.object({
      threatName: text,
      classification: text,
      confidenceLevel: text,
      mitigationStatus: text,
      incidentStatus: text,
      filePath: text,
      identifiedAt: text,
      createdAt: text,
    }),
  })
  .transform(({ id, threatInfo: info }): SentinelOneThreat => ({
    threatId: id,
    name: info.threatName ?? '',
    classification: info.classification ?? null,
    confidence: info.confidenceLevel ?? null,
    mitigation: info.mitigationStatus ?? null,
    status: info.incidentStatus ?? null,
    filePath: info.filePath ?? null,
    foundAt: info.identifiedAt ?? info.createdAt ?? null,
  }));

/** Those of one agent that nobody has resolved, newest first. */
export async function openThreats(
  client: SentinelOneClient,
  agentId: string,
  signal?: AbortSignal,
): Promise<readonly SentinelOneThreat[]> {
  const query = { agentIds: [idPart(agentId)], resolved: false };
  const { items } = await readList(client, { path: 'threats', query, item: threatRow, signal });
  return items.toSorted((one, other) => (other.foundAt ?? '').localeCompare(one.foundAt ?? ''));
}
