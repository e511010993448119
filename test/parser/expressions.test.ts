import { describe, expect, test } from 'vitest';
import { parseExpression, parseItems, write, writeType } from './parsed.ts';

describe('precedence', () => {
  test.each([
    // a sum of products of matrix products of powers
    ['a + b * c @ d ^ e', '(a + (b * (c @ (d ^ e))))'],
    ['a ^ b @ c * d + e', '((((a ^ b) @ c) * d) + e)'],
    ['Wr @ x + Ur @ prev h + br', '((Wr @ x) + (Ur @ (prev h)) + br)'],
    // chains are flat
    ['a - b + c - d', '(a - b + c - d)'],
    ['a / b * c mod d', '(a / b * c mod d)'],
    ['a @ b @ c', '(a @ b @ c)'],
    ['a or b and c or d', '(a or (b and c) or d)'],
    // ^ groups to the right (flat), and binds tighter than a leading minus
    ['a ^ b ^ c', '(a ^ b ^ c)'],
    ['(a ^ b) ^ c', '((a ^ b) ^ c)'],
    ['-a ^ 2', '(- (a ^ 2))'],
    ['2 ^ -x', '(2 ^ (- x))'],
    ['2 ^ -x ^ 2 * y', '((2 ^ (- (x ^ 2))) * y)'],
    ['a ^ -b ^ -c', '(a ^ (- (b ^ (- c))))'],
    // a leading minus binds tighter than @ and *
    ['-W @ x', '((- W) @ x)'],
    ['-a * b', '((- a) * b)'],
    ['a * -b', '(a * (- b))'],
    ['a - -b', '(a - (- b))'],
    ['--a', '(- (- a))'],
    // mod binds like *
    ['t mod 8 == 0', '((t mod 8) == 0)'],
    ['a + b mod c', '(a + (b mod c))'],
    // conditions
    ['not a and b', '((not a) and b)'],
    ['not a == b', '(not (a == b))'],
    ['not not a', '(not (not a))'],
    ['a + 1 < b * 2 and c >= d', '(((a + 1) < (b * 2)) and (c >= d))'],
    // if reaches as far right as it can
    ['if c then a else b + 1', '(if c then a else (b + 1))'],
    ['1 + if c then a else b * 2', '(1 + (if c then a else (b * 2)))'],
    ['(if c then a else b) + 1', '((if c then a else b) + 1)'],
    ['if a then x else if b then y else z', '(if a then x else if b then y else z)'],
    ['if a then if b then x else y else z', '(if a then (if b then x else y) else z)'],
    ['if a and b then x else y', '(if (a and b) then x else y)'],
    // prev binds tighter than anything
    ['prev h ^ 2', '((prev h) ^ 2)'],
    ['-prev h', '(- (prev h))'],
    ['prev top.h * 2', '((prev top.h) * 2)'],
    ['prev S[i, j]', '(prev S)[i, j]'],
    // last and its kin take an operand with its calls
    ['last h + 1', '((last h) + 1)'],
    ['last top.h', '(last top.h)'],
    ['first h / 2', '((first h) / 2)'],
    ['last f(x)[i]', '(last f(x)[i])'],
    ['last (h + 1) * 2', '((last (h + 1)) * 2)'],
    ['max over time h * 2', '((max over time h) * 2)'],
    ['mean over time last h', '(mean over time (last h))'],
    ['each step c + x', '((each step c) + x)'],
    ['sum over j: S[i, j] * q[j] + 1', '(sum over j: ((S[i, j] * q[j]) + 1))'],
    ['a + sum over i, j: S[i, j]', '(a + (sum over i, j: S[i, j]))'],
    // applying
    ['stack(2, LSTM(m: m))(Embedding(64)(x))', 'stack(2, LSTM(m: m))(Embedding(64)(x))'],
    ['dropout(max over time h, 0.5)', 'dropout((max over time h), 0.5)'],
    ['text("f", by: char, holdout: 0.1)', 'text("f", by: char, holdout: 0.1)'],
    ['f()()', 'f()()'],
    ['(a)(b)', 'a(b)'],
    ['f(a: if c then x else y, b: -1)', 'f(a: (if c then x else y), b: (- 1))'],
  ])('%s', (text, shape) => {
    expect(parseExpression(text)).toBe(shape);
  });
});

describe('literals', () => {
  test.each([
    ['0.5', '0.5'],
    ['1e-3', '0.001'],
    ['12E2', '1200'],
    ['1.5e+2', '150'],
    ['007', '7'],
    ['"a\\n\\t\\"\\\\"', JSON.stringify('a\n\t"\\')],
    ['"a # b"', '"a # b"'],
  ])('%s', (text, value) => {
    expect(parseExpression(text)).toBe(value);
  });
});

test('spans cover what was written, brackets included', () => {
  const [item] = parseItems('y = (a + b) * f(c)[i]');
  if (item.kind !== 'equation' || item.value.kind !== 'chain') throw new Error('not a product');
  const text = (node: { readonly span: { readonly start: number; readonly end: number } }): string =>
    item.span.source.text.slice(node.span.start, node.span.end);
  expect(text(item)).toBe('y = (a + b) * f(c)[i]');
  expect(text(item.value)).toBe('(a + b) * f(c)[i]');
  expect(text(item.value.first)).toBe('(a + b)');
  expect(text(item.value.rest[0].operand)).toBe('f(c)[i]');
});

test('types', () => {
  const [x, label, total, w, b, q] = parseItems(`
    input x, y: [4 * m, n]
    target label: once index(2)
    target total: once []
    param W, U: [m, n] ~ orthogonal
    param b: [m] = 1
    state q: [d] = affine(x)`);
  const shown = [x, label, total, w, b, q].map((item) =>
    'type' in item && item.type ? writeType(item.type) : '',
  );
  expect(shown).toEqual(['[(4 * m), n]', 'once index(2)', 'once []', '[m, n]', '[m]', '[d]']);
  const complex = parseItems('input z: once complex [2*m] param W: complex[m, n] ~ glorot state h: complex');
  expect(complex.map((item) => ('type' in item && item.type ? writeType(item.type) : ''))).toEqual([
    'once complex [(2 * m)]',
    'complex [m, n]',
    'complex',
  ]);
  expect(x.kind === 'input' && x.names.map((name) => name.text)).toEqual(['x', 'y']);
  expect(w.kind === 'param' && w.start?.kind).toBe('distribution');
  expect(b.kind === 'param' && b.start?.kind).toBe('value');
  expect(q.kind === 'state' && q.start && write(q.start)).toBe('affine(x)');
});

test('the left side of an equation', () => {
  const [several, typed, indexed] = parseItems(`
    i, f, o, g = split(z, 4)
    q: [d] = affine(x)
    S[i, j] = v[i] * k[j]`);
  const targets = [several, typed, indexed].map((item) =>
    item.kind === 'equation'
      ? item.targets.map((target) => [target.name.text, target.indices?.map((index) => index.text)])
      : undefined,
  );
  expect(targets).toEqual([
    [
      ['i', undefined],
      ['f', undefined],
      ['o', undefined],
      ['g', undefined],
    ],
    [['q', undefined]],
    [['S', ['i', 'j']]],
  ]);
  expect(typed.kind === 'equation' && typed.type && writeType(typed.type)).toBe('[d]');
});
