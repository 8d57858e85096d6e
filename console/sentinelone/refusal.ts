/** A failing answer of SentinelOne as one of our faults. Pure, and forgiving: bodies may be JSON, HTML or nothing. */
import * as z from 'zod';
import { Fault, type FaultCode, type FaultContext } from '#protocol/codes.ts';

export const bodyStartBytesMax = 500;

/** What came back, for the console's own log: never shown as it is. */
export interface VendorAnswer {
  readonly status: number;
  readonly bodyStart: string;
}

const vendorErrors = z.object({
  errors: z
    .array(z.object({ code: z.number().nullish(), title: z.string().nullish(), detail: z.string().nullish() }))
    .min(1),
});
const plainError = z.object({ error: z.string(), message: z.string().nullish() });

interface VendorWords {
  readonly code: number | null;
  readonly title: string | null;
  readonly detail: string | null;
}

function tidy(text: string | null | undefined): string | null {
  if (!text) return null;
  // oxlint-disable-next-line no-control-regex -- taking them out is the point
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]+/g, ' ').slice(0, 200);
}

/** The parsed fields of an error body; all null when it follows none of the known forms. */
function vendorWords(body: string): VendorWords {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { code: null, title: null, detail: null };
  }
  const first = vendorErrors.safeParse(value).data?.errors[0];
  if (first) return { code: first.code ?? null, title: tidy(first.title), detail: tidy(first.detail) };
  const plain = plainError.safeParse(value).data;
  return { code: null, title: tidy(plain?.error), detail: tidy(plain?.message) };
}

function codeOf(status: number): FaultCode {
  if (status >= 300 && status < 400) return 'sentinelone.address';
  const codes: Record<number, FaultCode> = {
    401: 'sentinelone.token-refused',
    403: 'sentinelone.permission',
    404: 'sentinelone.not-found',
    429: 'sentinelone.throttled',
  };
  return codes[status] ?? (status >= 500 ? 'sentinelone.unavailable' : 'sentinelone.rejected');
}

/** `what` is method and path. The raw start of the body travels as the fault's cause only. */
export function refusalOf(answer: VendorAnswer, what: string, more: FaultContext = {}): Fault {
  const words = vendorWords(answer.bodyStart);
  const said = [words.title, words.detail].filter((part) => part !== null).join(': ');
  const detail = `SentinelOne answered ${answer.status} to ${what}${said === '' ? '' : `: ${said}`}`;
  const context: FaultContext = {
    status: answer.status,
    request: what,
    ...(words.code === null ? {} : { vendorCode: words.code }),
    ...(words.title === null ? {} : { vendorTitle: words.title }),
    ...more,
  };
  return new Fault(codeOf(answer.status), detail, { context, cause: answer });
}

const certificateProblems = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|UNABLE_TO_VERIFY_LEAF/;

/** A connection that failed before an answer. `problem` is the code of the operating system or of TLS. */
export function connectionFault(problem: string, what: string): Fault {
  const untrusted = certificateProblems.test(problem) ? 'sentinelone.untrusted' : 'sentinelone.unavailable';
  const code: FaultCode = problem === 'ADDRESS_FORBIDDEN' ? 'sentinelone.address' : untrusted;
  return new Fault(code, `No answer from SentinelOne to ${what}: ${problem}`, {
    context: { request: what, connection: problem },
  });
}
