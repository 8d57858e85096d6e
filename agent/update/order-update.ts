/** `update-self`: taken down here, carried out by the updater, and its end told by an event of its own. */
import type { Command } from '#protocol/commands.ts';
import { Fault } from '#protocol/codes.ts';
import type { Agent } from '#agent/agent.ts';
import type { UpdateOrder } from '#agent/update/order.ts';

export type Ordered =
  | { readonly result: 'done'; readonly order: UpdateOrder | null }
  | { readonly result: 'joined' }
  | { readonly result: 'refused'; readonly fault: Fault };

export function orderUpdate({ current, journal, version }: Agent, command: Command): Ordered {
  const { update: wanted, commandId } = command;
  if (wanted === undefined) return refused('command.unsupported', 'the command names no release');
  if (current.updatable !== 'yes') return refused(current.updatable, 'updates of this agent are off');
  if (wanted.version === version) return { result: 'done', order: null };
  const { update: open } = journal.memory;
  if (open !== null && open.version === wanted.version && open.manifest === wanted.manifest)
    return { result: 'joined' };
  if (open?.phase === 'switching') return refused('update.busy', `${open.version} is on its way`);
  const order: UpdateOrder = {
    ...wanted,
    commandId,
    expiresAtMs: Date.parse(command.expiresAt),
    from: version,
    phase: 'wanted',
    sha256: null,
    tries: 0,
  };
  return { result: 'done', order };
}

function refused(code: Fault['code'], detail: string): Ordered {
  return { result: 'refused', fault: new Fault(code, detail) };
}
