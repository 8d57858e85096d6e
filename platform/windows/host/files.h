/* The program root, and small files in it. Only administrators write there. */
#ifndef GARRISON_FILES_H
#define GARRISON_FILES_H

#include <windows.h>

#include <stdbool.h>

#include "choice.h"

/* Longer paths are refused: the root is below Program Files. In characters, with the terminating zero. */
#define PATH_SIZE 512
/* Of every file of one line. In bytes, with the terminating zero. */
#define LINE_SIZE 256

/* "C:\Program Files\Garrison": where this program itself stands. Called once, before all else here. */
bool files_find_root(void);

/* Formats a path below the root; false when it is too long. `format` takes the words of wsprintf, narrow text as %hs. */
bool path_below(wchar_t into[PATH_SIZE], const wchar_t *format, ...);

/* The versions that are there: directories below `versions` with the agent in them. */
void files_list_versions(struct versions *into);

/* Empty when the file is absent, unreadable or longer than one line may be. */
void files_read_line(const wchar_t *name, char into[LINE_SIZE]);

/* Replaces the file as a whole, on disk when it returns. */
bool files_write_line(const wchar_t *name, const char *line);

/* True when it is gone. `name` may lead into a folder of the root. */
bool files_remove(const wchar_t *name);

/* Needs no room on the disk. False also when there is nothing of that name. */
bool files_rename(const wchar_t *name, const wchar_t *to);

#endif
