#!/usr/bin/env node
/** garrison-console: the command line. */
import { Command } from 'commander';
import { asFault, codes, type Fault } from '#protocol/codes.ts';
import { complain, say } from '#console/cli/output.ts';
import type { RestoreOptions } from '#console/cli/restore.ts';
import { readConfig, type ConsoleConfig } from '#console/config.ts';
import { consoleVersion } from '#console/version.ts';

const program = new Command('garrison-console')
  .description('The server that Garrison agents report to, and its page.')
  .version(consoleVersion)
  .option('-c, --config <file>', 'JSON file with settings; environment variables win')
  .showHelpAfterError();

function config(): ConsoleConfig {
  return readConfig(program.opts<{ config?: string }>().config, process.env);
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

program
  .command('init')
  .description('set up a new console: its keys, the owner key (shown once) and the first administrator')
  .requiredOption('--public-url <origin>', 'address devices reach it under; may be repeated', collect, [])
  .option('--vendor-host <host>', 'SentinelOne console whose site tokens devices may use; may be repeated', collect, [])
  .option('--tls-pin <sha256>', 'SHA-256 (hex) of the public key of its certificate; may be repeated', collect, [])
  .option('--json', 'one JSON line instead of text')
  .action(async (options: { publicUrl: string[]; vendorHost: string[]; tlsPin: string[]; json?: boolean }) => {
    const { init } = await import('#console/cli/init.ts');
    await init(config(), options);
  });

program
  .command('run')
  .description('listen to devices and operators until SIGTERM')
  .action(async () => {
    const { run } = await import('#console/cli/run.ts');
    await run(config());
  });

program
  .command('backup')
  .description('everything of this console but its key file, into one private file; also while it runs')
  .argument('<file>')
  .option('--json', 'one JSON line instead of text')
  .action(async (file: string, options: { json?: boolean }) => {
    const { backup } = await import('#console/cli/backup.ts');
    await backup(config(), file, options.json === true);
  });

program
  .command('restore')
  .description('a backup into an empty data directory or database; needs its key file and the owner key')
  .argument('<file>')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .option('--public-url <origin>', 'address devices reach it under from now on; replaces all', collect, [])
  .option('--tls-pin <sha256>', 'certificate pin; replaces all', collect, [])
  .option('--keep-operator <name>', 'may go on signing in; may be repeated (everybody else is disabled)', collect, [])
  .option('--keep-install-keys', 'none was revoked since the backup was made')
  .option('--json', 'one JSON line instead of text')
  .action(async (file: string, options: RestoreOptions) => {
    const { restore } = await import('#console/cli/restore.ts');
    await restore(config(), file, options);
  });

const keySet = program.command('key-set').description('what devices trust; every change needs the owner key');

keySet
  .command('add-vendor-host')
  .description('allow site tokens of one more SentinelOne console')
  .argument('<host>')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (host: string, options: { ownerKeyFile: string }) => {
    const { changeKeySet, withVendorHost } = await import('#console/cli/key-set.ts');
    await changeKeySet(config(), options.ownerKeyFile, (keys) => withVendorHost(keys, host));
  });

keySet
  .command('renew')
  .description('sign the key set again, with new addresses or certificate pins if given')
  .option('--public-url <origin>', 'address devices reach it under; replaces all', collect, [])
  .option('--tls-pin <sha256>', 'certificate pin; replaces all', collect, [])
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (options: { publicUrl: string[]; tlsPin: string[]; ownerKeyFile: string }) => {
    const { changeKeySet } = await import('#console/cli/key-set.ts');
    await changeKeySet(config(), options.ownerKeyFile, () => ({
      ...(options.publicUrl.length === 0 ? {} : { addresses: options.publicUrl }),
      ...(options.tlsPin.length === 0 ? {} : { tlsPins: options.tlsPin }),
    }));
  });

keySet
  .command('new-tls-key')
  .description('another TLS key of its own: announced to devices now, taken when they have had time to hear of it')
  .option('--days <n>', 'until it is taken', (text) => Number(text), 7)
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (options: { days: number; ownerKeyFile: string }) => {
    const { newTlsKey } = await import('#console/cli/key-set.ts');
    await newTlsKey(config(), options.ownerKeyFile, options.days);
  });

