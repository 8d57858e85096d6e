/** OpenPGP keys of the stand-in publisher, made anew for each build: nobody can sign with them afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './tool.ts';

export interface StandInKey {
  /** 40 capital hexadecimal digits. */
  readonly fingerprint: string;
  /** Folder with `<fingerprint>.asc`, the armoured public key; what a test build takes as its test keys. */
  readonly folder: string;
  readonly publicKeyFile: string;
}

export interface KeyRing {
  makeKey(uid: string, folder: string): Promise<StandInKey>;
  signRpm(file: string, key: StandInKey): Promise<void>;
  /** Forgets the secret keys. */
  close(): Promise<void>;
}

export async function openKeyRing(): Promise<KeyRing> {
  // In the temporary folder: the agent's socket lives inside, and a socket's path is at most 108 bytes long.
  const home = await mkdtemp(join(tmpdir(), 'stand-in-gpg-'));
  const env = { GNUPGHOME: home, HOME: home };
  const gpg = (...argv: string[]) => runTool('gpg', ['--batch', '--quiet', ...argv], { env });
  return {
    async makeKey(uid, folder) {
      const made = await gpg(
        '--status-fd',
        '1',
        '--passphrase',
        '',
        '--quick-gen-key',
        uid,
        'rsa3072',
        'sign,cert',
        'never',
      );
      const fingerprint = /KEY_CREATED \S+ ([0-9A-F]{40})/.exec(made)?.[1];
      if (fingerprint === undefined) throw new Error(`gpg made no key: ${made}`);
      const publicKeyFile = join(folder, `${fingerprint}.asc`);
      await mkdir(folder, { recursive: true });
      await writeFile(publicKeyFile, await gpg('--armor', '--export', fingerprint));
      return { fingerprint, folder, publicKeyFile };
    },
    async signRpm(file, { fingerprint }) {
      // Debian's rpm looks for gpg under a path that does not exist there.
      const define = ['--define', '__gpg /usr/bin/gpg', '--define', `_gpg_name ${fingerprint}`];
      await runTool('rpmsign', [...define, '--addsign', file], { env });
    },
    async close() {
      await runTool('gpgconf', ['--kill', 'all'], { env });
      await rm(home, { recursive: true, force: true });
    },
  };
}
