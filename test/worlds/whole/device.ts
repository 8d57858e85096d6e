/** A device that belongs to a console: a container with real systemd, the agent as its service, enrolled by its string. */
import { startContainer, type Container } from '#test/worlds/lab/container.ts';
import type { RootName } from '#test/worlds/lab/paths.ts';

const program = '/usr/sbin/garrison-agent';

/** The installer leaves this unit's control group before it starts, so that the default way to stop may stay. */
const serviceUnit = `[Unit]
Description=Garrison agent
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${program} run
Restart=always
RestartSec=1s

[Install]
WantedBy=multi-user.target
`;

export interface WholeDevice {
  readonly container: Container;
  readonly hostname: string;
  /** Hands the string over on standard input, as the guide says. */
  enrol(enrolmentString: string): Promise<string>;
  status(): Promise<unknown>;
  /** Log of the agent and of the installers it has started. */
  log(): Promise<string>;
}

export interface WholeDeviceOptions {
  readonly root: RootName;
  readonly name: string;
  /** The agent's binary on this machine. */
  readonly agent: string;
}

export async function startWholeDevice({ root, name, agent }: WholeDeviceOptions): Promise<WholeDevice> {
  const container = await startContainer({ root, name });
  container.copyIn(agent, program, 0o755);
  await container.writeFile('/etc/systemd/system/garrison-agent.service', serviceUnit);
  await container.run(['systemctl', 'daemon-reload']);
  await container.run(['systemctl', 'enable', '--now', 'garrison-agent']);
  return {
    container,
    hostname: name,
    async enrol(enrolmentString) {
      const answer = await container.run([program, 'enrol', '--json'], { stdin: enrolmentString });
      return (JSON.parse(answer) as { deviceId: string }).deviceId;
    },
    status: async () => JSON.parse(await container.run([program, 'status', '--json'])) as unknown,
    log: async () => {
      const units = ['-u', 'garrison-agent', '-u', 'garrison-install-*'];
      return (await container.exec(['journalctl', ...units, '-o', 'cat', '--no-pager', '-n', '400'])).stdout;
    },
  };
}
