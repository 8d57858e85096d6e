#include "choice.h"

#include <string.h>

bool versions_hold(const struct versions *present, const char *name) {
  for (size_t index = 0; index < present->count; index += 1)
    if (strcmp(present->names[index], name) == 0) return true;
  return false;
}

bool read_version_line(const char *text, char into[VERSION_SIZE]) {
  const size_t length = strcspn(text, "\r\n");
  if (length == 0 || length >= VERSION_SIZE) return false;
  memcpy(into, text, length);
  into[length] = '\0';
  return version_is_valid(into);
}

static bool highest(const struct versions *present, char into[VERSION_SIZE]) {
  if (present->count == 0) return false;
  const char *best = present->names[0];
  for (size_t index = 1; index < present->count; index += 1)
    if (version_compare(present->names[index], best) > 0) best = present->names[index];
  strcpy(into, best);
  return true;
}

/* A package decides once, when it is new here: later a release that allows it may go back behind it. */
static bool is_new(const char *brought, const char *seen) {
  char known[VERSION_SIZE];
  return !read_version_line(seen, known) || strcmp(brought, known) != 0;
}

bool choose_version(const struct pointers *files, const struct versions *present, char into[VERSION_SIZE]) {
  const bool named = read_version_line(files->current, into) && versions_hold(present, into);
  if (!named && !highest(present, into)) return false;
  char brought[VERSION_SIZE];
  if (read_version_line(files->packaged, brought) && versions_hold(present, brought) && is_new(brought, files->seen) &&
      version_compare(brought, into) > 0)
    strcpy(into, brought);
  return true;
}
