/** Restarts of the in-memory machine: asked for with notice, taken back, or begun at once by an installer. */
import type { Probe } from '#platform/inventory.ts';
import type { RebootRequest } from '#platform/platform.ts';
import type { Host } from '#test/worlds/host/host.ts';

const dayMs = 86_400_000;

export interface AskedReboot {
  readonly atMs: number;
  readonly dueAtMs: number;
  readonly message: string;
  readonly boot: number;
  outcome: 'scheduled' | 'cancelled' | 'done';
}

export class Reboots {
  /** Every restart the agent ever asked for and the machine took. */
  readonly asked: AskedReboot[] = [];
  /** The machine takes the request and nothing comes of it. */
  withoutEffect = false;
  /** What it answers instead of taking a request. */
  refusal: Exclude<Probe<void>, { status: 'ok' }> | null = null;
  readonly #host: Host;
  #takeBack: (() => void) | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  schedule({ noticeMs, message }: RebootRequest): Probe<void> {
    const host = this.#host;
    if (this.refusal !== null) return this.refusal;
    if (this.#takeBack !== null)
      return { status: 'failed', code: 'reboot.already-scheduled', detail: 'one is scheduled already' };
    const atMs = host.time.nowMs;
    const last = this.asked.findLast((each) => each.outcome !== 'cancelled');
    if (last !== undefined && atMs - last.atMs < dayMs) {
      host.violations.push(`a restart was asked for at ${atMs}, the last one at ${last.atMs}`);
    }
    if (noticeMs < 600_000) host.violations.push(`a restart with ${noticeMs} ms of notice`);
    const entry: AskedReboot = { atMs, dueAtMs: atMs + noticeMs, message, boot: host.boot, outcome: 'scheduled' };
    this.asked.push(entry);
    this.#takeBack = host.time.at(entry.dueAtMs, () => {
      this.#takeBack = null;
      if (this.withoutEffect || host.boot !== entry.boot) return;
      entry.outcome = 'done';
      host.restart();
    });
    return { status: 'ok', value: undefined };
  }

  cancel(): Probe<void> {
    const last = this.asked.at(-1);
    if (this.#takeBack !== null && last !== undefined) last.outcome = 'cancelled';
    this.forget();
    return { status: 'ok', value: undefined };
  }

  /** A machine that went down has nothing scheduled any more. */
  forget(): void {
    this.#takeBack?.();
    this.#takeBack = null;
  }
}
