/*
 * What the host does and what the agent writes: State\Log\service.log, one line of JSON each. At 1 MiB it becomes
 * service.log.1, and the one that was there goes. What cannot be written is lost: no log may stop the service.
 */
#ifndef GARRISON_LOG_H
#define GARRISON_LOG_H

#include <windows.h>

/* Called once, before all else here. */
void log_open(void);

/* `fields` as JSON without braces: "\"pid\":12". Static words and numbers only: nothing is escaped. */
__attribute__((format(printf, 3, 4))) void log_say(const char *level, const char *message, const char *fields, ...);

/* As it is: the agent's own lines. */
void log_append(const char *bytes, DWORD length);

#endif
