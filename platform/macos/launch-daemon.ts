/** The agent's launch daemon and its watcher: what `service install` writes and the archive holds. Pure. */
import { macosProgramRoot } from '#platform/macos/program-root.ts';

export const daemonLabel = 'com.garrison.agent';
export const daemonFile = `/Library/LaunchDaemons/${daemonLabel}.plist`;
/** Watches over an update; see `watchDaemon`. */
export const watchLabel = `${daemonLabel}.watch`;
export const watchFile = `/Library/LaunchDaemons/${watchLabel}.plist`;
/** launchd makes no directory for a log, and nobody else may read what stands in it. */
export const logDirectory = `${macosProgramRoot}/Logs`;
export const logFile = `${logDirectory}/agent.log`;

/**
 * Kept alive for ever, ten seconds apart. `AbandonProcessGroup`: when the job ends launchd leaves its process group alone,
 * so that an installer which has not left it yet is not ended with the agent. `ProcessType` stays the standard one: what
 * the agent starts would inherit the low priority of a background job, and installers with it.
 */
export function launchDaemon(): string {
  const entries: readonly (readonly [string, string])[] = [
    ['Label', text(daemonLabel)],
    ['ProgramArguments', array([`${macosProgramRoot}/current/garrison-agent`, 'run'])],
    ['RunAtLoad', yes],
    ['KeepAlive', yes],
    ['ThrottleInterval', whole(10)],
    ['AbandonProcessGroup', yes],
    ['ExitTimeOut', whole(30)],
    ['ProcessType', text('Standard')],
    ['Umask', whole(0o077)],
    ['WorkingDirectory', text('/')],
    ['EnvironmentVariables', dictionary([['PATH', text('/usr/bin:/bin:/usr/sbin:/sbin')]])],
    ['StandardOutPath', text('/dev/null')],
    ['StandardErrorPath', text(logFile)],
    ['HardResourceLimits', dictionary([['Core', whole(0)]])],
  ];
  return propertyList(entries);
}

/**
 * Runs the version before the newest, which is known to work, for as long as the newest has not proved itself: started by the
 * agent that switches, and at every boot, where it ends at once with nothing to watch (`previous` always leads somewhere).
 * What ends otherwise is started again. launchd could look for the note itself (`PathState`), but is slow to see files and
 * calls that no promise; a watch that is missed is one too many.
 */
export function watchDaemon(): string {
  return propertyList([
    ['Label', text(watchLabel)],
    ['ProgramArguments', array([`${macosProgramRoot}/previous/garrison-agent`, 'watch-update'])],
    ['RunAtLoad', yes],
    ['KeepAlive', dictionary([['SuccessfulExit', no]])],
    ['ThrottleInterval', whole(10)],
    ['ProcessType', text('Standard')],
    ['Umask', whole(0o022)],
    ['WorkingDirectory', text('/')],
    ['EnvironmentVariables', dictionary([['PATH', text('/usr/bin:/bin:/usr/sbin:/sbin')]])],
    ['StandardOutPath', text('/dev/null')],
    ['StandardErrorPath', text(logFile)],
    ['HardResourceLimits', dictionary([['Core', whole(0)]])],
  ]);
}

function propertyList(entries: readonly (readonly [string, string])[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    dictionary(entries),
    '</plist>',
    '',
  ].join('\n');
}

const yes = '<true/>';
const no = '<false/>';
const whole = (value: number): string => `<integer>${value}</integer>`;
const text = (value: string): string => `<string>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</string>`;
const array = (values: readonly string[]): string => `<array>${values.map(text).join('')}</array>`;

function dictionary(entries: readonly (readonly [string, string])[]): string {
  return ['<dict>', ...entries.map(([key, value]) => `<key>${key}</key>${value}`), '</dict>'].join('\n');
}
