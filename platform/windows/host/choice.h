/* Which version is started; the rule is in README.md. Pure. */
#ifndef GARRISON_CHOICE_H
#define GARRISON_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "version.h"

/* More version directories than these are not looked at. */
#define VERSIONS_MAX 64

struct versions {
  char names[VERSIONS_MAX][VERSION_SIZE];
  size_t count;
};

bool versions_hold(const struct versions *present, const char *name);

/* The first line of a file that holds a version; false when it holds none. `text` may be empty. */
bool read_version_line(const char *text, char into[VERSION_SIZE]);

/* What stands in the files, empty when there are none. */
struct pointers {
  const char *current;
  const char *packaged;
  const char *seen;
};

/* False when no version is there. */
bool choose_version(const struct pointers *files, const struct versions *present, char into[VERSION_SIZE]);

#endif
