/** The routes of devices. Bodies stay bytes until the MAC over them holds. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import {
  commandsQuery,
  enrolRequest,
  paths,
  sessionRequest,
  siteTokenRequest,
  type checkInResponse,
  type commandsResponse,
  type enrolResponse,
  type keySetResponse,
  type sessionResponse,
  type siteTokenResponse,
} from '#protocol/messages.ts';
import { authenticateDevice, bodyBytes, tokenFirst } from '#console/auth/device-requests.ts';
import type { DeviceSide } from '#console/context.ts';
import { checkIn, looseCheckInRequest } from '#console/fleet/link/check-in.ts';
import { holdForCommands } from '#console/fleet/link/command-delivery.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { openSession } from '#console/fleet/link/device-session.ts';
import { enrol } from '#console/fleet/membership/enrolment.ts';
import { sealedSiteToken } from '#console/fleet/connections/site-tokens.ts';
import { InvalidRequest } from '#console/problems.ts';
import { servePackage } from '#console/routes/agent-packages.ts';
import { serveRelease } from '#console/routes/agent-releases.ts';

type Answer<T extends z.ZodType> = z.input<T>;

const checkInBytesMax = limits.eventsBytesMax + limits.stateBytesMax + 8 * 1024;

function parseBody<T extends z.ZodType>(schema: T, request: FastifyRequest): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(bodyBytes(request).toString('utf8'));
  } catch (error) {
    throw new Fault('request.invalid', 'the body is not JSON', { cause: error });
  }
  return parseWith(schema, value);
}

function parseWith<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InvalidRequest(parsed.error);
  return parsed.data;
}

/** Limits of each address for what needs no session; many devices share one behind a gateway. */
const perAddress = (max: number) => ({ config: { rateLimit: { max, timeWindow: 60_000 } } });

function openRoutes(app: FastifyInstance, side: DeviceSide): void {
  app.get(paths.keySet, perAddress(1200), (): Answer<typeof keySetResponse> => {
    return { keySet: side.keys.current().keySetEnvelope };
  });
  app.post(paths.enrol, perAddress(600), (request): Promise<Answer<typeof enrolResponse>> => {
    return enrol(side, parseBody(enrolRequest, request));
  });
  app.post(paths.session, perAddress(6000), (request): Promise<Answer<typeof sessionResponse>> => {
    return openSession(side, parseBody(sessionRequest, request));
  });
}

type DeviceHandler = (device: KnownDevice, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export function registerAgentRoutes(app: FastifyInstance, side: DeviceSide): void {
  const proven = (handle: DeviceHandler) => async (request: FastifyRequest, reply: FastifyReply) =>
    handle(await authenticateDevice(side, request), request, reply);

  const proves = { onRequest: tokenFirst(side) };

  openRoutes(app, side);

  app.post(
    paths.checkIn,
    { ...proves, bodyLimit: checkInBytesMax },
    proven(async (device, request): Promise<Answer<typeof checkInResponse>> => {
      const body = parseBody(looseCheckInRequest, request);
      const large = bodyBytes(request).length > limits.stateBytesMax;
      if (large && body.state !== undefined && JSON.stringify(body.state).length > limits.stateBytesMax) {
        throw new Fault('request.too-large', 'the state is larger than 32 KB');
      }
      // What is written counts, be it events or a changed state; a check-in with nothing new costs nothing.
      if (body.events.length > 0) side.quotas.spend(device.deviceId, 'events', body.events.length);
      if (body.events.length > 0 || body.state !== undefined)
        side.quotas.spend(device.deviceId, 'eventBytes', bodyBytes(request).length);
      return checkIn(side, device, body);
    }),
  );
  app.get(
    paths.commands,
    proves,
    proven((device, request, reply): Promise<Answer<typeof commandsResponse>> => {
      const query = parseWith(commandsQuery, request.query);
      return holdForCommands(side, device, query, (gone) => reply.raw.once('close', gone));
    }),
  );
  app.post(
    paths.siteToken,
    proves,
    proven(async (device, request): Promise<Answer<typeof siteTokenResponse>> => {
      const body = parseBody(siteTokenRequest, request);
      await side.quotas.spendSiteToken(device.deviceId);
      return sealedSiteToken(side, device, body.assignmentNumber);
    }),
  );
  app.get(
    paths.package(':sha256'),
    proves,
    proven((device, request, reply) => servePackage(side, device, request, reply)),
  );
  app.get(
    paths.release(':sha256'),
    proves,
    proven((device, request, reply) => serveRelease(side, device, { request, reply })),
  );
}
