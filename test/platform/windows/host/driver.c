/* Asks the decisions of the service host: one question a line on standard input, one answer a line. Fields end with tabs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "choice.h"
#include "trial.h"
#include "version.h"

#define FIELDS 8

static int sign(int order) { return (order > 0) - (order < 0); }

/* Splits at tabs; empty fields count. */
static int split(char *line, char **fields) {
  int count = 0;
  line[strcspn(line, "\n")] = '\0';
  for (char *at = line; count < FIELDS; count += 1) {
    fields[count] = at;
    at = strchr(at, '\t');
    if (at == NULL) return count + 1;
    *at++ = '\0';
  }
  return count;
}

static void choose(char **fields) {
  struct versions present = {.count = 0};
  char chosen[VERSION_SIZE];
  const struct pointers files = {fields[1], fields[2], fields[3]};
  for (char *name = strtok(fields[4], " "); name != NULL; name = strtok(NULL, " "))
    strcpy(present.names[present.count++], name);
  puts(choose_version(&files, &present, chosen) ? chosen : "none");
}

static void trial(char **fields) {
  struct trial read;
  char told[256];
  if (!trial_parse(fields[1], &read)) {
    puts("no");
    return;
  }
  const enum trial_verdict verdict = trial_judge(&read, (unsigned)atoi(fields[2]), strtoull(fields[3], NULL, 10));
  if (verdict == TRIAL_GOES_ON) puts("goes on");
  if (verdict == TRIAL_GOES_ON) return;
  trial_describe(&read, verdict, (uint32_t)strtoul(fields[4], NULL, 10), told, sizeof told);
  fputs(told, stdout);
}

int main(void) {
  char line[1024];
  char *fields[FIELDS];
  while (fgets(line, sizeof line, stdin) != NULL) {
    split(line, fields);
    if (strcmp(fields[0], "valid") == 0) puts(version_is_valid(fields[1]) ? "yes" : "no");
    else if (strcmp(fields[0], "compare") == 0) printf("%d\n", sign(version_compare(fields[1], fields[2])));
    else if (strcmp(fields[0], "choose") == 0) choose(fields);
    else if (strcmp(fields[0], "trial") == 0) trial(fields);
    else if (strcmp(fields[0], "failures") == 0) printf("%u\n", failures_after((unsigned)atoi(fields[1]), strtoull(fields[2], NULL, 10)));
    else if (strcmp(fields[0], "pause") == 0) printf("%lu\n", (unsigned long)pause_ms((unsigned)atoi(fields[1])));
    else return 64;
  }
  return 0;
}
