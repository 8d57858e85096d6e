/** What the mock answers about install keys and the lines that go with them. */
import type { InstallCommand } from '#console/api/enrolment-keys.ts';
import { installLine, uninstallLine } from '#console/install/lines.ts';
import { installSystems } from '#console/install/systems.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import { found, now, type Answers } from './answering.ts';
import { hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

const sha256 = 'ab'.repeat(32);
const settings = { url: `https://console.example.net:8443/install/${sha256}`, sha256, tlsPins: [] };

function commandsOf(world: PageWorld, enrolmentString: string): InstallCommand[] {
  const known: InstallCommand = {
    os: 'linux',
    label: 'Linux, Garrison agent already installed',
    command: `printf '%s' '${enrolmentString}' | sudo garrison-agent enrol`,
    uninstall: null,
  };
  if (world.agentVersion === null) return [known];
  const lines = installSystems.map((system) => ({
    os: system.os,
    label: system.label,
    command: installLine(system, settings, enrolmentString),
    uninstall: uninstallLine(system, settings),
  }));
  return [...lines, known];
}

export function enrolmentAnswers(world: PageWorld): Answers {
  return {
    'enrolmentKeys.list': () => ({ items: world.keys }),
    'enrolmentKeys.lines': () => ({
      agentVersion: world.agentVersion,
      systems:
        world.agentVersion === null
          ? []
          : installSystems.map((system) => ({
              os: system.os,
              label: system.label,
              uninstall: uninstallLine(system, settings),
            })),
    }),
    'enrolmentKeys.create': ({ body }) => {
      const organisation = found(world.organisations.find((one) => one.organisationId === body.organisationId));
      const key = {
        keyId: `key-${world.keys.length + 1}`,
        organisationId: organisation.organisationId,
        organisationName: organisation.name,
        label: body.label,
        state: 'active' as const,
        createdAt: now(),
        createdBy: 'ada',
        expiresAt: iso(Date.now() + body.lifetimeDays * 24 * hourMs),
        uses: 0,
        usesMax: body.usesMax,
        approval: body.approval,
      };
      world.keys = [key, ...world.keys];
      const enrolmentString = writeEnrolmentString({
        addresses: ['https://console.example.net:8443'],
        ownerKey: 'A'.repeat(43),
        keyId: key.keyId,
        secret: 'c2VjcmV0LW9mLXRoZS1tb2Nr',
      });
      return {
        key,
        enrolmentString,
        agentVersion: world.agentVersion,
        commands: commandsOf(world, enrolmentString),
      };
    },
    'enrolmentKeys.export': ({ body }) => ({
      keys: body.organisationIds.length,
      fileName: 'install-keys-2026-03-01.csv',
      csv: `"Organisation"\r\n${body.organisationIds.map((one: string) => `"${one}"\r\n`).join('')}`,
    }),
    'enrolmentKeys.revoke': ({ params }) => {
      world.keys = world.keys.map((one) =>
        one.keyId === params['keyId'] ? { ...one, state: 'revoked' as const } : one,
      );
      return found(world.keys.find((one) => one.keyId === params['keyId']));
    },
  };
}
