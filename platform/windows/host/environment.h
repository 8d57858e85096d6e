/* The agent's environment, built from nothing: what a user or a company put into the machine's does not reach it. */
#ifndef GARRISON_ENVIRONMENT_H
#define GARRISON_ENVIRONMENT_H

#include <windows.h>

#include <stdbool.h>

/* In characters, with both zeros at the end. */
#define ENVIRONMENT_SIZE 4096

/* `patience_ms`: how long the host waits for a sign of life. */
bool environment_build(DWORD patience_ms, wchar_t into[ENVIRONMENT_SIZE]);

#endif
