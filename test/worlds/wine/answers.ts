/**
 * What a test build of the agent is answered where Wine can say nothing: questions to PowerShell (rights, signatures, WMI).
 * Shapes are those of the agent's own questions (`platform/windows/scripts.ts`); nothing else of Windows is made up: registry,
 * services, processes, files and Windows Installer are Wine's own.
 */
import type { WindowsMachine } from '#test/worlds/wine/machine.ts';

const folder = 'C:\\garrison-answers';

/** Of files and directories alike: the same answer is given about both. */
const administratorsOnly = 'O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)';
const signedBy = (organisation: string): object => ({
  status: 'Valid',
  type: 'Authenticode',
  subject: `CN=${organisation}, O=${organisation}, L=Mountain View, S=California, C=US`,
  thumbprint: '0'.repeat(40),
});

/** A client without antivirus but Defender, whose files belong to administrators; the stand-in publisher's signatures hold. */
const usual: Readonly<Record<string, unknown>> = {
  rights: [{ path: '*', sddl: administratorsOnly }],
  signature: signedBy('Garrison Stand-in Publisher'),
  'tool-signature': signedBy('Garrison Stand-in Publisher'),
  securityCenter: [],
  defender: {
    AMRunningMode: 'Normal',
    RealTimeProtectionEnabled: true,
    AMServiceEnabled: true,
    AMProductVersion: '4.18.24090.11',
  },
  drivers: [{ Name: 'Tcpip', State: 'Running' }],
  processes: [
    { Name: 'services.exe', ProcessId: 56, SessionId: 0, ExecutablePath: 'C:\\Windows\\System32\\services.exe' },
  ],
};

export function answerAsUsual(machine: WindowsMachine): void {
  for (const [section, value] of Object.entries(usual)) answer(machine, section, value);
}

export function answer(machine: WindowsMachine, section: string, value: unknown): void {
  machine.write(`${folder}\\${section}.json`, JSON.stringify(value));
}
