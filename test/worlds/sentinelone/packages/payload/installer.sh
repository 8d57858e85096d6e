# The work of the maintainer scripts, the same for both package formats.
log=/tmp/sentinel_install.log
runs=/var/log/stand-in-runs

note() { printf '%s %s\n' "$(date '+%d-%m-%y %H:%M:%S.%3N')" "$*" >>"$log"; }
count() { printf '%s @FORMAT@ @VERSION@ %s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$*" >>"$runs"; }

fail() {
  code=$1
  shift
  note "ERROR $*"
  echo "$*" >&2
  misbehaved
  exit "$code"
}

# Before anything is unpacked; $1 is install or upgrade.
before_unpacking() {
  count "installer-run $1"
  if misbehaves hang; then misbehaved; note "waiting $value s"; sleep "$value"; fi
  if misbehaves exit; then fail "$value" "stand-in: told to fail with $value"; fi
  [ "$1" = install ] || return 0
  if [ -e /usr/lib/systemd/system/sentinelone.service ] || [ -e /etc/systemd/system/sentinelone.service ]; then
    fail 102 'Service sentinelone already exists'
  fi
  if getent passwd sentinelone >/dev/null; then fail 102 'User sentinelone already exists'; fi
  if getent group sentinelone >/dev/null; then fail 102 'Group sentinelone already exists'; fi
}

# Reads the install configuration: the file named by the environment, else the environment itself.
read_install_configuration() {
  token=${S1_AGENT_MANAGEMENT_TOKEN-} auto_start=${S1_AGENT_AUTO_START-} create_user=${S1_AGENT_CREATE_USER-}
  [ -n "${S1_AGENT_INSTALL_CONFIG_PATH-}" ] || return 0
  token='' auto_start='' create_user=''
  if [ ! -f "$S1_AGENT_INSTALL_CONFIG_PATH" ]; then
    note 'the install configuration file does not exist'
    return 0
  fi
  while IFS='=' read -r key entry || [ -n "$key" ]; do
    case $key in
      S1_AGENT_MANAGEMENT_TOKEN) token=$entry ;;
      S1_AGENT_AUTO_START) auto_start=$entry ;;
      S1_AGENT_CREATE_USER) create_user=$entry ;;
    esac
  done <"$S1_AGENT_INSTALL_CONFIG_PATH"
}

register_service() {
  if has_systemd || command -v systemctl >/dev/null; then
    if has_systemd; then systemctl daemon-reload || fail 101 'systemctl daemon-reload failed'; fi
    systemctl enable --quiet sentinelone.service || fail 101 'the service could not be enabled'
  elif ! command -v update-rc.d >/dev/null && ! command -v chkconfig >/dev/null; then
    fail 103 'No service registration tool was found'
  fi
}

# After the files are in place; $1 is install or upgrade.
after_unpacking() {
  count "configure $1"
  if misbehaves delay; then note "waiting $value s"; sleep "$value"; fi
  if misbehaves half; then fail 101 'stand-in: told to fail half way'; fi
  if misbehaves children; then
    note 'leaving a child behind'
    setsid "$home/bin/s1-installer-child" "${value:-600}" </dev/null &
  fi
  if misbehaves silent; then
    misbehaved
    return 0
  fi
  read_install_configuration
  if [ "$create_user" != false ]; then
    getent group sentinelone >/dev/null || groupadd -r sentinelone || fail 101 'groupadd failed'
    getent passwd sentinelone >/dev/null ||
      useradd -r -M -g sentinelone -d "$home" -s /usr/sbin/nologin sentinelone || fail 101 'useradd failed'
  fi
  register_service
  if [ -n "$token" ]; then
    echo 'Setting registration token...'
    set_token "$token" || note 'the registration token was not accepted'
  elif [ ! -e "$configuration" ]; then
    write_configuration '' '' ''
  fi
  if [ "$1" = upgrade ]; then stop_agent || true; fi
  if [ "$auto_start" = true ] || [ "$1" = upgrade ]; then start_agent || note 'the agent was not started'; fi
  note "installed @VERSION@"
  mkdir -p "$home/log"
  mv "$log" "$home/log/install.log"
  chmod 0640 "$home/log/install.log"
}

# Before files are removed for good.
before_removing() {
  count remove
  if has_systemd; then systemctl disable --quiet --now sentinelone.service || true; else stop_agent || true; fi
}

# After the files are gone.
after_removing() {
  if getent passwd sentinelone >/dev/null; then userdel sentinelone 2>/dev/null; fi
  if getent group sentinelone >/dev/null; then groupdel sentinelone 2>/dev/null; fi
  rm -rf "$home" "$run_folder"
  if has_systemd; then systemctl daemon-reload; systemctl reset-failed sentinelone.service 2>/dev/null; fi
  return 0
}
