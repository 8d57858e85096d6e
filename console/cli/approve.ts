/** `approve`: names a package file or a site with the owner key, for consoles whose key set asks for it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Approval } from '#protocol/approval.ts';
import { Fault } from '#protocol/codes.ts';
import { consoleScope } from '#console/auth/scope.ts';
import { say } from '#console/cli/output.ts';
import { readOwnerKey } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { addApproval } from '#console/fleet/assignment/approvals.ts';
import { loadKeys } from '#console/keys.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { findMapping } from '#console/store/sentinelone/mappings.ts';
import type { Db } from '#console/store/store.ts';

export interface Subject {
  readonly subject: Approval['subject'];
  readonly sha256: string;
  /** For the reader. */
  readonly text: string;
}

/** Digest of the very file a person has looked at. */
export async function packageSubject(file: string): Promise<Subject> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw new Fault('console.bad-configuration', `${file} cannot be read`, { cause: error });
  }
  return { subject: 'package', sha256: hash.digest('hex'), text: file };
}

/** The site that an organisation is mapped to now. */
export async function siteSubject(db: Db, organisationId: string): Promise<Subject> {
  const mapping = await findMapping(db, consoleScope('approve'), organisationId);
  if (mapping === null) throw new Fault('not-found', `organisation ${organisationId} is not mapped to a site`);
  return { subject: 'site-key', sha256: mapping.site_key_sha256, text: `site ${mapping.site_name}` };
}

export async function approve(
  config: ConsoleConfig,
  ownerKeyFile: string,
  find: (db: Db) => Promise<Subject>,
): Promise<void> {
  const owner = readOwnerKey(ownerKeyFile);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const approved = await store.write(async (db) => {
      const found = await find(db);
      const { subject, sha256 } = found;
      await addApproval(db, { keys: await loadKeys(db, sealer), owner, subject, sha256, nowMs: Date.now() });
      return found;
    });
    say(`Approved ${approved.text} (SHA-256 ${approved.sha256}).`);
  } finally {
    await store.close();
  }
}
