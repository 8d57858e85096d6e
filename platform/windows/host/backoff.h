/* How long the agent is let lie before it is started anew. Pure. */
#ifndef GARRISON_BACKOFF_H
#define GARRISON_BACKOFF_H

#include <stdint.h>

/* One that lived that long did not fail at its start. */
#define STEADY_MS 60000

/* How many starts in a row have failed, after one more that lived `lived_ms`. */
unsigned failures_after(unsigned failures, uint64_t lived_ms);

uint32_t pause_ms(unsigned failures);

#endif
