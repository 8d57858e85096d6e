/*
 * A version of the agent that is bad: it answers `--version` as it should, and then, as the service, does what bad ones do.
 * Compiled with VERSION, TARGET, and CODE, with which it ends at once; without CODE it stays and reaches nobody.
 */
#include <stdio.h>
#include <string.h>

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "--version") == 0) {
    puts("garrison-agent " VERSION " (" TARGET ", commit 0, inputs 0)");
    return 0;
  }
  fputs("a bad version runs\n", stderr);
#ifdef CODE
  return CODE;
#else
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
#endif
}
