#include "record.h"

#include <windows.h>

#include <strsafe.h>

#include <string.h>

#include "files.h"

/* As the tables of the MSI have it. Users may read there; nothing of it is a secret. */
#define KEY L"SOFTWARE\\Garrison\\Agent"
/* A switch keeps two versions; one that was staged and one more leave room. */
#define SLOTS 4

static void set(HKEY key, const wchar_t *name, const wchar_t *path) {
  const DWORD bytes = (DWORD)((lstrlenW(path) + 1) * sizeof(wchar_t));
  RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)path, bytes);
}

static void set_slot(HKEY key, int slot, const char *version) {
  wchar_t name[16], path[PATH_SIZE];
  StringCchPrintfW(name, 16, L"Left%d", slot);
  if (version == NULL)
    RegDeleteValueW(key, name);
  else if (path_below(path, L"versions\\%hs\\", version))
    set(key, name, path);
}

void record_write(const struct versions *present) {
  HKEY key;
  wchar_t root[PATH_SIZE];
  char packaged[LINE_SIZE], brought[VERSION_SIZE];
  int slot = 1;
  files_read_line(L"packaged", packaged);
  if (!read_version_line(packaged, brought)) return;
  if (!path_below(root, L"")) return;
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL) != ERROR_SUCCESS) return;
  set(key, L"Root", root);
  for (size_t index = 0; index < present->count && slot <= SLOTS; index += 1)
    if (strcmp(present->names[index], brought) != 0) set_slot(key, slot++, present->names[index]);
  while (slot <= SLOTS) set_slot(key, slot++, NULL);
  RegCloseKey(key);
}
