/**
 * A backup: gzip over lines of JSON. First a header; then for each table a line that names its columns and one line a row,
 * tables that others refer to first; last a line with what makes it whole: rows per table, SHA-256 and a MAC over every byte
 * before it. The MAC's key comes from the key file, so that a backup is known to be ours before anything of it is used.
 */
import { createHash, createHmac } from 'node:crypto';
import * as z from 'zod';
import { isoTime, sha256Text, shortText } from '#protocol/words.ts';

export const formatVersion = 1;

export const headerSchema = z.object({
  garrison: z.literal('console-backup'),
  version: z.int().min(1),
  consoleVersion: shortText,
  consoleId: shortText,
  ownerKey: shortText,
  keySet: z.object({ epoch: z.int().min(0), number: z.int().min(0) }),
  createdAt: isoTime,
  database: z.enum(['sqlite', 'postgres']),
  /** Steps of the schema that the rows are in. */
  migrations: z.array(shortText).min(1).max(1000),
});
export type Header = z.infer<typeof headerSchema>;

const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
export const tableSchema = z.object({ table: name, columns: z.array(name).min(1).max(200) });
export type TableHead = z.infer<typeof tableSchema>;

/** What the rows of this database hold: text, whole numbers, nothing. */
const cell = z.union([z.string(), z.number(), z.null()]);
export const rowSchema = z.array(cell).max(200);
export type Row = z.infer<typeof rowSchema>;

export const endSchema = z.object({
  end: z.object({ rows: z.record(name, z.int().min(0)), sha256: sha256Text, mac: sha256Text }),
});
export type End = z.infer<typeof endSchema>['end'];

export interface Seal {
  add(line: string): void;
  /** Of everything added. */
  read(): Pick<End, 'sha256' | 'mac'>;
}

/** Both sums over the same lines, each with its line end. */
export function createSeal(key: Uint8Array): Seal {
  const hash = createHash('sha256');
  const mac = createHmac('sha256', key);
  return {
    add(line) {
      hash.update(line).update('\n');
      mac.update(line).update('\n');
    },
    read: () => ({ sha256: hash.copy().digest('hex'), mac: mac.digest('hex') }),
  };
}

/** Purpose of the key, for `Sealer.subkey`. */
export const sealPurpose = 'backup';
