/** The one mail server of the console; its password is sealed (G20). */
import * as z from 'zod';
import { mailServerSchema, type MailServer } from '#console/api/notifications.ts';
import { isBehind, isLoopback } from '#console/notify/destination.ts';
import type { Sealer } from '#console/secrets.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';
import { Fault } from '#protocol/codes.ts';

const stored = mailServerSchema.omit({ hasPassword: true }).extend({ passwordSealed: z.string().nullable() });
export type StoredMailServer = z.infer<typeof stored>;

const place = { table: 'meta', row: 'mail-server', field: 'password' };

export async function readMailServer(db: Db): Promise<StoredMailServer | null> {
  const text = await readMeta(db, 'mail-server');
  return text === null ? null : stored.parse(JSON.parse(text));
}

export function shownMailServer({ passwordSealed, ...server }: StoredMailServer): MailServer {
  return { ...server, hasPassword: passwordSealed !== null };
}

export function passwordOf(sealer: Sealer, server: StoredMailServer): string | null {
  return server.passwordSealed === null ? null : sealer.open(place, server.passwordSealed);
}

/** Without TLS a password and what is wrong in the house would travel readably: to this machine alone. */
function demandAllowed(server: Omit<MailServer, 'hasPassword'>): void {
  const host = server.host.replace(/^\[|\]$/g, '');
  const here = isLoopback(host) || host === 'localhost';
  if (!/^[A-Za-z0-9.:-]{1,200}$/.test(host)) throw new Fault('notify.address', 'this is not the name of a server');
  if (isBehind(host)) throw new Fault('notify.address', 'no mail server lives in that network');
  if (server.security === 'none' && !here)
    throw new Fault('notify.address', 'mail goes without TLS only to a server on this machine');
}

/** A known password goes to the server and user it was entered for, never to another (G16). */
export async function writeMailServer(
  db: Db,
  sealer: Sealer,
  wanted: Omit<MailServer, 'hasPassword'> & { readonly password: string | null },
): Promise<StoredMailServer> {
  demandAllowed(wanted);
  const { password, ...server } = wanted;
  const before = await readMailServer(db);
  const same =
    before !== null &&
    before.host === server.host &&
    before.port === server.port &&
    before.user === server.user &&
    before.security === server.security &&
    before.caPem === server.caPem;
  const kept = same ? before.passwordSealed : null;
  if (server.user !== null && password === null && kept === null)
    throw new Fault('request.invalid', 'enter the password again: the server, its user or its security is another one');
  const passwordSealed = server.user === null ? null : password === null ? kept : sealer.seal(place, password);
  const row = stored.parse({ ...server, passwordSealed });
  await writeMeta(db, 'mail-server', JSON.stringify(row));
  return row;
}
