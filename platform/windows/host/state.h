/* The State directory: identity, journal and secrets of the agent, for the system and administrators alone (G10). */
#ifndef GARRISON_STATE_H
#define GARRISON_STATE_H

#include <windows.h>

/*
 * Makes it with its rights from the first moment, or gives one that the installer made those rights. ERROR_SUCCESS, or why
 * it cannot be used: a link, no directory, somebody else's.
 */
DWORD state_prepare(void);

#endif
