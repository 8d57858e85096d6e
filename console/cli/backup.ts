/** `backup`: everything of this console but the key file, in one private file; the console goes on meanwhile. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeBackup } from '#console/backup/write.ts';
import { complain, say } from '#console/cli/output.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { postgresSnapshot, sqliteSnapshot, type Snapshot } from '#console/store/engine/snapshot.ts';
import { consoleVersion } from '#console/version.ts';

function snapshotOf(config: ConsoleConfig): Snapshot {
  return config.databaseUrl === null ? sqliteSnapshot(paths.database(config)) : postgresSnapshot(config.databaseUrl);
}

export async function backup(config: ConsoleConfig, file: string, json: boolean): Promise<void> {
  const sealer = createSealer(readKeyFile(config.keyFile));
  const snapshot = snapshotOf(config);
  const path = resolve(file);
  try {
    const progress = (table: string, rows: number): void => {
      if (!json) complain(`  ${table}: ${rows}`);
    };
    const done = await writeBackup({ snapshot, sealer, file: path, consoleVersion, nowMs: Date.now(), progress });
    const { header, rows, sha256 } = done;
    const sizeBytes = statSync(path).size;
    if (json) {
      const { consoleId, createdAt, database } = header;
      say(
        JSON.stringify({ file: path, sizeBytes, sha256, consoleId, createdAt, database, rows, without: ['key-file'] }),
      );
      return;
    }
    say(`Backup of ${header.consoleId} in ${path}, ${sizeBytes} bytes, ${rows['devices'] ?? 0} devices.`);
    say(`Checksum   ${sha256}`);
    say(`Not in it: the key file ${config.keyFile}. Without it the backup opens nothing, so keep a copy`);
    say('           apart from the backups; and the owner key, which is on no server. Package files are not in');
    say('           it either: SentinelOne is asked for them again, uploaded ones are uploaded again.');
  } finally {
    await snapshot.close();
  }
}
