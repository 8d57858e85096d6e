import { closeAttempt } from '#agent/actions/close-attempt.ts';
import { download } from '#agent/actions/download.ts';
import type { Execution, Executor } from '#agent/actions/executor.ts';
import { install, repair } from '#agent/actions/install.ts';
import { concludeRestart } from '#agent/actions/conclude-restart.ts';
import { claimRun, concludeRun } from '#agent/actions/run.ts';
import { cancelReboot, requestReboot } from '#agent/actions/reboot.ts';
import { startProduct } from '#agent/actions/start-product.ts';
import type { Action } from '#agent/plan/decision.ts';

/** A new action does not compile until it has an executor here. */
const executors: { readonly [K in Action['kind']]: Executor<K> } = {
  download,
  install,
  repair,
  'start-product': startProduct,
  'claim-run': claimRun,
  'conclude-run': concludeRun,
  'conclude-restart': concludeRestart,
  'request-reboot': requestReboot,
  'cancel-reboot': cancelReboot,
  'close-attempt': (execution, action) => closeAttempt(execution, action),
};

export function execute(execution: Execution, action: Action): Promise<void> {
  const executor = executors[action.kind] as (execution: Execution, action: Action) => Promise<void>;
  return executor(execution, action);
}
