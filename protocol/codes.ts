/**
 * Every failure code, in one table. A code that is used and not listed does not compile; a listed one without a text
 * does not either. The page, the command line and the reports all read their words here.
 */
import { consoleCodes } from '#protocol/codes/console.ts';
import { deviceCodes } from '#protocol/codes/device.ts';
import { installCodes } from '#protocol/codes/install.ts';
import { installerCodes } from '#protocol/codes/installer.ts';
import type { FaultClass } from '#protocol/codes/row.ts';
import { signOnCodes } from '#protocol/codes/sign-on.ts';
import { trustCodes } from '#protocol/codes/trust.ts';
import { updateCodes } from '#protocol/codes/update.ts';

export type { FaultClass } from '#protocol/codes/row.ts';

export const codes = {
  ...installCodes,
  ...installerCodes,
  ...trustCodes,
  ...updateCodes,
  ...deviceCodes,
  ...consoleCodes,
  ...signOnCodes,
};

export type FaultCode = keyof typeof codes;

export const faultCodes = Object.keys(codes) as [FaultCode, ...FaultCode[]];

export function isFaultCode(value: string): value is FaultCode {
  return Object.hasOwn(codes, value);
}

/** Small facts for the reader, no secrets: `{ holder: "apt-get", pid: 812 }`. */
export type FaultContext = Readonly<Record<string, string | number | boolean | null>>;

/** A failure as data: what travels and what is journaled. */
export interface FaultRecord {
  readonly code: FaultCode;
  readonly detail: string;
  readonly context: FaultContext;
}

const contextMax = 20;

/** The one error class that crosses module borders; anything else that is thrown is a defect. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly context: FaultContext;

  constructor(code: FaultCode, detail: string, options: { context?: FaultContext; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
  }

  get class(): FaultClass {
    return codes[this.code].class;
  }

  toRecord(): FaultRecord {
    const context = Object.entries(this.context)
      .slice(0, contextMax)
      .map(([key, value]) => [key.slice(0, 200), typeof value === 'string' ? value.slice(0, 500) : value] as const);
    return { code: this.code, detail: this.message.slice(0, 1000), context: Object.fromEntries(context) };
  }
}

/** Any thrown value as a fault; what is not one of ours is a defect and keeps its cause. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Fault('agent.defect', detail, { cause: error });
}
