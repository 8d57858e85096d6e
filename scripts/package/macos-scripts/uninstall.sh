#!/bin/sh
# Takes the Garrison agent off this Mac. Run it as root:
#
#   sudo /Library/Garrison/uninstall.sh            stops and removes the agent; what it knows of this device stays
#   sudo /Library/Garrison/uninstall.sh --purge    that too: this Mac has to be enrolled anew to come back
#
# SentinelOne is not touched, nor is an installer that runs.
set -eu
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH

root=/Library/Garrison
label='@LABEL@'
daemon='@DAEMON@'
watch_label='@WATCHLABEL@'
watch='@WATCH@'

fail() { code=$1; shift; printf 'garrison: %s\n' "$*" >&2; exit "$code"; }
case "${1-}" in '' | --purge) ;; *) fail 64 'usage: uninstall.sh [--purge]' ;; esac
[ "$(id -u)" = 0 ] || fail 77 'run it as root (sudo)'

if [ -x "$root/current/garrison-agent" ]; then
  "$root/current/garrison-agent" service uninstall
else
  # A broken installation is taken away all the same.
  launchctl bootout "system/$watch_label" 2>/dev/null || true
  launchctl bootout "system/$label" 2>/dev/null || true
  rm -f "$daemon" "$watch"
fi
rm -rf "$root/versions" "$root/current" "$root/previous" "$root/trial" "$root/returning" "$root/fallback" "$root/Logs" "$root/Run" "$root/uninstall.sh"
if [ "${1-}" = --purge ]; then rm -rf "$root/State" "$root/agent.json"; fi
rmdir "$root" 2>/dev/null || true
printf 'garrison: removed%s\n' "$([ -d "$root" ] && printf ', %s keeps what the agent knows of this device' "$root/State" || true)"
