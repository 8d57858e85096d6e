#include "trial.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_MIN 10
#define SECONDS_MAX 3600
#define SECONDS_DIGITS_MAX 4

/* The next word, separated by single blanks; NULL when there is none that fits. */
static const char *read_word(const char *at, char *into, size_t size) {
  const size_t length = strcspn(at, " \r\n");
  if (length == 0 || length >= size) return NULL;
  memcpy(into, at, length);
  into[length] = '\0';
  return at + length;
}

static bool read_seconds(const char *text, uint64_t *seconds) {
  *seconds = 0;
  for (; *text != '\0'; text += 1) {
    if (*text < '0' || *text > '9') return false;
    *seconds = *seconds * 10 + (uint64_t)(*text - '0');
  }
  return *seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX;
}

bool trial_parse(const char *text, struct trial *into) {
  char number[SECONDS_DIGITS_MAX + 1];
  uint64_t seconds;
  const char *at = read_word(text, into->fresh, sizeof into->fresh);
  if (at == NULL || *at != ' ') return false;
  at = read_word(at + 1, into->previous, sizeof into->previous);
  if (at == NULL || *at != ' ') return false;
  at = read_word(at + 1, number, sizeof number);
  if (at == NULL || *at == ' ' || !read_seconds(number, &seconds)) return false;
  into->limit_ms = seconds * 1000;
  return version_is_valid(into->fresh) && version_is_valid(into->previous) && strcmp(into->fresh, into->previous) != 0;
}

enum trial_verdict trial_judge(const struct trial *trial, unsigned ends, uint64_t elapsed_ms) {
  if (ends >= TRIAL_ENDS_MAX) return TRIAL_CRASHED;
  return elapsed_ms >= trial->limit_ms ? TRIAL_SILENT : TRIAL_GOES_ON;
}

void trial_describe(const struct trial *trial, enum trial_verdict verdict, uint32_t code, char *into, size_t size) {
  const char *why = verdict == TRIAL_CRASHED ? "crashed" : "silent";
  snprintf(into, size, "%s %s %s %lu\n", trial->fresh, trial->previous, why, (unsigned long)code);
}
