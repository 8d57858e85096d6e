/* Versions of the agent as names of directories: "1.2.3", "1.2.3-rc.1", "1.2.3+test-trust". Pure. */
#ifndef GARRISON_VERSION_H
#define GARRISON_VERSION_H

#include <stdbool.h>

/* With the terminating zero. */
#define VERSION_SIZE 61

bool version_is_valid(const char *text);

/*
 * Below 0: `a` is older. As semantic versions have it; what comes after the plus sign does not count. What cannot be read is
 * older than everything. */
int version_compare(const char *a, const char *b);

#endif
