import { Fault, type FaultCode } from '#protocol/codes.ts';

const codeOfErrno: Readonly<Record<string, FaultCode>> = {
  ENOSPC: 'state.no-space',
  EDQUOT: 'state.no-space',
  EIO: 'state.disk-error',
  EROFS: 'state.disk-error',
};

/** The `code` of a system error ("ENOENT"), null for anything else. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** A disk that is full or broken as its fault; everything else as it was. */
export function asDiskFault(error: unknown): unknown {
  const code = codeOfErrno[errnoOf(error) ?? ''];
  if (code === undefined || !(error instanceof Error)) return error;
  return new Fault(code, error.message, { cause: error });
}

/** Runs `work`; full and broken disks come out as `state.no-space` and `state.disk-error`. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asDiskFault(error);
  }
}

/** Runs `work`; null when it fails with one of `errnos`. */
export async function nullOn<T>(errnos: readonly string[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
}
