/** How the mock answers: by the name of the route, or with a refusal. */
import type { FaultCode } from '#protocol/codes.ts';

export class Refusal extends Error {
  readonly status: number;
  readonly code: FaultCode;
  constructor(status: number, code: FaultCode) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  // Query and body were parsed by the route's own schemas; the mock trusts them.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly query: any;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export type Answers = Readonly<Record<string, (asked: Asked) => unknown>>;

export function found<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Refusal(404, 'not-found');
  return value;
}

export const now = (): string => new Date().toISOString();
