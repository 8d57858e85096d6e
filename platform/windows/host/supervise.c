#include "supervise.h"

#include <stdbool.h>
/* Only the wide, bounded ones of strsafe.h are used; the plain C ones stay. */
#define STRSAFE_NO_DEPRECATE
#include <string.h>

#include <strsafe.h>

#include "agent.h"
#include "backoff.h"
#include "choice.h"
#include "files.h"
#include "log.h"
#include "record.h"
#include "trial.h"

/* An agent that gives no sign of life for so long is started anew. */
#ifndef PATIENCE_MS
#define PATIENCE_MS (5 * 60 * 1000)
#endif
#define LOOK_EVERY_MS 1000
/* Until an installation that was damaged is put right. */
#define NO_VERSION_PAUSE_MS 30000
/* sysexits.h: no right, bad configuration. No new start helps against either. */
#define EXIT_NO_RIGHT 77
#define EXIT_BAD_CONFIGURATION 78

struct watch {
  /* Whether the version that is started is on trial, and since when. */
  bool on_trial;
  struct trial trial;
  unsigned ends;
  uint64_t began_ms;
};

static bool is_set(HANDLE event, DWORD within_ms) { return WaitForSingleObject(event, within_ms) == WAIT_OBJECT_0; }

/* Unless the file says it already. */
static bool note(const wchar_t *name, const char *said, const char *version) {
  char named[VERSION_SIZE], line[LINE_SIZE];
  if (read_version_line(said, named) && strcmp(named, version) == 0) return true;
  strcpy(line, version);
  strcat(line, "\n");
  return files_write_line(name, line);
}

/* The version to start; `current` says it afterwards, and then `seen` that the package has had its say. */
static bool choose(const struct versions *present, char version[VERSION_SIZE]) {
  char current[LINE_SIZE], packaged[LINE_SIZE], seen[LINE_SIZE], brought[VERSION_SIZE];
  files_read_line(L"current", current);
  files_read_line(L"packaged", packaged);
  files_read_line(L"seen", seen);
  const struct pointers files = {current, packaged, seen};
  if (!choose_version(&files, present, version)) return false;
  if (!note(L"current", current, version) ||
      (read_version_line(packaged, brought) && !note(L"seen", seen, brought)))
    log_say("warn", "could not write what is started", "\"error\":%lu", GetLastError());
  return true;
}

/* Whether a trial that stood has ended well: the new version has removed the file. */
static void look_whether_proved(struct watch *watch) {
  char text[LINE_SIZE];
  if (!watch->on_trial) return;
  files_read_line(L"trial", text);
  if (*text != '\0') return;
  log_say("info", "the new version has proved itself", "\"version\":\"%s\"", watch->trial.fresh);
  watch->on_trial = false;
}

/*
 * Before a start: is the version on trial? A file that speaks of another one is left over from a switch that never came to
 * be. Only here: a running version writes it before it changes `current`. True when a trial begins.
 */
static bool look_at_trial(struct watch *watch, const struct versions *present, const char *version) {
  char text[LINE_SIZE];
  struct trial found;
  look_whether_proved(watch);
  files_read_line(L"trial", text);
  if (*text == '\0') return false;
  if (!trial_parse(text, &found) || strcmp(found.fresh, version) != 0 || !versions_hold(present, found.previous)) {
    files_remove(L"trial");
    watch->on_trial = false;
    return false;
  }
  if (watch->on_trial && strcmp(watch->trial.fresh, found.fresh) == 0) return false;
  log_say("info", "a new version is on trial", "\"version\":\"%s\",\"previous\":\"%s\"", found.fresh, found.previous);
  *watch = (struct watch){.on_trial = true, .trial = found, .began_ms = GetTickCount64()};
  return true;
}

static enum trial_verdict judge(struct watch *watch) {
  look_whether_proved(watch);
  if (!watch->on_trial) return TRIAL_GOES_ON;
  return trial_judge(&watch->trial, watch->ends, GetTickCount64() - watch->began_ms);
}

/* In this order: after a crash in between the trial is found again, or is seen to be over. */
static bool set_back(const char *told, const char *previous) {
  char line[LINE_SIZE];
  strcpy(line, previous);
  strcat(line, "\n");
  return files_write_line(L"fallback", told) && files_write_line(L"current", line) && files_remove(L"trial");
}

/* Where nothing can be written: what is not there is not started, and its program is room that is free again. */
static void remove_program(const char *version) {
  wchar_t name[PATH_SIZE];
  if (SUCCEEDED(StringCchPrintfW(name, PATH_SIZE, L"versions\\%hs\\garrison-agent.exe", version))) files_remove(name);
}

