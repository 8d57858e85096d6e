/**
 * A provider that says whatever a test wants: description, keys and ID tokens made by hand, so that each can be wrong in one
 * way. Shapes are those of OpenID Connect Core 1.0 and Discovery 1.0.
 */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { clientId } from '#test/worlds/sign-on/provider.ts';

type Json = Record<string, unknown>;

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

export interface Forged {
  readonly header?: Json;
  readonly claims?: Json;
  /** `alg` alone decides what the header says; this how it is signed. */
  readonly signedBy?: 'own' | 'another key' | 'nobody' | 'public key as secret';
}

export class ForgingProvider {
  issuer = '';
  /** Laid over the description. */
  description: Json = {};
  /** Instead of the description: status and text. */
  instead: { readonly status: number; readonly type: string; readonly text: string } | null = null;
  forged: Forged = {};
  nonce = '';
  /** Claims by the code that was sent, for several at once. */
  say: (code: string) => Json = () => ({});
  /** Instead of the token: status and document. */
  tokenAnswer: { readonly status: number; readonly body: Json } | null = null;
  readonly asked: string[] = [];
  readonly #keys = rsa();
  readonly #others = rsa();
  #stop: () => Promise<void> = async () => undefined;

  /** `tls`: for `localhost`, by a certificate of its own. */
  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<ForgingProvider> {
    const made = new ForgingProvider();
    const answer = (request: IncomingMessage, response: ServerResponse): void => made.#answer(request, response);
    const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('listens nowhere');
    made.issuer = tls === undefined ? `http://127.0.0.1:${address.port}` : `https://localhost:${address.port}`;
    made.#stop = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return made;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  #publicPem(): string {
    return this.#keys.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  }

  #signature(text: string): string {
    const by = (key: KeyObject): string => sign('sha256', Buffer.from(text), key).toString('base64url');
    switch (this.forged.signedBy ?? 'own') {
      case 'own':
        return by(this.#keys.privateKey);
      case 'another key':
        return by(this.#others.privateKey);
      case 'public key as secret':
        return createHmac('sha256', this.#publicPem()).update(text).digest('base64url');
      case 'nobody':
        return '';
    }
  }

  idToken(code = ''): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      aud: clientId,
      sub: 'forged-person',
      iat: now,
      exp: now + 300,
      nonce: this.nonce,
      preferred_username: 'forged',
      email: 'forged@bakery.example',
      ...this.forged.claims,
      ...this.say(code),
    };
    const text = `${part({ alg: 'RS256', kid: 'first', ...this.forged.header })}.${part(claims)}`;
    return `${text}.${this.#signature(text)}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', this.issuer).pathname;
    this.asked.push(path);
    const json = (body: Json, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (path.endsWith('/.well-known/openid-configuration')) {
      if (this.instead === null) return json(this.#describe());
      response.writeHead(this.instead.status, { 'content-type': this.instead.type }).end(this.instead.text);
      return;
    }
    if (path === '/keys') {
      const key = this.#keys.publicKey.export({ format: 'jwk' });
      return json({ keys: [{ ...key, kid: 'first', use: 'sig', alg: 'RS256' }] });
    }
    if (path !== '/token') return json({}, 404);
    if (this.tokenAnswer !== null) return json(this.tokenAnswer.body, this.tokenAnswer.status);
    let sent = '';
    request.on('data', (part: Buffer) => (sent += part.toString()));
    request.on('end', () => {
      const code = new URLSearchParams(sent).get('code') ?? '';
      json({ access_token: 'any', token_type: 'Bearer', id_token: this.idToken(code) });
    });
  }

  #describe(): Json {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      ...this.description,
    };
  }
}
