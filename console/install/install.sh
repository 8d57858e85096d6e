#!/bin/sh
# Brings the Garrison agent onto this machine and makes it known to its console. Made by that console; whoever runs the line
# from its page has compared the SHA-256 of this text before.
#
#   sh FILE             on standard input: the enrolment string, and on a second line a proxy (http://host:port) or nothing
#   sh FILE uninstall   leaves the console and removes the Garrison agent; the SentinelOne agent is not touched
#
# Ends with 0 done or nothing to do, 64 wrong arguments, 65 not the file that was meant, 69 nothing could be fetched, 70 the
# package was not taken, 75 the console did not let it in, 76 it belongs to another console, 77 no right, 78 not for this
# system.
set -eu
umask 077
# Whatever a caller has set could make curl, tar, rpm or dpkg do other things than what stands here.
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
  case $name in
    https_proxy | HTTPS_PROXY) ;;
    # "command": a variable that cannot be taken away ends no script then.
    *) command unset "$name" 2>/dev/null || true ;;
  esac
done
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
HOME=/nonexistent
export PATH LC_ALL HOME
# @SETTINGS@

say() { printf 'Garrison: %s\n' "$1"; }

# fail CODE WHAT REMEDY
fail() {
  printf 'Garrison: %s\n  What to do: %s\n' "$2" "$3" >&2
  exit "$1"
}

digest_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1" | cut -d ' ' -f 1
  else shasum -a 256 "$1" | cut -d ' ' -f 1; fi
}

# fetch NAME FILE BYTES: what the console has under that name, and never more than that. A proxy may hold a password, so it
# goes by no command line, and no other program finds it in its environment.
fetch() (
  unset https_proxy HTTPS_PROXY
  ulimit -f $(($3 / 512 + 1))
  if command -v curl >/dev/null 2>&1; then
    {
      printf 'url = "%s/install/%s"\noutput = "%s"\n' "$address" "$1" "$2"
      [ -z "$proxy" ] || printf 'proxy = "%s"\n' "$proxy"
      [ -z "$pins" ] || printf 'insecure\npinnedpubkey = "%s"\n' "$pins"
    } | curl -q --silent --show-error --fail --retry 3 --connect-timeout 30 --max-time 3600 --config -
  elif command -v wget >/dev/null 2>&1; then
    # Without the pinned key, which older wgets cannot check: what comes is held against its SHA-256 in any case.
    set -- "$1" "$2" ${pins:+--no-check-certificate}
    name=$1 file=$2
    shift 2
    https_proxy=$proxy http_proxy=$proxy wget -q -T 60 "$@" -O "$file" "$address/install/$name"
  else
    fail 69 'There is neither curl nor wget on this machine.' 'Install one of them, or copy the agent package here by hand.'
  fi
)

# What package this machine takes: sets $system and $kind.
know_system() {
  case $(uname -m) in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail 78 "There is no Garrison agent for the processor $(uname -m)." 'Use a 64-bit x86 or ARM system.' ;;
  esac
  case $(uname -s) in
    Linux)
      if [ -e /run/ostree-booted ]; then
        fail 78 'This system cannot be changed by packages (ostree).' 'SentinelOne does not support such systems either.'
      fi
      system=linux-$processor
      if dpkg-query -W dpkg >/dev/null 2>&1; then kind=deb
      elif rpm -q --whatprovides /bin/sh >/dev/null 2>&1; then kind=rpm
      else fail 78 'This Linux has neither dpkg nor rpm.' 'SentinelOne has packages for these two only.'; fi
      agent=/usr/sbin/garrison-agent
      settings=/etc/garrison
      ;;
    Darwin)
      # A shell under translation believes that it runs on an Intel processor.
      if [ "$(sysctl -n hw.optional.arm64 2>/dev/null || echo 0)" = 1 ]; then processor=arm64; fi
      system=macos-$processor
      kind=archive
      agent=/Library/Garrison/current/garrison-agent
      settings=/Library/Garrison
      ;;
    *) fail 78 "There is no Garrison agent for $(uname -s)." 'Linux, macOS and Windows are supported.' ;;
  esac
}

# Prints the id of the console this device belongs to; nothing when it belongs to none or does not say.
console_of_device() {
  [ -x "$agent" ] || return 0
  "$agent" status --json 2>/dev/null | tr -d ' \n\t' | sed -n 's/.*"consoleId":"\([A-Za-z0-9_-]*\)".*/\1/p'
}

# Sets $sha256 and $size of the package for this machine.
choose_package() {
  sha256=
  while read -r one_system one_kind one_sha256 one_size; do
    if [ "$one_system $one_kind" = "$system $kind" ]; then sha256=$one_sha256 size=$one_size; fi
  done <<PACKAGES
$packages
PACKAGES
  if [ -z "$sha256" ]; then
    fail 78 "This console has no Garrison agent for $system as $kind." \
      'Load a release that has one: garrison-console release add DIRECTORY, then make a new line.'
  fi
}

