import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, suggest } from '../../src/base/suggest.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['state', 'sate', 1],
  ['output', 'outptu', 1],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('%s and %s are %i apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('the distance is zero between equals, and never more than the longer word', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test.each([
  ['hiden', ['input', 'hidden', 'output'], 'hidden'],
  ['sigmod', ['sigmoid', 'softmax'], 'sigmoid'],
  ['w', ['W', 'U'], 'W'],
  ['lstm', ['GRU', 'LSTM'], 'LSTM'],
  ['hh', ['x', 'h'], 'h'],
  ['cadidate', ['candidate'], 'candidate'],
  ['crossentropy', ['cross_entropy', 'entropy'], 'cross_entropy'],
])('%s of %j means %s', (word, candidates, nearest) => {
  expect(suggest(word, candidates)).toBe(nearest);
});

test.each([
  ['h', ['c', 'x', 'hh']],
  ['tanh', ['relu', 'exp']],
  ['ab', ['cd', 'xy']],
  ['h', []],
  ['x'.repeat(10_000), ['x'.repeat(10_001)]],
])('%.10s of %j means nothing near', (word, candidates) => {
  expect(suggest(word, candidates)).toBe(undefined);
});

test('of equals the first one wins', () => {
  expect(suggest('gata', ['gate', 'data'])).toBe('gate');
});
