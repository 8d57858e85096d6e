/** Transactions of two processes that wait for each other: the database ends one of them, which has changed nothing. */

const triesMax = 5;
/** deadlock_detected, serialization_failure */
const mayTryAgain = new Set<unknown>(['40P01', '40001']);

/** Runs a whole transaction once more when the database gave it up for another one. */
export async function againAfterDeadlock<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (!(error instanceof Error) || !mayTryAgain.has(Reflect.get(error, 'code')) || tries >= triesMax) throw error;
    }
  }
}
