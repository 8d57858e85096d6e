/** A mail server on this machine that keeps what it is given; with TLS by a certificate made for it, or without. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: headers and text, encoded as the sender chose. */
  readonly source: string;
  readonly user: string | null;
  readonly secure: boolean;
}

export interface MailServerOptions {
  /** From the first byte, by STARTTLS, or none. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: { readonly name: string; readonly password: string };
}

export interface MailServer {
  readonly port: number;
  readonly caPem: string;
  readonly mails: Mail[];
  /** Recipients it does not take. */
  readonly refused: Set<string>;
  close(): Promise<void>;
}

/** For `localhost`; the certificate is its own authority. */
export function certificate(): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-mail-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const wanted = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...wanted, '-keyout', key, '-out', cert, ...names], { stdio: 'ignore' });
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(directory, { recursive: true });
  return made;
}

export async function mailServer({ security, user }: MailServerOptions): Promise<MailServer> {
  const mails: Mail[] = [];
  const refused = new Set<string>();
  const tls = certificate();
  const server = new SMTPServer({
    ...tls,
    secure: security === 'tls',
    disabledCommands: security === 'none' ? ['STARTTLS'] : [],
    authOptional: user === undefined,
    logger: false,
    onAuth(auth, _session, done) {
      const fits = auth.username === user?.name && auth.password === user?.password;
      done(fits ? null : new Error('no'), fits ? { user: auth.username } : undefined);
    },
    onRcptTo(address, _session, done) {
      done(refused.has(address.address) ? Object.assign(new Error('unknown here'), { responseCode: 550 }) : null);
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((one) => one.address),
          source: Buffer.concat(parts).toString('utf8'),
          user: typeof session.user === 'string' ? session.user : null,
          secure: session.secure,
        });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  return {
    port: (server.server.address() as AddressInfo).port,
    caPem: tls.cert,
    mails,
    refused,
    close: () => new Promise((done) => server.close(() => done())),
  };
}
