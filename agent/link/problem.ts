/** An answer of the console as our own words. */
import * as z from 'zod';
import { Fault, isFaultCode, type FaultContext } from '#protocol/codes.ts';
import type { Envelope } from '#protocol/envelope.ts';
import { problemSchema } from '#protocol/fault-record.ts';
import { limits } from '#protocol/limits.ts';
import type { Answer } from '#agent/link/transport.ts';

/** The console says that it removed this device; only its signed command makes that true. */
export class RevokedFault extends Fault {
  readonly revocation: Envelope | null;

  constructor(detail: string, revocation: Envelope | null, context: FaultContext) {
    super('identity.revoked', detail, { context });
    this.revocation = revocation;
  }
}

/** The body of a 2xx answer, checked; a Fault for everything else. Waits asked for stand in the fault's `retryAfterMs`. */
export function readAnswer<S extends z.ZodType>(answer: Answer, schema: S): z.infer<S> {
  if (answer.status < 200 || answer.status > 299) throw faultOf(answer);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw new Fault(
    'network.console-unreachable',
    `the console answered something else: ${z.prettifyError(parsed.error).slice(0, 300)}`,
  );
}

function faultOf(answer: Answer): Fault {
  const problem = problemSchema.safeParse(parseJson(answer.body));
  const retryAfterMs = retryAfter(answer);
  const context = { status: answer.status, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (problem.success && isFaultCode(problem.data.code)) {
    const { code, title, detail = title, revocation = null } = problem.data;
    if (code === 'identity.revoked') return new RevokedFault(detail, revocation, context);
    return new Fault(code, detail, { context });
  }
  const code = answer.status === 429 || answer.status === 503 ? 'overloaded' : 'network.console-unreachable';
  return new Fault(code, `the console answered with status ${answer.status}`, { context });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function retryAfter(answer: Answer): number | null {
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, limits.retryAfterMaxMs) : null;
}
