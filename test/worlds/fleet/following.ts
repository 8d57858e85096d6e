/** Simulated devices over real sockets that find their console as the agent does: by the addresses of their key set. */
import { createTransport } from '#agent/link/transport.ts';
import { SimulatedDevice, type SimulatedOptions, type Wire } from '#test/worlds/fleet/device.ts';

/** The agent's own transport, with its pins and its order of addresses; no redirects, no proxies. */
export class FollowingDevice extends SimulatedDevice {
  readonly close: () => void;

  constructor(enrolmentString: string, options: SimulatedOptions = {}) {
    const known = { device: null as SimulatedDevice | null };
    const addresses = (): readonly string[] => {
      const enrolled = known.device?.enrolment.addresses ?? [];
      return [...new Set([...(known.device?.keySet?.addresses ?? []), ...enrolled])];
    };
    const pinned = createTransport({ addresses, pins: () => known.device?.keySet?.tlsPins ?? null, proxy: null });
    const any = createTransport({ addresses, pins: () => null, proxy: null });
    const wire: Wire = async ({ path, ...request }) => {
      const transport = path === '/agent/key-set' ? any : pinned;
      return transport.call({ ...request, path, timeoutMs: 60_000 });
    };
    super(wire, enrolmentString, options);
    known.device = this;
    this.close = () => {
      pinned.close();
      any.close();
    };
  }

  /** As the agent's link: a new session, and when the console is a stranger, the owner's newest keys first. */
  async findAgain(): Promise<void> {
    this.session = null;
    const connected = await this.connect().then(
      () => true,
      () => false,
    );
    if (connected) return;
    await this.fetchKeySet();
    await this.connect();
  }
}
