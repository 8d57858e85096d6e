/** The console's last assignment as it came, so that its signature holds at every start anew. */
import * as z from 'zod';
import { assignmentSchema, type Assignment } from '#protocol/assignment.ts';
import { envelopeSchema, openEnvelope, type Envelope } from '#protocol/envelope.ts';
import type { KeySet } from '#protocol/key-set.ts';
import type { Directory } from '#platform/files.ts';
import { jsonFile, type JsonFile } from '#agent/json-file.ts';

const schema = z.object({ envelope: envelopeSchema });
const fileName = 'assignment.json';

const file = (state: Directory): JsonFile<z.infer<typeof schema>> => jsonFile(state, fileName, schema);

export async function storeAssignment(state: Directory, envelope: Envelope): Promise<void> {
  await file(state).write({ envelope });
}

export async function forgetStoredAssignment(state: Directory): Promise<void> {
  await state.remove(fileName);
}

/** null: none, unreadable, for another device, or no longer signed by a key of this set. Its expiry is not asked for. */
export async function readStoredAssignment(
  state: Directory,
  keySet: KeySet,
  deviceId: string,
): Promise<Assignment | null> {
  const stored = await file(state)
    .read()
    .catch(() => null);
  if (stored === null) return null;
  const opened = openEnvelope('assignment', stored.envelope, keySet.signingKeys);
  const parsed = opened.ok ? assignmentSchema.safeParse(opened.value) : null;
  return parsed?.success === true && parsed.data.deviceId === deviceId ? parsed.data : null;
}
