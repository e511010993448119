// The constructors of formulas: what they write shorter, and that it is the same.
import { expect, test } from 'vitest';
import {
  add,
  divide,
  type Formula,
  multiply,
  name,
  negate,
  number,
  power,
  subtract,
  sumOf,
  transpose,
} from '../../src/derive/formula.ts';
import { writeFormula } from '../../src/derive/text.ts';

const [a, b, c] = ['a', 'b', 'c'].map((one) => name(one));

test.each<[Formula, string]>([
  [add(number(0.5), number(0.5)), '1'],
  [multiply(number(2), number(0.5)), '1'],
  [multiply(multiply(number(2), a), number(0.5)), 'a'],
  [multiply(a, number(3)), '3 * a'],
  [multiply(number(0), a), '0'],
  [multiply(negate(a), b), '-a * b'],
  [multiply(divide(number(1), a), b), 'b / a'],
  [multiply(a, a), 'a^2'],
  [add(a, a), '2 * a'],
  [add(subtract(a, b), subtract(a, b)), '2 * (a - b)'],
  [add(add(a, b), a), '2 * a + b'],
  [subtract(a, negate(b)), 'a + b'],
  [add(a, number(-1)), 'a - 1'],
  [subtract(number(0), a), '-a'],
  [sumOf([]), '0'],
  [divide(negate(a), b), '-a / b'],
  [divide(a, multiply(b, c)), 'a / (b * c)'],
  [power(negate(a), number(2)), '(-a)^2'],
  [power(a, b), 'a^(b)'],
  [transpose(transpose(a)), 'a'],
])('%#: %j', (formula, text) => {
  expect(writeFormula(formula)).toBe(text);
});
