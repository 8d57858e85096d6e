/** How the console stands on a Linux server: its user, its unit, and the command that starts it. Pure text. */
import { readConfig } from '#console/config.ts';

export const consoleName = 'garrison-console';
export const consoleUnitName = `${consoleName}.service`;
export const programDirectory = `/usr/lib/${consoleName}`;
export const settingsDirectory = `/etc/${consoleName}`;
export const stateDirectory = `/var/lib/${consoleName}`;
const settingsFile = `${settingsDirectory}/settings.json`;
const credential = 'garrison-console-key';

export const sysusers = `u ${consoleName} - "Garrison console" ${stateDirectory} /usr/sbin/nologin\n`;

/** What the drain may take beyond its limits: answering what is held, ending the work, closing the database. */
const closingSeconds = 30;

function stopSeconds(): number {
  const { noticeSeconds, limitSeconds } = readConfig(undefined, {}).drain;
  return noticeSeconds + limitSeconds + closingSeconds;
}

/**
 * Waits for its set-up: before `init` there is no key file and starting it does nothing. The key may also be a credential in
 * `/etc/credstore`, which is taken when it is there. It may listen above port 1023 and holds no capability at all; memory may
 * be both written and run, because the runtime compiles.
 */
export function consoleUnit(): string {
  return `[Unit]
Description=Garrison console
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0
ConditionPathExists=|${stateDirectory}/keys/console.key
ConditionPathExists=|/etc/credstore/${credential}

[Service]
Type=exec
User=${consoleName}
Group=${consoleName}
ExecStart=/usr/sbin/${consoleName} run
Restart=always
RestartSec=5s
TimeoutStopSec=${stopSeconds()}s
KillMode=mixed
StateDirectory=${consoleName}
StateDirectoryMode=0700
LoadCredential=${credential}
UMask=0077
LimitCORE=0
LimitNOFILE=65536
TasksMax=256
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
RemoveIPC=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/**
 * The command. Called by root it becomes the console's user first, so that no file of its belongs to root and nothing it
 * reads is read with root's rights; anybody else is refused. Where the key is a credential, systemd hands it over.
 */
export const launcher = `#!/bin/sh
set -eu
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS
if [ "$(id -u)" = 0 ]; then
  if [ -e /etc/credstore/${credential} ] && [ -d /run/systemd/system ]; then
    exec systemd-run --quiet --pipe --wait --collect --property=User=${consoleName} \\
      --property=LoadCredential=${credential} --property=NoNewPrivileges=yes -- "$0" "$@"
  fi
  exec setpriv --reuid=${consoleName} --regid=${consoleName} --init-groups --no-new-privs --inh-caps=-all \\
    --bounding-set=-all -- "$0" "$@"
fi
if [ "$(id -un)" != ${consoleName} ]; then
  echo '${consoleName}: run it as root (it changes to its own user by itself) or as ${consoleName}' >&2
  exit 77
fi
export HOME=${stateDirectory}
export GARRISON_CONSOLE_DATA="\${GARRISON_CONSOLE_DATA:-${stateDirectory}}"
export GARRISON_CONSOLE_WEB="\${GARRISON_CONSOLE_WEB:-${programDirectory}/page}"
if [ -e ${settingsFile} ]; then set -- --config ${settingsFile} "$@"; fi
exec ${programDirectory}/node ${programDirectory}/program/main.mjs "$@"
`;
