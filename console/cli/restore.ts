/** `restore`: a backup into an empty place, on this address or another one. */
import { noteRestoredAudit } from '#console/audit-heads.ts';
import { restoreBackup, type Restored } from '#console/backup/restore.ts';
import { complain, say } from '#console/cli/output.ts';
import { readOwnerKey } from '#console/cli/secret-input.ts';
import { demandAddresses } from '#console/cli/init.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { emptyPostgres, emptySqlite, type EmptyPlace } from '#console/store/engine/empty-place.ts';

export interface RestoreOptions {
  readonly ownerKeyFile: string;
  /** None: those of the backup stay. */
  readonly publicUrl: readonly string[];
  readonly tlsPin: readonly string[];
  readonly keepOperator: readonly string[];
  readonly keepInstallKeys?: boolean;
  readonly json?: boolean;
}

async function placeOf(config: ConsoleConfig): Promise<EmptyPlace> {
  return config.databaseUrl === null ? emptySqlite(paths.database(config)) : emptyPostgres(config.databaseUrl);
}

export async function restore(config: ConsoleConfig, file: string, options: RestoreOptions): Promise<void> {
  demandAddresses(options.publicUrl);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const json = options.json === true;
  // A full place is refused before anybody is asked for the owner key.
  const place = await placeOf(config);
  const done = await restoreBackup({
    file,
    sealer,
    owner: readOwnerKey(options.ownerKeyFile),
    place,
    change: {
      ...(options.publicUrl.length === 0 ? {} : { addresses: [...options.publicUrl] }),
      ...(options.tlsPin.length === 0 ? {} : { tlsPins: [...options.tlsPin] }),
    },
    kept: { operators: options.keepOperator, installKeys: options.keepInstallKeys === true },
    nowMs: Date.now(),
    progress: (table, rows) => {
      if (!json) complain(`  ${table}: ${rows}`);
    },
  });
  noteRestoredAudit(paths.auditHeads(config), done.auditEnd, Date.now());
  say(json ? JSON.stringify(summaryOf(done)) : explanation(done));
}

function summaryOf({ header, rows, keySet, ...settled }: Restored): unknown {
  const { consoleId, epoch, number, addresses } = keySet;
  return { consoleId, backedUpAt: header.createdAt, keySet: { epoch, number, addresses }, ...settled, rows };
}

function explanation(done: Restored): string {
  const { header, rows, keySet } = done;
  const operators =
    done.operatorsKept.length > 0
      ? `May sign in: ${done.operatorsKept.join(', ')}. ${done.operatorsDisabled} others are disabled.`
      : `Nobody may sign in (${done.operatorsDisabled} disabled). An administrator: garrison-console admin create NAME`;
  return [
    `Restored ${keySet.consoleId} as it was at ${header.createdAt}: ${rows['devices'] ?? 0} devices.`,
    `Key set ${keySet.epoch}/${keySet.number} with new online keys, addresses ${keySet.addresses.join(', ')}.`,
    'Devices take it by themselves as soon as they reach the console under an address they know.',
    '',
    'Nobody can tell what was revoked or done since the backup, so:',
    `  ${operators}`,
    `  ${done.installKeysRevoked} install keys and ${done.apiKeysRevoked} API keys were revoked; recovery codes are used up.`,
    `  ${done.commandsDropped} waiting commands were dropped.`,
    `  ${done.deploymentsHalted} deployments are halted; resume each when you have looked at it.`,
    '  Devices removed since then are back: remove them again.',
  ].join('\n');
}
