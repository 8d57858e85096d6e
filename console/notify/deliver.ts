/**
 * Empties the outbox: at least once, in order for each target, one process at a time for each target. What fails is tried
 * again for a day; then it is given up where everybody can see it.
 */
import { randomBytes } from 'node:crypto';
import { mailText } from '#console/notify/mail-text.ts';
import { sendMail } from '#console/notify/mail.ts';
import { passwordOf, readMailServer } from '#console/notify/mail-server.ts';
import { messageSchema } from '#console/notify/message.ts';
import { backOffMs, giveUpAfterMs } from '#console/notify/pace.ts';
import { originOf, rulesOf, timeoutOf, type NotificationParts } from '#console/notify/parts.ts';
import { secretsOf } from '#console/notify/target-secrets.ts';
import { webhookSender, type Outcome } from '#console/notify/webhook.ts';
import {
  changeClaimed,
  claimTarget,
  countWaiting,
  endWaiting,
  findTarget,
  settle,
  waitingFor,
  type OutboxRow,
  type TargetRow,
} from '#console/store/alerts/notifications.ts';

/** Longer than any try takes, and the clocks of two processes differ. */
const claimMs = 120_000;
/** Of webhooks in one turn, so that a long queue does not keep others from theirs. */
const webhooksPerTurn = 100;
const alertsPerMail = 200;
/** Alerts that come within a minute come in one e-mail. */
const mailEveryMs = 60_000;

type MessageRow = Pick<OutboxRow, 'event_id' | 'body'>;

interface Sender {
  /** How many rows go together. */
  readonly batch: number;
  readonly turns: number;
  readonly restMs: number | null;
  send(rows: readonly MessageRow[]): Promise<Outcome>;
  close(): void;
}

function webhookOf(parts: NotificationParts, target: TargetRow): Sender {
  const { clock } = parts;
  const secrets = secretsOf(parts.sealer, target, clock.now());
  const sender = webhookSender({
    url: target.address,
    secrets,
    rules: rulesOf(parts),
    timeoutMs: timeoutOf(parts),
    version: parts.settings.version,
  });
  return {
    batch: 1,
    turns: webhooksPerTurn,
    restMs: null,
    async send([row]) {
      if (row === undefined) return { ok: true, answer: '' };
      return sender.send({ id: row.event_id, body: row.body }, clock.now());
    },
    close: () => sender.close(),
  };
}

function mailOf(parts: NotificationParts, target: TargetRow): Sender {
  return {
    batch: alertsPerMail,
    turns: 1,
    restMs: mailEveryMs,
    async send(rows) {
      const server = await readMailServer(parts.store.read);
      if (server === null) return { ok: false, answer: 'no mail server is set', askedMs: null };
      const messages = rows.map((row) => messageSchema.parse(JSON.parse(row.body)));
      const options = {
        server,
        password: passwordOf(parts.sealer, server),
        recipients: JSON.parse(target.address) as string[],
        timeoutMs: timeoutOf(parts),
        host: new URL(originOf(parts)).hostname,
      };
      return sendMail(options, mailText(messages, target.name), rows[0]?.event_id ?? 'none');
    },
    close: () => undefined,
  };
}

function senderOf(parts: NotificationParts, target: TargetRow): Sender {
  return target.kind === 'webhook' ? webhookOf(parts, target) : mailOf(parts, target);
}

/** Outside of the queue; answers how it went. */
export async function sendNow(parts: NotificationParts, target: TargetRow, row: MessageRow): Promise<Outcome> {
  const sender = senderOf(parts, target);
  try {
    return await sender.send([row]);
  } finally {
    sender.close();
  }
}

interface Claim {
  readonly targetId: string;
  readonly by: string;
}

async function noteSuccess(parts: NotificationParts, claim: Claim, rows: readonly OutboxRow[], answer: string) {
  const nowMs = parts.clock.now();
  const ids = rows.map((row) => row.outbox_id);
  return parts.store.write(async (db) => {
    await settle(db, ids, { done_at: nowMs, result: 'delivered', answer, tries: (rows[0]?.tries ?? 0) + 1 });
    const good = { tries: 0, next_at: null, failing_since: null, arrived_at: nowMs, last_answer: answer };
    return changeClaimed(db, claim, { ...good, busy_until: nowMs + claimMs });
  });
}

async function noteFailure(
  parts: NotificationParts,
  target: TargetRow,
  claim: Claim,
  failed: { readonly rows: readonly OutboxRow[]; readonly outcome: Extract<Outcome, { ok: false }> },
): Promise<void> {
  const nowMs = parts.clock.now();
  const { answer, askedMs } = failed.outcome;
  const tries = target.tries + 1;
  await parts.store.write(async (db) => {
    await settle(
      db,
      failed.rows.map((row) => row.outbox_id),
      { tries: (failed.rows[0]?.tries ?? 0) + 1, answer },
    );
    const given = { done_at: nowMs, result: 'gave-up', answer: `given up after a day: ${answer}`.slice(0, 200) };
    await endWaiting(db, target.target_id, { beforeMs: nowMs - giveUpAfterMs }, given);
    await changeClaimed(db, claim, {
      tries,
      next_at: nowMs + Math.round(backOffMs(tries, parts.random(), askedMs)),
      failing_since: target.failing_since ?? nowMs,
      last_answer: answer,
    });
  });
}

/** Sends what waits until it is all sent, something fails, or the turn is over. Answers whether anything arrived. */
async function takeTurn(parts: NotificationParts, claim: Claim): Promise<boolean> {
  const target = await findTarget(parts.store.read, claim.targetId);
  if (target === null) return false;
  const sender = senderOf(parts, target);
  let arrived = false;
  try {
    for (let turn = 0; turn < sender.turns; turn += 1) {
      const rows = await waitingFor(parts.store.read, target.target_id, sender.batch);
      if (rows.length === 0) return arrived;
      const outcome = await sender.send(rows);
      if (!outcome.ok) {
        await noteFailure(parts, arrived ? { ...target, tries: 0, failing_since: null } : target, claim, {
          rows,
          outcome,
        });
        return arrived;
      }
      arrived = true;
      if (!(await noteSuccess(parts, claim, rows, outcome.answer))) return arrived;
    }
    const { restMs } = sender;
    if (restMs !== null)
      await parts.store.write((db) => changeClaimed(db, claim, { next_at: parts.clock.now() + restMs }));
    return arrived;
  } finally {
    sender.close();
  }
}

async function serveTarget(parts: NotificationParts, targetId: string): Promise<boolean> {
  const claim = { targetId, by: randomBytes(12).toString('hex') };
  const nowMs = parts.clock.now();
  const mine = await parts.store.write((db) => claimTarget(db, claim, { nowMs, untilMs: nowMs + claimMs }));
  if (!mine) return false;
  try {
    return await takeTurn(parts, claim);
  } finally {
    await parts.store.write((db) => changeClaimed(db, claim, { busy_by: null, busy_until: null }));
  }
}

/** One look at all targets; one that is slow keeps no other from its turn. */
export async function deliverWaiting(parts: NotificationParts): Promise<void> {
  const waiting = await countWaiting(parts.store.read);
  const served = await Promise.allSettled([...waiting.keys()].map((targetId) => serveTarget(parts, targetId)));
  const failed = served.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
