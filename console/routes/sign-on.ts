/** Single sign-on: the way to the provider and back, and the provider itself, for administrators of everything (G16). */
import type { FastifyReply } from 'fastify';
import { signOnPlaces, signOnRoutes, type SignOnSettings } from '#console/api/sign-on.ts';
import { cookieName, demandGlobal } from '#console/auth/guard.ts';
import { flowLifeMs } from '#console/auth/sign-on/flows.ts';
import { redirectUrlOf } from '#console/auth/sign-on/parts.ts';
import { readProvider, shownProvider } from '#console/auth/sign-on/provider.ts';
import { removeProvider, setProvider } from '#console/auth/sign-on/set-provider.ts';
import type { Outcome } from '#console/auth/sign-on/sign-on.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { tellChanged } from '#console/routes/operators.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { originOf, setCookie } from '#console/routes/session.ts';
import { countLinked } from '#console/store/operators/identities.ts';

/** Comes back with the browser from another site, which a strict cookie would not; it opens nothing by itself. */
function flowCookie({ settings }: OperatorSide) {
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: settings.secureCookies } as const;
  return { name: `${cookieName(settings.secureCookies)}-sign-on`, options };
}

function keepFlow(side: OperatorSide, reply: FastifyReply, token: string): void {
  const { name, options } = flowCookie(side);
  reply.setCookie(name, token, { ...options, maxAge: flowLifeMs / 1000 });
}

/** Always a place of ours: nothing that was sent decides where. */
function placeOf(outcome: Outcome): string {
  if (outcome.kind === 'signed-in') return signOnPlaces.signedIn;
  if (outcome.kind === 'confirmed') return signOnPlaces.confirmed;
  const place = outcome.confirming ? signOnPlaces.confirmed : signOnPlaces.signedIn;
  return `${place}?${signOnPlaces.problem}=${outcome.fault.code}`;
}

function registerWay(server: Server): void {
  const { side } = server;

  serve(server, signOnRoutes.begin, async ({ request, reply }) => {
    const { url, token } = await side.signOn.begin(originOf(request), null);
    keepFlow(side, reply, token);
    return { url };
  });

  serve(server, signOnRoutes.confirm, async ({ who, request, reply }) => {
    const { url, token } = await side.signOn.begin(originOf(request), who);
    keepFlow(side, reply, token);
    return { url };
  });

  serve(server, signOnRoutes.callback, async ({ query, request, reply }) => {
    const { name, options } = flowCookie(side);
    const cookie = request.cookies[name];
    const outcome = await side.signOn.finish({ ...originOf(request), cookie, params: query });
    if (cookie !== undefined) reply.clearCookie(name, options);
    if (outcome.kind === 'signed-in') setCookie(side, reply, outcome.opened.token);
    if (outcome.kind === 'refused' && outcome.waiting) side.hints.publish({ topic: 'operators', id: null }, null);
    reply.header('location', placeOf(outcome));
    return null;
  });
}

async function settingsOf(side: OperatorSide): Promise<SignOnSettings> {
  const { store, clock, sealer } = side.devices;
  const provider = await readProvider(store.read);
  return {
    provider: provider === null ? null : shownProvider(provider),
    redirectUrl: redirectUrlOf({ store, clock, sealer, settings: side.settings }),
    operators: provider === null ? 0 : await countLinked(store.read, provider.issuer),
  };
}

export function registerSignOn(server: Server): void {
  const { side } = server;
  const { store, clock, sealer } = side.devices;
  const parts = { store, clock, sealer, settings: side.settings, clients: side.signOn.clients };
  const tellAll = async (operatorIds: readonly string[]): Promise<void> => {
    for (const operatorId of operatorIds) await tellChanged(side, operatorId);
  };
  registerWay(server);

  serve(server, signOnRoutes.settings, ({ who }) => {
    demandGlobal(who);
    return settingsOf(side);
  });

  serve(server, signOnRoutes.setProvider, async ({ who, body }) => {
    demandGlobal(who);
    await tellAll(await setProvider(parts, who, body));
    return settingsOf(side);
  });

  serve(server, signOnRoutes.removeProvider, async ({ who }) => {
    demandGlobal(who);
    await tellAll(await removeProvider(parts, who));
    return settingsOf(side);
  });
}
