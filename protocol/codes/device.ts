import type { CodeRow } from '#protocol/codes/row.ts';

/** The device's own state, tools, network and identity. */
export const deviceCodes = {
  'state.untrusted-directory': {
    class: 'permanent',
    title: 'The state directory was not made by Garrison',
    remedy: 'Somebody created it beforehand. Look at its owner and content, remove it, start the agent again.',
  },
  'state.lost': {
    class: 'transient',
    title: "The device's memory was damaged and set aside",
    remedy: 'Nothing to do: the device was verified again. Check its disk if it repeats.',
  },
  'state.disk-error': {
    class: 'condition',
    title: 'The disk did not confirm a write',
    remedy: 'Check the disk. Nothing is installed until the agent was restarted on a healthy disk.',
  },
  'state.no-space': {
    class: 'condition',
    title: 'The disk is full',
    remedy: "Free space on the disk that holds the agent's state.",
  },
  'agent.already-running': {
    class: 'permanent',
    title: 'The Garrison agent is already running',
    remedy: 'Use "garrison-agent status", or stop the service first.',
  },
  'agent.not-running': {
    class: 'permanent',
    title: 'The Garrison agent is not running',
    remedy: 'Start the service, or run "garrison-agent --foreground" as administrator.',
  },
  'service.no-manager': {
    class: 'permanent',
    title: 'There is no service manager that Garrison knows',
    remedy: 'Start "garrison-agent run" by the means of this system, and have it started again when it ends.',
  },
  'service.manager-unreachable': {
    class: 'transient',
    title: 'The service manager did not do what it was asked',
    remedy:
      'Read the detail, look at the service manager\'s own log (Linux: "journalctl -u garrison-agent"; Windows: "State\\Log\\service.log" in the program folder), then try again.',
  },
  'service.not-installed': {
    class: 'permanent',
    title: 'The Garrison service is not installed',
    remedy: 'Install the package, or run "garrison-agent service install".',
  },
  'service.untrusted-program': {
    class: 'permanent',
    title: 'The program must not run as a service',
    remedy:
      'Put it where only administrators can write (Linux: owned by root, for example in /usr/sbin; Windows: install the MSI), and install it from there.',
  },
  'agent.not-root': {
    class: 'permanent',
    title: 'Administrator rights are needed',
    remedy: 'Run the command as root, on Windows as administrator.',
  },
  'agent.bad-configuration': {
    class: 'permanent',
    title: 'The configuration file has mistakes',
    remedy: 'Correct the fields named; the file is described in the README.',
  },
  'agent.bad-arguments': {
    class: 'permanent',
    title: 'The command line has mistakes',
    remedy: 'See --help.',
  },
  'system.unreadable': {
    class: 'transient',
    title: 'A look at the system failed',
    remedy: 'It is tried again by itself. See which look failed and why.',
  },
  'agent.defect': {
    class: 'defect',
    title: 'Our fault, please report',
    remedy: 'Please report it with the log of the agent.',
  },
  'diagnostics.too-soon': {
    class: 'condition',
    title: 'Diagnostics were made less than an hour ago',
    remedy: 'Use the archive that is there, or try again later.',
  },
  'diagnostics.not-allowed': {
    class: 'permanent',
    title: 'This device gives no diagnostics to its console',
    remedy: 'Run "garrison-agent diagnose" on the device, or allow it in its configuration ("diagnostics": "allowed").',
  },
  'file.untrusted': {
    class: 'permanent',
    title: 'A file that others could have changed was refused',
    remedy: 'It must be a regular file owned by root with mode 0600, in directories only root can write.',
  },
  'file.too-large': {
    class: 'permanent',
    title: 'A file is larger than allowed',
    remedy: 'Check where it comes from.',
  },
  'log.untrusted': {
    class: 'permanent',
    title: 'A log that others could have planted was not read',
    remedy: 'Nothing to do; look who created the file if it repeats.',
  },
  'health.untrusted-tool': {
    class: 'permanent',
    title: "The vendor's control program is not the one that was installed",
    remedy: 'Somebody may have replaced it. Compare it with the package, reinstall the agent.',
  },
  'health.unreadable': {
    class: 'transient',
    title: "The vendor's control program did not answer as known",
    remedy: 'It is asked again by itself.',
  },
  'network.console-unreachable': {
    class: 'transient',
    title: 'The Garrison console cannot be reached',
    remedy: 'Check the network, proxy and the address of the console.',
  },
  'network.console-untrusted': {
    class: 'transient',
    title: 'Something else answers at the address of the Garrison console',
    remedy: 'Check proxies that inspect TLS, or whether the console got a new certificate without a new key set.',
  },
  'network.vendor-unreachable': {
    class: 'condition',
    title: 'The SentinelOne console cannot be reached from the device',
    remedy: 'Check DNS, proxy and firewall towards the host shown; installed now, the agent would never register.',
  },
  'clock.skewed': {
    class: 'condition',
    title: 'The clock of the device is wrong',
    remedy: 'Correct the clock; TLS to SentinelOne would fail.',
  },
  'enrol.key-refused': {
    class: 'permanent',
    title: 'The install key is not valid (any more)',
    remedy: 'Make a new install key in the console under Enrolment.',
  },
  'enrol.malformed': {
    class: 'permanent',
    title: 'The enrolment string is not one',
    remedy: 'Copy the whole string from the console under Enrolment.',
  },
  'enrol.untrusted-console': {
    class: 'permanent',
    title: 'The console at this address is not the one that made the enrolment string',
    remedy: 'Check the address; somebody may be in between.',
  },
  'enrol.already': {
    class: 'permanent',
    title: 'This device is already enrolled',
    remedy: 'Use "garrison-agent unenrol" first to move it.',
  },
  'enrol.not-enrolled': {
    class: 'permanent',
    title: 'This device is not enrolled',
    remedy: 'Use "garrison-agent enrol" with the string from the console.',
  },
  'identity.cloned': {
    class: 'transient',
    title: 'This machine is a copy of another one',
    remedy: 'Nothing to do: it enrols as a new device. Prepare images with "garrison-agent enrol --prepare-image".',
  },
  'identity.duplicate': {
    class: 'permanent',
    title: 'Two machines use one identity',
    remedy: 'Decide in the console which one keeps it; the other must enrol anew.',
  },
  'identity.revoked': {
    class: 'permanent',
    title: 'The console has removed this device',
    remedy: 'Enrol it again with a new install key if it should come back.',
  },
} as const satisfies Record<string, CodeRow>;