static void fall_back(struct watch *watch, enum trial_verdict verdict, DWORD code) {
  char line[LINE_SIZE];
  log_say("error", "the new version has failed, back to the previous one", "\"version\":\"%s\",\"previous\":\"%s\",\"exitCode\":%lu",
          watch->trial.fresh, watch->trial.previous, code);
  trial_describe(&watch->trial, verdict, code, line, sizeof line);
  watch->on_trial = false;
  if (set_back(line, watch->trial.previous)) return;
  log_say("error", "could not write how the trial ended", "\"error\":%lu", GetLastError());
  remove_program(watch->trial.fresh);
  if (!set_back(line, watch->trial.previous)) files_rename(L"trial", L"fallback");
}

/* Until it has ended, by itself or by us. True when the service is to stop. */
static bool attend(struct agent *agent, struct watch *watch, HANDLE stop, void (*waiting)(void)) {
  const HANDLE events[] = {stop, agent->process};
  for (;;) {
    const DWORD happened = WaitForMultipleObjects(2, events, FALSE, LOOK_EVERY_MS);
    if (happened == WAIT_OBJECT_0 + 1) return false;
    if (happened == WAIT_OBJECT_0) break;
    if (judge(watch) != TRIAL_GOES_ON) {
      agent_end(agent);
      return false;
    }
    if (GetTickCount64() - agent_last_sign_ms() < PATIENCE_MS) continue;
    log_say("error", "no sign of life", "\"pid\":%lu", agent->pid);
    agent_end(agent);
    return false;
  }
  agent_ask_to_stop(agent);
  for (uint64_t asked_ms = GetTickCount64(); GetTickCount64() - asked_ms < STOP_MS;) {
    waiting();
    if (is_set(agent->process, LOOK_EVERY_MS)) return true;
  }
  log_say("warn", "the agent did not stop in time", "\"pid\":%lu", agent->pid);
  agent_end(agent);
  return true;
}

struct run {
  uint64_t lived_ms;
  DWORD code;
};

/* One run from start to end. True when the service is to stop. */
static bool run_once(struct watch *watch, const char *version, HANDLE stop, void (*waiting)(void), struct run *run) {
  struct agent agent;
  run->lived_ms = 0;
  const DWORD error = agent_start(&agent, version, PATIENCE_MS);
  if (error != ERROR_SUCCESS) {
    log_say("error", "the agent could not be started", "\"version\":\"%s\",\"error\":%lu", version, error);
    run->code = error;
    return is_set(stop, 0);
  }
  log_say("info", "started the agent", "\"version\":\"%s\",\"pid\":%lu", version, agent.pid);
  const bool stopping = attend(&agent, watch, stop, waiting);
  run->lived_ms = GetTickCount64() - agent.started_ms;
  run->code = agent_close(&agent);
  log_say("info", "the agent has ended", "\"version\":\"%s\",\"exitCode\":%lu,\"livedSeconds\":%lu", version, run->code,
          (unsigned long)(run->lived_ms / 1000));
  return stopping;
}

void supervise_settle(void) {
  struct versions present;
  char version[VERSION_SIZE];
  files_list_versions(&present);
  choose(&present, version);
}

DWORD supervise(HANDLE stop, void (*waiting)(void)) {
  struct watch watch = {0};
  struct versions present;
  unsigned failures = 0;
  for (;;) {
    char version[VERSION_SIZE];
    struct run run;
    files_list_versions(&present);
    if (!choose(&present, version)) {
      log_say("error", "no version of the agent is there", "\"versions\":0");
      if (is_set(stop, NO_VERSION_PAUSE_MS)) return 0;
      continue;
    }
    record_write(&present);
    if (look_at_trial(&watch, &present, version)) failures = 0;
    if (run_once(&watch, version, stop, waiting, &run)) return 0;
    watch.ends += 1;
    const enum trial_verdict verdict = judge(&watch);
    if (verdict != TRIAL_GOES_ON) {
      fall_back(&watch, verdict, verdict == TRIAL_CRASHED ? run.code : 0);
      failures = 0;
      continue;
    }
    if (!watch.on_trial && (run.code == EXIT_NO_RIGHT || run.code == EXIT_BAD_CONFIGURATION)) return run.code;
    failures = failures_after(failures, run.lived_ms);
    if (is_set(stop, pause_ms(failures))) return 0;
  }
}
