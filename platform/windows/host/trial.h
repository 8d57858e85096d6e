/* A switch to a new version, watched: see README.md. Pure. */
#ifndef GARRISON_TRIAL_H
#define GARRISON_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "version.h"

#define TRIAL_ENDS_MAX 3

struct trial {
  char fresh[VERSION_SIZE];
  char previous[VERSION_SIZE];
  uint64_t limit_ms;
};

/* "NEW OLD SECONDS"; false for anything else. */
bool trial_parse(const char *text, struct trial *into);

enum trial_verdict { TRIAL_GOES_ON, TRIAL_CRASHED, TRIAL_SILENT };

/* `ends`: how often it has ended by itself. `elapsed_ms`: since its first start. */
enum trial_verdict trial_judge(const struct trial *trial, unsigned ends, uint64_t elapsed_ms);

/* "NEW OLD WHY CODE\n"; `code` as Windows has it. */
void trial_describe(const struct trial *trial, enum trial_verdict verdict, uint32_t code, char *into, size_t size);

#endif