keySet
  .command('trust')
  .description('whether debs and sites need the approval of the owner key (owner) or not (console-only)')
  .argument('<mode>')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (mode: string, options: { ownerKeyFile: string }) => {
    const { changeKeySet, withTrust } = await import('#console/cli/key-set.ts');
    await changeKeySet(config(), options.ownerKeyFile, () => withTrust(mode));
  });

const approve = program.command('approve').description('name what may be installed, with the owner key');

approve
  .command('package')
  .description('a package file, by its digest; once per version')
  .argument('<file>')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (file: string, options: { ownerKeyFile: string }) => {
    const { approve: sign, packageSubject } = await import('#console/cli/approve.ts');
    await sign(config(), options.ownerKeyFile, () => packageSubject(file));
  });

approve
  .command('site')
  .description('the SentinelOne site an organisation is mapped to')
  .argument('<organisation-id>')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (organisationId: string, options: { ownerKeyFile: string }) => {
    const { approve: sign, siteSubject } = await import('#console/cli/approve.ts');
    await sign(config(), options.ownerKeyFile, (db) => siteSubject(db, organisationId));
  });

keySet
  .command('new-epoch')
  .description('after a restore from a backup: outrank what was signed since, and end all sign-ins')
  .option('--owner-key-file <file>', 'file with the owner key; "-": standard input', '-')
  .action(async (options: { ownerKeyFile: string }) => {
    const { newEpoch } = await import('#console/cli/key-set.ts');
    await newEpoch(config(), options.ownerKeyFile);
  });

const admin = program.command('admin').description('people who may sign in');

admin
  .command('create')
  .description('make an administrator, or give one a new password')
  .argument('<name>')
  .option('--password-file <file>', 'file with the password; "-": standard input', '-')
  .action(async (name: string, options: { passwordFile: string }) => {
    const { createAdministrator } = await import('#console/cli/admin.ts');
    await createAdministrator(config(), name, options.passwordFile);
  });

admin
  .command('second-factor')
  .description('ask for the code of an authenticator at sign-in; again: with a new secret')
  .argument('<name>')
  .option('--off', 'ask no more')
  .action(async (name: string, options: { off?: boolean }) => {
    const { changeSecondFactor } = await import('#console/cli/admin.ts');
    await changeSecondFactor(config(), name, options.off === true);
  });

const release = program.command('release').description('versions of the agent that this console hands out');

release
  .command('add')
  .description('import a signed release; every file is proved first')
  .argument('<directory>')
  .action(async (directory: string) => {
    const { addRelease } = await import('#console/cli/release.ts');
    await addRelease(config(), directory);
  });

release
  .command('list')
  .description('what has been imported, newest first')
  .action(async () => {
    const { listReleases } = await import('#console/cli/release.ts');
    await listReleases(config());
  });

const audit = program.command('audit').description('the record of what was done by whom');

audit
  .command('verify')
  .description('whether every entry is there, unchanged and in its place; exit code 2 when not')
  .option('--head <number:mac>', 'an end of the log that was seen before; may be repeated', collect, [])
  .option('--json', 'one JSON line instead of text')
  .action(async (options: { head: string[]; json?: boolean }) => {
    const { verifyAuditLog } = await import('#console/cli/audit.ts');
    await verifyAuditLog(config(), options);
  });

audit
  .command('head')
  .description('the end of the log now, to be kept where nobody who can write to the database can')
  .action(async () => {
    const { showAuditHead } = await import('#console/cli/audit.ts');
    await showAuditHead(config());
  });

program
  .command('status')
  .description('what is set up, read from the database')
  .action(async () => {
    const { status } = await import('#console/cli/status.ts');
    await status(config());
  });

program
  .command('version')
  .description('print the version')
  .action(() => say(consoleVersion));

process.umask(0o077);

function explain(fault: Fault): string {
  const { title, remedy } = codes[fault.code];
  return `${title}: ${fault.message}\n${remedy}`;
}

try {
  await program.parseAsync();
} catch (error) {
  const fault = asFault(error);
  complain(explain(fault));
  if (fault.class === 'defect' && error instanceof Error) complain(error.stack ?? '');
  process.exitCode = 1;
}
