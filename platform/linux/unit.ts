/** The systemd unit of the agent: what the packages ship and `service install` writes. Pure. */

export const unitFileName = 'garrison-agent.service';
/** Watches over an update; see `watchUnit`. */
export const watchUnitFileName = 'garrison-agent-watch.service';

/**
 * Restarted for ever, five seconds apart: a device that has given up on its agent is one nobody hears of. The watchdog
 * ends an agent that lives but no longer turns.
 *
 * `KillMode=process`, no sandbox and no capability bound: the agent asks the vendor's own control program to start the
 * product, and what that starts would inherit them, or be killed with us (G11). Installers are no children of this unit.
 * Whenever it starts, so does the watcher where an update is on trial, also after a restart of the machine in mid-switch.
 * The limits are for the agent and its short questions to the system; they are ten times what it uses.
 */
export function systemdUnit(program: string): string {
  return `[Unit]
Description=Garrison agent
After=network-online.target
Wants=network-online.target ${watchUnitFileName}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${quoted(program)} run
Restart=always
RestartSec=5s
RestartPreventExitStatus=77 78
TimeoutStartSec=3min
TimeoutStopSec=30s
WatchdogSec=5min
KillMode=process
UMask=0077
LimitCORE=0
MemoryHigh=384M
MemoryMax=768M
TasksMax=256
CPUWeight=20
IOWeight=20

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Runs the version before the newest, which is known to work, for as long as the newest has not proved itself. It asks systemd
 * and switches a link, so it needs no more than that; it is no child of the agent and outlives it.
 */
export function watchUnit(programRoot: string): string {
  return `[Unit]
Description=Garrison agent: watches over its update
ConditionPathExists=|${programRoot}/trial
ConditionPathExists=|${programRoot}/returning
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programRoot}/previous/garrison-agent watch-update
Restart=on-failure
RestartSec=2s
UMask=0022
LimitCORE=0
MemoryMax=512M
TasksMax=128
`;
}

/** systemd.syntax(7): percent signs begin a specifier, and a path may hold blanks. */
function quoted(path: string): string {
  if (/^[A-Za-z0-9/._+-]+$/.test(path)) return path;
  return `"${path
    .replaceAll('%', '%%')
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll('$', '$$$$')}"`;
}
