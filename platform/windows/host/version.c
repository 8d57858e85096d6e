#include "version.h"

#include <stddef.h>
#include <string.h>

#define NUMBERS 3
#define NUMBER_DIGITS_MAX 6
#define WORDS_MAX 4
#define WORD_LENGTH_MAX 10

static const char test_suffix[] = "+test-trust";

struct word {
  const char *start;
  size_t length;
};

struct version {
  long numbers[NUMBERS];
  struct word words[WORDS_MAX];
  size_t word_count;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word_letter(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

static const char *read_number(const char *at, long *number) {
  int digits = 0;
  *number = 0;
  for (; is_digit(at[digits]); digits += 1) {
    if (digits == NUMBER_DIGITS_MAX) return NULL;
    *number = *number * 10 + (at[digits] - '0');
  }
  return digits == 0 ? NULL : at + digits;
}

static const char *read_word(const char *at, struct version *into) {
  size_t length = 0;
  while (is_word_letter(at[length])) length += 1;
  if (length == 0 || length > WORD_LENGTH_MAX || into->word_count == WORDS_MAX) return NULL;
  into->words[into->word_count] = (struct word){at, length};
  into->word_count += 1;
  return at + length;
}

static bool read_version(const char *text, struct version *into) {
  memset(into, 0, sizeof *into);
  if (strlen(text) >= VERSION_SIZE) return false;
  const char *at = text;
  for (int index = 0; index < NUMBERS; index += 1) {
    if (index > 0 && *at++ != '.') return false;
    at = read_number(at, &into->numbers[index]);
    if (at == NULL) return false;
  }
  for (char before = '-'; *at == before; before = '.') {
    at = read_word(at + 1, into);
    if (at == NULL) return false;
  }
  return *at == '\0' || strcmp(at, test_suffix) == 0;
}

bool version_is_valid(const char *text) {
  struct version ignored;
  return read_version(text, &ignored);
}

static bool is_number(struct word word) {
  for (size_t index = 0; index < word.length; index += 1)
    if (!is_digit(word.start[index])) return false;
  return true;
}

/* Of two numbers the one with more digits is larger once the zeros in front are gone. */
static int compare_numbers(struct word a, struct word b) {
  while (a.length > 1 && *a.start == '0') a = (struct word){a.start + 1, a.length - 1};
  while (b.length > 1 && *b.start == '0') b = (struct word){b.start + 1, b.length - 1};
  if (a.length != b.length) return a.length < b.length ? -1 : 1;
  return memcmp(a.start, b.start, a.length);
}

static int compare_words(struct word a, struct word b) {
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;
  if (is_number(a)) return compare_numbers(a, b);
  const int order = memcmp(a.start, b.start, a.length < b.length ? a.length : b.length);
  return order != 0 ? order : (int)a.length - (int)b.length;
}

int version_compare(const char *a, const char *b) {
  struct version left, right;
  const bool readable = read_version(a, &left), other = read_version(b, &right);
  if (!readable || !other) return (int)readable - (int)other;
  for (int index = 0; index < NUMBERS; index += 1)
    if (left.numbers[index] != right.numbers[index]) return left.numbers[index] < right.numbers[index] ? -1 : 1;
  /* A release comes after everything that led to it. */
  if (left.word_count == 0 || right.word_count == 0) return (int)right.word_count - (int)left.word_count;
  for (size_t index = 0; index < left.word_count && index < right.word_count; index += 1) {
    const int order = compare_words(left.words[index], right.words[index]);
    if (order != 0) return order;
  }
  return (int)left.word_count - (int)right.word_count;
}
