/* Which of its roles the program plays, and what all of them need. */
#include "stand-in.h"

char *setting(const char *path, const char *key, char *value) {
  FILE *file = fopen(path, "r");
  char line[TEXT_MAX];
  size_t length = strlen(key);
  if (!file) return NULL;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    if (strncmp(line, key, length) || (line[length] && line[length] != '=')) continue;
    strcpy(value, line[length] ? line + length + 1 : "");
    fclose(file);
    return value;
  }
  fclose(file);
  return NULL;
}

int misbehaves(const char *key, char *value) {
  char unused[TEXT_MAX];
  return setting(MISBEHAVIOUR, key, value ? value : unused) != NULL;
}

static int write_text(const char *path, const char *text, const char *mode) {
  FILE *file = fopen(path, mode);
  if (!file) return 0;
  fputs(text, file);
  return fclose(file) == 0;
}

/* Whole or not at all: others read it meanwhile. */
int put(const char *path, const char *text) {
  char next[MAX_PATH + 8];
  snprintf(next, sizeof next, "%s.new", path);
  return write_text(next, text, "wb") && MoveFileExA(next, path, MOVEFILE_REPLACE_EXISTING);
}

int append(const char *path, const char *text) { return write_text(path, text, "ab"); }

void now_iso(char *text) {
  SYSTEMTIME t;
  GetSystemTime(&t);
  sprintf(text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute, t.wSecond, t.wMilliseconds);
}

int is_file(const char *path) { return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES; }

int main(int argc, char **argv) {
  char path[MAX_PATH], *name;
  GetModuleFileNameA(NULL, path, sizeof path);
  name = strrchr(path, '\\') ? strrchr(path, '\\') + 1 : path;
  if (argc > 1 && !strcmp(argv[1], "msi")) return msi_step(argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
  if (argc > 1 && !strcmp(argv[1], "/uninstall")) return uninstall();
  if (!_stricmp(name, "SentinelCtl.exe")) return control(argc, argv);
  /* The service manager starts these, and passes nothing. */
  if (argc == 1 && !strstr(name, "Installer")) { *strrchr(name, '.') = 0; serve(name); return 0; }
  return install_exe(argc, argv);
}
