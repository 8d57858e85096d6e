import { Fault } from '#protocol/codes.ts';

/** The fault that `work` must end with; anything else is an error of the test. */
export async function faultFrom(work: () => Promise<unknown>): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('no fault was thrown');
}
