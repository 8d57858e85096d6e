/** Sends one e-mail through the console's mail server. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import { createTransport } from 'nodemailer';
import { isBehind, isLoopback } from '#console/notify/destination.ts';
import type { MailServer } from '#console/api/notifications.ts';
import type { MailText } from '#console/notify/mail-text.ts';
import type { Outcome } from '#console/notify/webhook.ts';

export interface MailOptions {
  readonly server: Omit<MailServer, 'hasPassword'>;
  readonly password: string | null;
  readonly recipients: readonly string[];
  readonly timeoutMs: number;
  /** Host of the console, for the id of the message. */
  readonly host: string;
}

/** The address that is connected to is the one that was judged: a name may lead elsewhere a moment later. */
async function addressOf(server: MailOptions['server']): Promise<string> {
  const name = server.host.replace(/^\[|\]$/g, '');
  const address = isIP(name) === 0 ? (await lookup(name)).address : name;
  if (isBehind(address)) throw Object.assign(new Error('forbidden'), { code: 'ADDRESS_FORBIDDEN' });
  if (server.security === 'none' && !isLoopback(address))
    throw Object.assign(new Error('not here'), { code: 'NO_TLS_ELSEWHERE' });
  return address;
}

const problems: Readonly<Record<string, string>> = {
  EAUTH: 'user or password refused',
  ETLS: 'no TLS, or a certificate that cannot be trusted',
  ESOCKET: 'the connection broke, or its certificate cannot be trusted',
  ETIMEDOUT: 'no answer in time',
  ECONNECTION: 'the connection broke',
  ECONNREFUSED: 'nothing listens there',
  EDNS: 'the name is not known',
  ENOTFOUND: 'the name is not known',
  EENVELOPE: 'sender or addresses refused',
  EMESSAGE: 'message refused',
  ADDRESS_FORBIDDEN: 'the name leads to an address that is not allowed',
  NO_TLS_ELSEWHERE: 'mail goes without TLS only to a server on this machine',
};

/** Of what a server says only its number is kept: the rest is text of strangers. */
function failure(error: unknown): Outcome {
  const code = error instanceof Error ? String(Reflect.get(error, 'code') ?? 'unknown') : 'unknown';
  const status: unknown = error instanceof Error ? Reflect.get(error, 'responseCode') : undefined;
  const number = typeof status === 'number' ? ` (SMTP ${status})` : '';
  return { ok: false, answer: `${problems[code] ?? code}${number}`.slice(0, 200), askedMs: null };
}

function transportOf(options: MailOptions, address: string) {
  const { server, password, timeoutMs } = options;
  const named = isIP(server.host.replace(/^\[|\]$/g, '')) === 0 ? { servername: server.host } : {};
  return createTransport({
    host: address,
    port: server.port,
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    ...(server.user === null ? {} : { auth: { user: server.user, pass: password ?? '' } }),
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ca: [...getCACertificates('default'), ...(server.caPem === null ? [] : [server.caPem])],
      ...named,
    },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

export async function sendMail(options: MailOptions, mail: MailText, messageId: string): Promise<Outcome> {
  try {
    const transport = transportOf(options, await addressOf(options.server));
    const sent = await transport.sendMail({
      from: { name: 'Garrison', address: options.server.from },
      to: options.recipients.map((address) => ({ name: '', address })),
      subject: mail.subject,
      text: mail.text,
      messageId: `<${messageId}@${options.host}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    transport.close();
    const refused = sent.rejected?.length ?? 0;
    return { ok: true, answer: refused === 0 ? 'accepted' : `accepted, ${refused} addresses refused` };
  } catch (error) {
    return failure(error);
  }
}
