#!/bin/sh
# Installs this version of the Garrison agent as a launch daemon, or brings an older one to it. Run it as root:
#
#   sudo ./install.sh                       install or upgrade
#   sudo ./install.sh --enrolment FILE      and enrol with the string in FILE (root's own, mode 0600)
#
# The same again changes nothing. It writes below /Library/Garrison and two files in /Library/LaunchDaemons, and starts
# nothing else. Exit codes: 0 done, 64 bad arguments, 70 something is not as it must be, 77 not root, 78 not for this Mac.
set -eu
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH
umask 022

version='@VERSION@'
machine='@MACHINE@'
root=/Library/Garrison
daemon='@DAEMON@'
watch='@WATCH@'

fail() { code=$1; shift; printf 'garrison: %s\n' "$*" >&2; exit "$code"; }

enrolment=
case "${1-}" in
  '') ;;
  --enrolment) [ $# = 2 ] && [ -f "$2" ] || fail 64 'usage: install.sh [--enrolment FILE]'; enrolment=$2 ;;
  *) fail 64 'usage: install.sh [--enrolment FILE]' ;;
esac
[ "$(id -u)" = 0 ] || fail 77 'run it as root (sudo ./install.sh)'
[ "$(uname -s)" = Darwin ] || fail 78 'this archive is for macOS'
# What the machine is, not what translates this shell.
if [ "$(sysctl -n hw.optional.arm64 2>/dev/null || echo 0)" = 1 ]; then is=arm64; else is=x86_64; fi
[ "$is" = "$machine" ] || fail 78 "this archive is for $machine, this Mac is $is"

here=$(cd "$(dirname "$0")" && pwd -P)
program=$here/payload$root/versions/$version/garrison-agent
[ -f "$program" ] || fail 70 "the archive is not whole: $program is missing"

# What stands there must be root's alone before anything is put into it.
owned() {
  set -- "$1" "$(stat -f '%u %g %Lp' "$1")"
  case $2 in
    '0 0 '[0-7][0-7][0-7]) ;;
    *) fail 70 "$1 does not belong to root:wheel ($2)" ;;
  esac
  case ${2##* } in
    ?[2367]? | ??[2367]) fail 70 "$1 can be changed by others (mode ${2##* })" ;;
  esac
}
folder() {
  if [ -L "$1" ]; then fail 70 "$1 is a link"; fi
  [ -d "$1" ] || install -d -o root -g wheel -m 755 "$1"
  owned "$1"
}
folder "$root"
folder "$root/versions"
folder "$root/versions/$version"

# Beside, then renamed: whatever starts it finds the old program or the new one.
new=$root/versions/$version/.garrison-agent.new
rm -f "$new"
install -o root -g wheel -m 755 "$program" "$new"
# Whoever fetched the archive with a browser has marked it; launchd starts nothing that is marked.
xattr -c "$new" 2>/dev/null || true
codesign --verify --strict "$new" || { rm -f "$new"; fail 70 'the signature of the program does not hold'; }
mv -f "$new" "$root/versions/$version/garrison-agent"

install -o root -g wheel -m 755 "$here/uninstall.sh" "$root/uninstall.sh"

# Moves `current` forward, writes the files of daemon and watcher, loads them.
"$root/versions/$version/garrison-agent" service install

for path in "$root" "$root/uninstall.sh" "$root/versions" "$root/versions/$version" "$root/versions/$version/garrison-agent" "$daemon" "$watch"; do
  owned "$path"
done
if [ -n "$enrolment" ]; then "$root/current/garrison-agent" enrol --file "$enrolment"; fi
printf 'garrison: version %s is installed; see %s/current/garrison-agent status\n' "$version" "$root"
