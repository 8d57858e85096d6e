/*
 * What lies below the program root and came by no package, in the registry: the MSI, which runs nothing of ours, finds there
 * what it has to remove.
 */
#ifndef GARRISON_RECORD_H
#define GARRISON_RECORD_H

#include "choice.h"

/* Written anew before each start of the agent. */
void record_write(const struct versions *present);

#endif
