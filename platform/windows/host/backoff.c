#include "backoff.h"

#define STEADY_PAUSE_MS 1000
#define FIRST_PAUSE_MS 2000
#define PAUSE_MS_MAX 300000
/* Past it the pause grows no more. */
#define FAILURES_MAX 16

unsigned failures_after(unsigned failures, uint64_t lived_ms) {
  if (lived_ms >= STEADY_MS) return 0;
  return failures < FAILURES_MAX ? failures + 1 : FAILURES_MAX;
}

uint32_t pause_ms(unsigned failures) {
  if (failures == 0) return STEADY_PAUSE_MS;
  const uint32_t grown = (uint32_t)FIRST_PAUSE_MS << (failures - 1);
  return grown < PAUSE_MS_MAX ? grown : PAUSE_MS_MAX;
}
