/** What the mock answers about devices that wait for an operator, move or are retired. */
import type { DeviceToDecide, WhichDevices } from '#console/api/device-decisions.ts';
import { found, now, Refusal, type Answers } from './answering.ts';
import type { Device } from './devices.ts';
import { hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

/** One of each kind. */
export function makeDecisions(nowMs: number, devices: readonly Device[]): DeviceToDecide[] {
  const kinds = ['pending', 'duplicate', 'same-hardware'] as const;
  return kinds.flatMap((kind, index) => {
    const device = devices[30 + index];
    if (device === undefined) return [];
    const { deviceId, hostname, organisationId, organisationName, os, lastSeenAt } = device;
    const earlier =
      kind === 'same-hardware' ? { deviceId: 'd-005', hostname: devices[4]?.hostname ?? '', lastSeenAt } : null;
    const enrolledAt = iso(nowMs - (index + 1) * hourMs);
    return [
      {
        deviceId,
        hostname,
        organisationId,
        organisationName,
        os,
        kind,
        enrolledAt,
        lastSeenAt,
        keyLabel: 'Spring rollout',
        earlier,
      },
    ];
  });
}

export function decisionAnswers(world: PageWorld): Answers {
  const chosen = (which: WhichDevices): Device[] => {
    if ('deviceIds' in which) return world.devices.filter((one) => which.deviceIds.includes(one.deviceId));
    const { organisationId, state } = which.filter;
    return world.devices.filter(
      (one) =>
        (organisationId === undefined || one.organisationId === organisationId) &&
        (state === undefined || one.state?.kind === state),
    );
  };
  const moving = (which: WhichDevices, organisationId: string) => {
    const devices = chosen(which);
    return { devices, moves: devices.filter((one) => one.organisationId !== organisationId) };
  };
  const silent = (which: WhichDevices) => chosen(which).filter((one) => one.notReportingSince !== null);
  const decided = (deviceId: string | undefined): null => {
    found(world.toDecide.find((one) => one.deviceId === deviceId));
    world.toDecide = world.toDecide.filter((one) => one.deviceId !== deviceId);
    world.hint('device', deviceId ?? null);
    return null;
  };
  return {
    'offboarding.list': () => ({ items: world.leaving }),
    'offboarding.preview': ({ params }) => {
      const devices = world.devices.filter((one) => one.organisationId === params['organisationId']);
      const running = world.leaving.some(
        (one) => one.organisationId === params['organisationId'] && one.state === 'running',
      );
      return {
        devices: devices.length,
        silent: devices.filter((one) => one.notReportingSince !== null).length,
        running,
      };
    },
    'offboarding.start': ({ params, body }) => {
      const organisation = found(world.organisations.find((one) => one.organisationId === params['organisationId']));
      const devices = world.devices.filter((one) => one.organisationId === organisation.organisationId);
      if (devices.length !== body.devices) throw new Refusal(409, 'request.conflict');
      const silent = devices.filter((one) => one.notReportingSince !== null).length;
      world.leaving = [
        {
          organisationId: organisation.organisationId,
          organisationName: organisation.name,
          state: 'running',
          devices: devices.length,
          remaining: devices.length,
          silent,
          perHourMax: body.perHourMax,
          removeService: body.removeService,
          startedAt: now(),
          startedBy: 'ada',
          endedAt: null,
        },
        ...world.leaving,
      ];
      return null;
    },
    'offboarding.cancel': ({ params }) => {
      world.leaving = world.leaving.map((one) =>
        one.organisationId === params['organisationId'] ? { ...one, state: 'cancelled' as const, endedAt: now() } : one,
      );
      return null;
    },
    'deviceDecisions.list': () => ({ items: world.toDecide }),
    'deviceDecisions.approve': ({ params }) => decided(params['deviceId']),
    'deviceDecisions.decide': ({ params }) => decided(params['deviceId']),
    'deviceDecisions.previewMove': ({ body }) => {
      const to = found(world.organisations.find((one) => one.organisationId === body.organisationId));
      const { devices, moves } = moving(body.which, body.organisationId);
      return {
        matching: devices.length,
        moves: moves.length,
        there: devices.length - moves.length,
        left: 0,
        installing: 0,
        to: { organisationName: to.name, mode: to.mode, siteName: to.site?.siteName ?? null },
        withProduct: moves.filter((one) => one.productVersion !== null).length,
        exceptions: moves.flatMap((one) => one.exceptions).length,
      };
    },
    'deviceDecisions.move': ({ body }) => {
      const to = found(world.organisations.find((one) => one.organisationId === body.organisationId));
      const { moves } = moving(body.which, body.organisationId);
      if (moves.length !== body.devices) throw new Refusal(409, 'request.conflict');
      for (const { deviceId } of moves)
        world.change(deviceId, { organisationId: to.organisationId, organisationName: to.name });
      return { devices: moves.length };
    },
    'deviceDecisions.previewRetire': ({ body }) => {
      const matching = chosen(body.which).length;
      const retires = silent(body.which).length;
      return { matching, retires, left: 0, reporting: matching - retires };
    },
    'deviceDecisions.retire': ({ body }) => {
      const gone = silent(body.which);
      if (gone.length !== body.devices) throw new Refusal(409, 'request.conflict');
      world.retired = gone.map(({ deviceId, hostname, organisationId, organisationName, lastSeenAt }) => {
        return { deviceId, hostname, organisationId, organisationName, lastSeenAt, retiredAt: now() };
      });
      for (const { deviceId } of gone) world.change(deviceId, { retiredAt: now() });
      return { devices: gone.length };
    },
    'deviceDecisions.retired': () => ({ items: world.retired }),
    'deviceDecisions.bringBack': ({ params }) => {
      world.retired = world.retired.filter((one) => one.deviceId !== params['deviceId']);
      world.hint('device', params['deviceId'] ?? null);
      return null;
    },
  };
}
