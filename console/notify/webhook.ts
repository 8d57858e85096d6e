/** Sends one signed request to one receiver. No redirect is followed, and nothing of an answer but its status is read. */
import { guardedLookup, webhookUrl, type DestinationRules } from '#console/notify/destination.ts';
import { signatureHeaders } from '#console/notify/signature.ts';
import { newTransport } from '#console/sentinelone/transport.ts';
import { asFault } from '#protocol/codes.ts';

export type Outcome =
  | { readonly ok: true; readonly answer: string }
  | { readonly ok: false; readonly answer: string; readonly askedMs: number | null };

export interface Event {
  readonly id: string;
  readonly body: string;
}

export interface WebhookSender {
  send(event: Event, nowMs: number): Promise<Outcome>;
  close(): void;
}

export interface WebhookOptions {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly rules: DestinationRules;
  readonly timeoutMs: number;
  readonly version: string;
}

const retryAfter = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : null;

const problems: Readonly<Record<string, string>> = {
  ERR_CANCELED: 'no answer in time',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ADDRESS_FORBIDDEN: 'the name leads to an address that is not allowed',
};

function outcomeOf(status: number, headers: Readonly<Record<string, string>>): Outcome {
  if (status >= 200 && status < 300) return { ok: true, answer: `HTTP ${status}` };
  const answer = status >= 300 && status < 400 ? `HTTP ${status}, redirects are not followed` : `HTTP ${status}`;
  return { ok: false, answer, askedMs: retryAfter(headers['retry-after']) };
}

export function webhookSender(options: WebhookOptions): WebhookSender {
  const { rules, timeoutMs } = options;
  const transport = newTransport({ caPem: null, stallMs: timeoutMs, resolve: guardedLookup(rules) });
  return {
    async send({ id, body }, nowMs) {
      let url: string;
      try {
        url = webhookUrl(options.url, rules);
      } catch (error) {
        return { ok: false, answer: asFault(error).message.slice(0, 200), askedMs: null };
      }
      const answer = await transport.send({
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/json',
          'user-agent': `Garrison/${options.version}`,
          ...signatureHeaders(options.secrets, { id, body, nowMs }),
        },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (answer.kind === 'no-answer') {
        const known = problems[answer.problem] ?? answer.problem;
        return { ok: false, answer: known.slice(0, 200), askedMs: null };
      }
      answer.body.on('error', () => undefined).destroy();
      return outcomeOf(answer.status, answer.headers);
    },
    close: () => transport.close(),
  };
}