fetch_package() {
  choose_package
  package=$work/garrison-agent.$kind
  say "fetches the Garrison agent $version for $system ($kind, $size bytes) from $address"
  fetch "files/$sha256" "$package" "$size" ||
    fail 69 'The agent package could not be fetched.' \
      "Let this machine reach $address (through a proxy: set https_proxy before the line), then run the line again."
  if [ "$(digest_of "$package")" != "$sha256" ]; then
    fail 65 'The package is not the one this line was made for. Nothing of it was run.' \
      'Make a new line on the page; if it happens again, somebody changes files on the way: look at the proxy.'
  fi
}

# While another installation holds the lock of dpkg: ten minutes.
install_deb() {
  tries=0
  until DEBIAN_FRONTEND=noninteractive HOME=$work dpkg -i "$package" >"$work/log" 2>&1; do
    tries=$((tries + 1))
    if [ $tries -ge 60 ] || ! grep -q 'lock' "$work/log"; then return 1; fi
    [ $tries -gt 1 ] || say 'waits for another installation to finish'
    sleep 10
  done
}

install_package() {
  say "installs it as a service; it watches and installs nothing before an administrator says so"
  case $kind in
    deb) install_deb ;;
    rpm) HOME=$work rpm -U "$package" >"$work/log" 2>&1 ;;
    archive)
      mkdir "$work/agent"
      tar -xzf "$package" -C "$work/agent" && sh "$work/agent/install.sh" >"$work/log" 2>&1
      ;;
  esac || {
    cat "$work/log" >&2
    fail 70 'The package was not taken by this system.' 'The lines above are from its installer. Solve that, then run the line again.'
  }
}

# The agent knows no environment: its proxy stands in its own file, which it reads when it starts.
keep_proxy() {
  [ -n "$proxy" ] || return 0
  if [ -e "$settings/agent.json" ]; then
    say "leaves $settings/agent.json as it is; see there for its proxy"
    return 0
  fi
  # As the packages make it: on macOS it is the folder of everything, which others may enter.
  if [ "$kind" = archive ]; then mode=755; else mode=700; fi
  [ -d "$settings" ] || mkdir -m "$mode" "$settings"
  printf '{ "proxy": "%s" }\n' "$proxy" >"$settings/agent.json"
  [ ! -x "$agent" ] || "$agent" service stop >/dev/null 2>&1 || true
}

enrol() {
  say "makes this device known to the console at $address"
  if ! printf '%s' "$enrolment" | "$agent" enrol; then
    fail 75 'The agent is installed, but the console has not let it in.' \
      'Read the lines above; most often the install key has ended: make a new one and run its line.'
  fi
}

read_input() {
  enrolment=
  proxy=
  IFS= read -r enrolment || true
  IFS= read -r proxy || true
  case $enrolment in
    garrison1.*) ;;
    *) fail 64 'There is no enrolment string on standard input.' 'Copy the whole line from the page, Enrolment.' ;;
  esac
  [ -n "$proxy" ] || proxy=${https_proxy:-${HTTPS_PROXY:-}}
  unset https_proxy HTTPS_PROXY
  case $proxy in
    *[!A-Za-z0-9:/@._%~-]*) fail 64 'The proxy has characters that no address has.' 'Give it as http://host:port.' ;;
    '' | http://*) ;;
    # Not repeated: it may hold a password.
    *) fail 64 'The proxy is not understood.' 'Give it as http://host:port.' ;;
  esac
}

install() {
  read_input
  here=$(console_of_device)
  if [ "$here" = "$console" ]; then
    say 'this device is already enrolled with this console; nothing to do'
    exit 0
  fi
  if [ -n "$here" ]; then
    fail 76 'This device belongs to another Garrison console.' \
      'If it is to change: garrison-agent unenrol, then run the line again.'
  fi
  keep_proxy
  if [ -x "$agent" ] && "$agent" --version >/dev/null 2>&1; then
    say 'the Garrison agent is installed already and stays'
    "$agent" service start >/dev/null 2>&1 || true
  else
    fetch_package
    install_package
  fi
  enrol
  say 'done. What this device is and does: garrison-agent status'
}

uninstall() {
  if [ ! -x "$agent" ]; then
    say 'there is no Garrison agent on this machine; nothing to do'
    exit 0
  fi
  if [ -n "$(console_of_device)" ]; then
    say 'leaves the console'
    "$agent" unenrol || say 'the console was not told; remove the device there'
  fi
  say 'removes the Garrison agent; the SentinelOne agent is not touched'
  case $kind in
    deb) HOME=$work dpkg -r garrison-agent >"$work/log" 2>&1 ;;
    rpm) HOME=$work rpm -e garrison-agent >"$work/log" 2>&1 ;;
    archive) sh /Library/Garrison/uninstall.sh >"$work/log" 2>&1 ;;
  esac || {
    cat "$work/log" >&2
    fail 70 'The system did not remove the package.' 'The lines above are from its package manager.'
  }
  say 'done'
}

[ "$(id -u)" = 0 ] || fail 77 'This needs root.' 'Put sudo before "sh", or run the line as root.'
know_system
work=$(mktemp -d /tmp/garrison.XXXXXXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
case ${1-} in
  '') install ;;
  uninstall) uninstall ;;
  *) fail 64 "The argument $1 is unknown." 'Run it without, or with: uninstall' ;;
esac
