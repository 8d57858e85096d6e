# What the maintainer scripts and sentinelctl share. Shapes and keys are those of the vendor's public installation scripts;
# everything else is made up for tests.
home=/opt/sentinelone
configuration=$home/configuration/basic.conf
misbehaviour=/etc/stand-in-misbehave
run_folder=/run/sentinelone

# misbehaves KEY: succeeds when the file holds the line KEY or KEY=VALUE; the value is then in $value.
misbehaves() {
  value=$(sed -n "s/^$1=//p; s/^$1\$//p" "$misbehaviour" 2>/dev/null | head -n 1)
  grep -qs -e "^$1\$" -e "^$1=" "$misbehaviour"
}

# With a line `once` in the file, the first misbehaviour of an installer is also the last.
misbehaved() {
  if grep -qs '^once$' "$misbehaviour"; then mv "$misbehaviour" "$misbehaviour.done"; fi
}

setting() { sed -n "s/^ *\"mgmt_$1\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p" "$configuration" 2>/dev/null; }

write_configuration() {
  (
    umask 077
    mkdir -p "$home/configuration"
    printf '{\n    "mgmt_device-type": 1,\n    "mgmt_site-key": "%s",\n    "mgmt_url": "%s",\n    "mgmt_uuid": "%s"\n}\n' \
      "$1" "$2" "$3" >"$configuration.new"
    mv "$configuration.new" "$configuration"
  )
}

# set_token TOKEN: a registration token is base64 of a small JSON object with the keys url and site_key.
set_token() {
  decoded=$(printf '%s' "$1" | base64 -d 2>/dev/null | tr -d '\0\n')
  url=$(printf '%s' "$decoded" | sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p')
  key=$(printf '%s' "$decoded" | sed -n 's/.*"site_key" *: *"\([^"]*\)".*/\1/p')
  if [ -z "$url" ] || [ -z "$key" ]; then
    echo 'Failed to set registration token: the token is not valid'
    return 1
  fi
  if misbehaves wrong-site; then key=${value:-g_0000000000000000}; fi
  uuid=$(setting uuid)
  write_configuration "$key" "$url" "${uuid:-$(cat /proc/sys/kernel/random/uuid)}"
  echo 'Registration token successfully set'
}

has_systemd() { [ -d /run/systemd/system ]; }

# The pid of the agent, or a failure when it does not run.
agent_pid() {
  pid=$(cat "$run_folder/orchestrator.pid" 2>/dev/null) && [ -d "/proc/$pid" ] && echo "$pid"
}

start_agent() {
  if [ -z "$(setting site-key)" ]; then
    echo 'Agent cannot start: no registration token'
    return 1
  fi
  echo 'Starting agent...'
  if has_systemd; then
    systemctl start sentinelone.service || return 1
  elif ! agent_pid >/dev/null; then
    setsid "$home/bin/s1-agent" </dev/null >/dev/null 2>&1 &
  fi
  echo 'Agent is running'
}

stop_agent() {
  if has_systemd; then
    systemctl stop sentinelone.service
  elif pid=$(agent_pid); then
    kill "$pid"
  fi
}
