/** Faults as RFC 9457 problem documents. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { codes, Fault, type FaultCode } from '#protocol/codes.ts';
import type { Problem } from '#protocol/fault-record.ts';

const statuses: Partial<Record<FaultCode, number>> = {
  'request.invalid': 400,
  'request.too-large': 413,
  'request.conflict': 409,
  'request.in-progress': 409,
  'request.unsupported-version': 426,
  'auth.required': 401,
  'auth.refused': 401,
  'auth.forbidden': 403,
  'auth.not-fresh': 403,
  'auth.session-expired': 401,
  'not-found': 404,
  'rate-limited': 429,
  overloaded: 503,
  internal: 500,
  'enrol.key-refused': 403,
  'enrol.not-enrolled': 401,
  'identity.revoked': 403,
  'identity.duplicate': 409,
  'token.unavailable': 503,
  'token.malformed': 502,
  'token.site-mismatch': 409,
  'token.tenant-not-pinned': 409,
  'assignment.older': 409,
  'assignment.expired': 409,
  'download.unavailable': 404,
  'sentinelone.throttled': 503,
  'sentinelone.unavailable': 502,
  'sentinelone.unreadable': 502,
};

/** Our own refusals of what somebody sent are 422 unless a row says otherwise. */
function statusOf(code: FaultCode): number {
  return statuses[code] ?? (codes[code].class === 'defect' ? 500 : 422);
}

export function problemOf(fault: Fault): Problem {
  const row = codes[fault.code];
  const retryAfterMs = fault.context['retryAfterMs'];
  return {
    type: `urn:garrison:${fault.code}`,
    title: row.title,
    status: statusOf(fault.code),
    code: fault.code,
    remedy: row.remedy,
    ...(row.class === 'defect' ? {} : { detail: fault.message.slice(0, 500) }),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  };
}

/** Said to a device that was removed; on the way out the console signs it. */
export class DeviceRevoked extends Fault {
  readonly deviceId: string;
  /** As `leaves_as` of its row. */
  readonly leavesAs: string | null;

  constructor(deviceId: string, leavesAs: string | null) {
    super('identity.revoked', 'the console has removed this device');
    this.deviceId = deviceId;
    this.leavesAs = leavesAs;
  }
}

function invalid(error: z.core.$ZodError): Problem {
  const fields = error.issues
    .slice(0, 50)
    .map((issue) => ({ path: issue.path.join('.').slice(0, 200), problem: issue.message.slice(0, 200) }));
  return { ...problemOf(new Fault('request.invalid', 'some fields are not valid')), fields };
}

/** A request body or query that does not fit its schema, with the fields named. */
export class InvalidRequest extends Error {
  readonly problem: Problem;

  constructor(error: z.core.$ZodError) {
    super('the request is not valid', { cause: error });
    this.problem = invalid(error);
  }
}

function frameworkFault(error: FastifyError): Fault | null {
  if (error.statusCode === 413) return new Fault('request.too-large', 'the body is larger than allowed');
  if (error.statusCode === 429)
    return new Fault('rate-limited', 'too many requests', { context: { retryAfterMs: 60_000 } });
  if (error.statusCode !== undefined && error.statusCode < 500) return new Fault('request.invalid', error.message);
  return null;
}

/** The error handler of both listeners: nothing of an unexpected error leaves the house. */
export function answerProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: Pick<Problem, 'revocation'> = {},
): FastifyReply {
  const problem = { ...asProblem(error), ...proof };
  if (problem.status >= 500 && problem.code === 'internal') request.log.error({ err: error }, 'unexpected error');
  if (problem.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(problem.retryAfterMs / 1000)));
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

function asProblem(error: unknown): Problem {
  if (error instanceof Fault) return problemOf(error);
  if (error instanceof InvalidRequest) return error.problem;
  // A schema's own error is about what we keep or answer: whatever somebody sent was checked as a request.
  const known = error instanceof Error && 'statusCode' in error ? frameworkFault(error as FastifyError) : null;
  return problemOf(known ?? new Fault('internal', 'unexpected error'));
}
