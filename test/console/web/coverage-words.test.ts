import { expect, test } from 'vitest';
import { gapName, percent } from '#console/web/coverage-words.ts';

test.each([
  [0, 0, 'none'],
  [0, 3, '0 %'],
  [1, 1_000, '1 %'],
  [2, 3, '67 %'],
  [999, 1_000, '99 %'],
  [1_000, 1_000, '100 %'],
])('%i of %i are %s: never all while one is missing, never none while one is there', (part, whole, words) => {
  expect(percent(part, whole)).toBe(words);
});

test('a device that only says it is protected lacks SentinelOne’s word', () => {
  expect(gapName({ state: 'protected', cause: null, record: 'none' })).toBe(
    'Says it is protected, but SentinelOne has no record of it',
  );
  expect(gapName({ state: 'installing', cause: null, record: null })).toBe('Installing');
});
