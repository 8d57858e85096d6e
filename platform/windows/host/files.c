#include "files.h"

/* Only the wide, bounded ones of it are used; the plain C ones stay. */
#define STRSAFE_NO_DEPRECATE
#include <string.h>

#include <strsafe.h>

static wchar_t root[PATH_SIZE];

bool files_find_root(void) {
  const DWORD length = GetModuleFileNameW(NULL, root, PATH_SIZE);
  if (length == 0 || length >= PATH_SIZE) return false;
  wchar_t *end = wcsrchr(root, L'\\');
  if (end == NULL) return false;
  *end = L'\0';
  return true;
}

bool path_below(wchar_t into[PATH_SIZE], const wchar_t *format, ...) {
  wchar_t tail[PATH_SIZE];
  va_list words;
  va_start(words, format);
  const HRESULT formatted = StringCchVPrintfW(tail, PATH_SIZE, format, words);
  va_end(words);
  return SUCCEEDED(formatted) && SUCCEEDED(StringCchPrintfW(into, PATH_SIZE, L"%ls\\%ls", root, tail));
}

/* A plain file: no link, no directory. */
static bool is_file(const wchar_t *path) {
  const DWORD attributes = GetFileAttributesW(path);
  return attributes != INVALID_FILE_ATTRIBUTES &&
         (attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) == 0;
}

static void add_version(const WIN32_FIND_DATAW *entry, struct versions *into) {
  char name[VERSION_SIZE];
  wchar_t program[PATH_SIZE];
  const DWORD wanted = entry->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT);
  if (wanted != FILE_ATTRIBUTE_DIRECTORY || into->count == VERSIONS_MAX) return;
  if (WideCharToMultiByte(CP_UTF8, 0, entry->cFileName, -1, name, sizeof name, NULL, NULL) == 0) return;
  if (!version_is_valid(name)) return;
  if (!path_below(program, L"versions\\%hs\\garrison-agent.exe", name) || !is_file(program)) return;
  strcpy(into->names[into->count], name);
  into->count += 1;
}

void files_list_versions(struct versions *into) {
  wchar_t pattern[PATH_SIZE];
  WIN32_FIND_DATAW entry;
  into->count = 0;
  if (!path_below(pattern, L"versions\\*")) return;
  const HANDLE search = FindFirstFileW(pattern, &entry);
  if (search == INVALID_HANDLE_VALUE) return;
  do {
    add_version(&entry, into);
  } while (FindNextFileW(search, &entry));
  FindClose(search);
}

void files_read_line(const wchar_t *name, char into[LINE_SIZE]) {
  wchar_t path[PATH_SIZE];
  DWORD length = 0;
  into[0] = '\0';
  if (!path_below(path, L"%ls", name) || !is_file(path)) return;
  const DWORD sharing = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const HANDLE file = CreateFileW(path, GENERIC_READ, sharing, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
  if (file == INVALID_HANDLE_VALUE) return;
  if (!ReadFile(file, into, LINE_SIZE, &length, NULL) || length == LINE_SIZE) length = 0;
  into[length] = '\0';
  CloseHandle(file);
}

bool files_write_line(const wchar_t *name, const char *line) {
  wchar_t path[PATH_SIZE], beside[PATH_SIZE];
  DWORD written = 0;
  if (!path_below(path, L"%ls", name) || !path_below(beside, L"%ls.new", name)) return false;
  const HANDLE file = CreateFileW(beside, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE) return false;
  const DWORD length = (DWORD)strlen(line);
  const bool whole = WriteFile(file, line, length, &written, NULL) && written == length && FlushFileBuffers(file);
  CloseHandle(file);
  return whole && MoveFileExW(beside, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

bool files_remove(const wchar_t *name) {
  wchar_t path[PATH_SIZE];
  if (!path_below(path, L"%ls", name)) return false;
  return DeleteFileW(path) || GetLastError() == ERROR_FILE_NOT_FOUND;
}

bool files_rename(const wchar_t *name, const wchar_t *to) {
  wchar_t path[PATH_SIZE], target[PATH_SIZE];
  if (!path_below(path, L"%ls", name) || !path_below(target, L"%ls", to)) return false;
  return MoveFileExW(path, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}
