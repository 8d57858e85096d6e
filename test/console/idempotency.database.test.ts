import { idempotencyContract } from '#test/console/idempotency.contract.ts';
import { twoConsoles } from '#test/worlds/fleet/two-consoles.ts';

idempotencyContract('in two processes on PostgreSQL', twoConsoles);
