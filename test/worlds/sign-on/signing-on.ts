/** A console with a provider that is set, and people who sign in by it. */
import { signOnRoutes } from '#console/api/sign-on.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { ConsoleWorld, origin } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { away } from '#test/worlds/sign-on/away.ts';
import { clientId, clientSecret } from '#test/worlds/sign-on/provider.ts';

export const redirectUrl = `${origin}/api/sign-on/callback`;
export const password = 'correct horse battery';

/** What an administrator enters. */
export function wanted(issuer: string, more: Record<string, unknown> = {}) {
  return {
    label: 'Bakery login',
    issuer,
    clientId,
    clientSecret,
    caPem: null,
    mailDomains: [],
    enabled: true,
    ...more,
  };
}

export interface SigningOn {
  readonly world: ConsoleWorld;
  /** Administrator of everything, with a password. */
  readonly ann: OperatorClient;
}

/** Real time: the provider lives in it. */
export async function signingOnWorld(): Promise<SigningOn> {
  const world = await ConsoleWorld.start({ realTime: true });
  Object.assign(world.operatorSide.settings, { providerOnLoopback: true });
  await world.administrator('ann', password);
  return { world, ann: await OperatorClient.signedIn(world.operatorApp, 'ann', password) };
}

/** Somebody's browser: its cookies at the console, and those at the provider. */
export class Browser {
  readonly world: ConsoleWorld;
  readonly client: OperatorClient;
  readonly away = away(redirectUrl);
  flowCookie = '';

  constructor(world: ConsoleWorld) {
    this.world = world;
    this.client = new OperatorClient(world.operatorApp);
  }

  /** Presses the button; the address of the provider. */
  async begin(row: typeof signOnRoutes.begin | typeof signOnRoutes.confirm = signOnRoutes.begin): Promise<string> {
    const answer = await this.client.raw(row);
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const cookie = answer.cookies.find((one) => one.name.endsWith('-sign-on'));
    this.flowCookie = `${cookie?.name}=${cookie?.value}`;
    return row.response.parse(answer.json()).url;
  }

  /** Comes back with what the provider sent; where the console leads on. */
  async comeBack(url: string, cookie = this.flowCookie): Promise<string> {
    const query = Object.fromEntries(new URL(url).searchParams);
    // The strict cookie of a session does not travel here.
    const answer = await this.client.raw(signOnRoutes.callback, { query, headers: { cookie } });
    if (answer.statusCode !== 303) throw new Error(`${answer.statusCode} ${answer.body}`);
    const session = answer.cookies.find((one) => one.name === 'garrison');
    if (session !== undefined && session.value !== '') this.client.cookie = `${session.name}=${session.value}`;
    return String(answer.headers['location']);
  }

  /** All the way, as a page does it. */
  async signIn(login: string): Promise<string> {
    const place = await this.comeBack(await this.away.signIn(await this.begin(), login));
    await this.look();
    return place;
  }

  /** What the page asks first. */
  async look() {
    const session = await this.client.call(sessionRoutes.read);
    if (session.kind === 'signed-in') this.client.csrf = session.csrfToken;
    return session;
  }
}
