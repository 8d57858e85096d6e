/*
 * Stands in for the agent under the service host. What it does stands in the file `behaviour` beside it: "stay" (the default),
 * "exit CODE", "prove" (ends its trial, then stays), "deaf" (does not hear that it is to stop), "beat" (gives a sign of life every
 * second, after it has logged more than two files hold). It notes what happens to it in
 * C:\stand-in-agent.txt, one line each: its own directory, then the event.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[MAX_PATH];

static void note(const char *event, unsigned long number) {
  FILE *file = fopen("C:\\stand-in-agent.txt", "a");
  if (file == NULL) return;
  fprintf(file, "%s %s %lu\n", strrchr(directory, '\\') + 1, event, number);
  fclose(file);
}

static void read_behaviour(char *into, int size) {
  char path[MAX_PATH];
  snprintf(path, sizeof path, "%s\\behaviour", directory);
  strcpy(into, "stay");
  FILE *file = fopen(path, "r");
  if (file == NULL) return;
  if (fgets(into, size, file) != NULL) into[strcspn(into, "\r\n")] = '\0';
  fclose(file);
}

static void note_environment(void) {
  FILE *file = fopen("C:\\stand-in-environment.txt", "w");
  if (file == NULL) return;
  for (char *at = GetEnvironmentStringsA(); *at != '\0'; at += strlen(at) + 1) fprintf(file, "%s\n", at);
  fclose(file);
}

/* 3 MiB, each line with its number. */
static void flood(void) {
  for (int line = 0; line < 3 * 1024 * 16; line += 1) fprintf(stderr, "%08d of the flood: %-45s\n", line, "x");
}

static void beat(void) {
  flood();
  for (;;) {
    puts("alive");
    fflush(stdout);
    Sleep(1000);
  }
}

int main(int count, char **words) {
  char behaviour[64], trial[MAX_PATH];
  GetModuleFileNameA(NULL, directory, sizeof directory);
  *strrchr(directory, '\\') = '\0';
  if (count != 2 || strcmp(words[1], "run") != 0) return 64;
  read_behaviour(behaviour, sizeof behaviour);
  note_environment();
  note("started", GetCurrentProcessId());
  fputs("a line of the log\n", stderr);
  if (strncmp(behaviour, "exit ", 5) == 0) return atoi(behaviour + 5);
  puts("ready");
  fflush(stdout);
  if (strcmp(behaviour, "prove") == 0) {
    snprintf(trial, sizeof trial, "%s\\..\\..\\trial", directory);
    DeleteFileA(trial);
  }
  if (strcmp(behaviour, "beat") == 0) beat();
  if (strcmp(behaviour, "deaf") == 0) Sleep(INFINITE);
  while (getchar() != EOF) continue;
  note("stopped", 0);
  return 0;
}
