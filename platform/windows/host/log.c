#include "log.h"

#include <stdio.h>
#include <string.h>

#include "files.h"

#define SIZE_MAX_BYTES (1024 * 1024)
#define LINE_BYTES 512

static CRITICAL_SECTION lock;
static HANDLE file = INVALID_HANDLE_VALUE;
static LONGLONG size;

static void open_file(void) {
  wchar_t path[PATH_SIZE];
  LARGE_INTEGER found;
  if (!path_below(path, L"State\\Log\\service.log")) return;
  file = CreateFileW(path, FILE_APPEND_DATA | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS,
                     FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE) return;
  size = GetFileSizeEx(file, &found) ? found.QuadPart : 0;
}

void log_open(void) {
  wchar_t folder[PATH_SIZE];
  InitializeCriticalSection(&lock);
  /* Its rights come from State. */
  if (path_below(folder, L"State\\Log")) CreateDirectoryW(folder, NULL);
  open_file();
}

/* A log that cannot be turned over is begun anew: it never grows without end. */
static void turn_over(void) {
  wchar_t path[PATH_SIZE], older[PATH_SIZE];
  CloseHandle(file);
  file = INVALID_HANDLE_VALUE;
  if (!path_below(path, L"State\\Log\\service.log") || !path_below(older, L"State\\Log\\service.log.1")) return;
  if (!MoveFileExW(path, older, MOVEFILE_REPLACE_EXISTING)) DeleteFileW(path);
  open_file();
}

void log_append(const char *bytes, DWORD length) {
  DWORD written;
  EnterCriticalSection(&lock);
  if (file != INVALID_HANDLE_VALUE && size + length > SIZE_MAX_BYTES) turn_over();
  /* One that a scanner held for a moment is tried again. */
  if (file == INVALID_HANDLE_VALUE) open_file();
  if (file != INVALID_HANDLE_VALUE && WriteFile(file, bytes, length, &written, NULL)) size += written;
  LeaveCriticalSection(&lock);
}

void log_say(const char *level, const char *message, const char *fields, ...) {
  char line[LINE_BYTES], more[LINE_BYTES / 2];
  SYSTEMTIME now;
  va_list words;
  va_start(words, fields);
  vsnprintf(more, sizeof more, fields, words);
  va_end(words);
  GetSystemTime(&now);
  snprintf(line, sizeof line,
           "{\"timestamp\":\"%04u-%02u-%02uT%02u:%02u:%02u.%03uZ\",\"level\":\"%s\",\"message\":\"service host: %s\",%s}\n",
           now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond, now.wMilliseconds, level, message,
           more);
  log_append(line, (DWORD)strlen(line));
}
