#include "environment.h"

#include <strsafe.h>

#include "files.h"

struct block {
  wchar_t *at;
  size_t left;
};

/* One "NAME=value" with its zero; room for the last zero is kept. */
static bool add(struct block *block, const wchar_t *format, ...) {
  va_list words;
  size_t left = 0;
  wchar_t *end = NULL;
  va_start(words, format);
  const HRESULT written = StringCchVPrintfExW(block->at, block->left - 1, &end, &left, 0, format, words);
  va_end(words);
  if (FAILED(written)) return false;
  block->at = end + 1;
  block->left = left;
  return true;
}

/* TEMP and profile are the system's own, which only administrators write. Names in the order that Windows wants: sorted. */
bool environment_build(DWORD patience_ms, wchar_t into[ENVIRONMENT_SIZE]) {
  wchar_t windows[PATH_SIZE], system[PATH_SIZE];
  struct block block = {into, ENVIRONMENT_SIZE};
  const UINT windows_length = GetSystemWindowsDirectoryW(windows, PATH_SIZE);
  const UINT system_length = GetSystemDirectoryW(system, PATH_SIZE);
  if (windows_length == 0 || windows_length >= PATH_SIZE || system_length == 0 || system_length >= PATH_SIZE)
    return false;
  const bool whole = add(&block, L"ComSpec=%ls\\cmd.exe", system) &&
                     add(&block, L"GARRISON_SERVICE_HOST=%lu", patience_ms) &&
                     add(&block, L"PATH=%ls;%ls;%ls\\Wbem", system, windows, system) &&
                     add(&block, L"PATHEXT=.COM;.EXE") && add(&block, L"SystemDrive=%.2ls", windows) &&
                     add(&block, L"SystemRoot=%ls", windows) &&
                     add(&block, L"TEMP=%ls\\config\\systemprofile", system) &&
                     add(&block, L"TMP=%ls\\config\\systemprofile", system) &&
                     add(&block, L"USERPROFILE=%ls\\config\\systemprofile", system) &&
                     add(&block, L"windir=%ls", windows);
  *block.at = L'\0';
  return whole;
}
