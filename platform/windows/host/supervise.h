/* One run of the agent after the other, until the service is stopped. */
#ifndef GARRISON_SUPERVISE_H
#define GARRISON_SUPERVISE_H

#include <windows.h>

/* How long the agent has to stop: less than the 30 seconds that Windows Installer waits for a service. */
#define STOP_MS 20000

/* Sees to it that `current` names the version that will be started, for whoever asks as soon as the service runs. */
void supervise_settle(void);

/*
 * Returns when `stop` is set, or when no further start would help: 0, or the exit code of the agent that said so. Calls
 * `waiting` at least once a second while the agent is stopping.
 */
DWORD supervise(HANDLE stop, void (*waiting)(void));

#endif
