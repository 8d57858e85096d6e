/* One run of the agent: a process in a job of its own, with pipes for its end, its signs of life and its log. */
#ifndef GARRISON_AGENT_H
#define GARRISON_AGENT_H

#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

struct agent {
  HANDLE process;
  HANDLE job;
  /* The agent stops when this is closed. */
  HANDLE life_line;
  HANDLE sign_reader;
  HANDLE log_reader;
  DWORD pid;
  uint64_t started_ms;
};

/* Starts `versions\VERSION\garrison-agent.exe run`. ERROR_SUCCESS, or why not; then there is nothing to close. */
DWORD agent_start(struct agent *agent, const char *version, DWORD patience_ms);

/* When it last gave a sign of life; its start counts as one. As GetTickCount64 counts. */
uint64_t agent_last_sign_ms(void);

/* Asks it to stop. */
void agent_ask_to_stop(struct agent *agent);

/* Ends it at once; what it has started lives on. */
void agent_end(struct agent *agent);

/* After its end: collects what is left of it. Its exit code. */
DWORD agent_close(struct agent *agent);

#endif
