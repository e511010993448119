// Parsing never throws, never hangs, and always says where: for token soups, mutated programs, and the very deep and long.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { makeGrammar } from '../../src/parser/grammar.ts';
import { parse } from '../../src/parser/parse.ts';
import { makeLexer } from '../../src/parser/tokens.ts';
import type { Expression } from '../../src/parser/tree.ts';
import { diagnose, messages, parseItems } from './parsed.ts';

const folders = ['../../models/', './programs/'].map((folder) => new URL(folder, import.meta.url));
const programs = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.rnn'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8')),
);

test('chevrotain finds nothing wrong with the tokens and the grammar', () => {
  expect(makeLexer(true).lexerDefinitionErrors).toEqual([]);
  expect(makeGrammar(true).errors).toEqual([]);
});

/** Parses, and checks what holds for every text at all. */
function checkAnything(text: string): void {
  const { file, diagnostics } = parse(makeSource('test.rnn', text));
  const inside = (span: { readonly start: number; readonly end: number }): boolean =>
    span.start >= 0 && span.start <= span.end && span.end <= text.length;
  for (const diagnostic of diagnostics) {
    expect(inside(diagnostic.span)).toBe(true);
    for (const { span } of [...diagnostic.related, ...diagnostic.fixes]) expect(inside(span)).toBe(true);
    expect(diagnostic.message).not.toMatch(/undefined|null|\[object|something else/);
  }
  const places = diagnostics.map(({ span, code }) => `${code} ${span.start} ${span.end}`);
  expect(new Set(places).size).toBe(places.length);
  expect(render(diagnostics, { colour: true }).length > 0).toBe(diagnostics.length > 0);
  // Nodes lie inside the file and inside their parents.
  const pending: { readonly node: unknown; readonly start: number; readonly end: number }[] = [
    { node: file, start: 0, end: text.length },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next;
    if (typeof node !== 'object' || node === null || 'lineStarts' in node) continue;
    let { start, end } = next;
    if ('kind' in node && 'span' in node && node.kind !== 'file') {
      const span = node.span as { readonly start: number; readonly end: number };
      expect(span.start >= start && span.end <= end && span.start <= span.end).toBe(true);
      ({ start, end } = span);
    }
    for (const [key, value] of Object.entries(node)) {
      if (key !== 'trivia' && key !== 'span' && !key.endsWith('Span'))
        pending.push({ node: value, start, end });
    }
  }
  // A broken node never goes unreported.
  const isBroken = file.declarations.some(
    (one) =>
      one.kind === 'broken' ||
      ('items' in one && one.items.some((item) => item.kind === 'broken')) ||
      ('entries' in one && one.entries.some((entry) => entry.kind === 'broken')),
  );
  if (isBroken) expect(diagnostics.length).toBeGreaterThan(0);
}

const pieces = (
  'cell model train fn import from input target state param output loss metric generate once index complex last first each step ' +
  'over time gradient if then else and or not mod prev t x h W LSTM real 1 0.5 1e-3 "s" ( ) [ ] { } , : . ~ = == != ' +
  '< <= > >= + - * / ^ @ ** && ! ; % \' " // .5 2x # ## \n \n \r\n \t σ × é \u{1f600} \u0001 \ud800 $'
).split(' ');

describe('any soup of tokens', () => {
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(' '));
  test.each([
    ['alone', '', ''],
    ['in a cell', 'cell C(n, m) {\n', '\n}'],
    ['in a train block', 'train C {\n', '\n}'],
    ['in an expression', 'cell C(n, m) {\n  input x: [n]\n  h = f(', ')\n  output h\n}'],
  ])('%s', (_, before, after) => {
    const checked = soup.map((text) => before + text + after);
    fc.assert(fc.property(checked, checkAnything), { numRuns: 800 });
  });
});

test('any text', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200, unit: 'binary' }), checkAnything), { numRuns: 500 });
}, 120_000);

test('any example with a few changes', () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(3),
    insert: fc.option(fc.constantFrom(...pieces), { nil: '' }),
  });
  const mutated = fc
    .tuple(fc.constantFrom(...programs), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([program, changes]) =>
      changes.reduce((text, { at, remove, insert }) => {
        const place = Math.floor(at * text.length);
        return text.slice(0, place) + insert + text.slice(place + remove);
      }, program),
    );
  fc.assert(fc.property(mutated, checkAnything), { numRuns: 1500 });
}, 120_000);

test('one token left out of an example gives at most one message', () => {
  let cases = 0;
  const several: string[] = [];
  for (const program of programs) {
    for (const token of makeLexer(false).tokenize(program).tokens) {
      const end = token.startOffset + token.image.length;
      const text = program.slice(0, token.startOffset) + program.slice(end);
      cases += 1;
      if (diagnose(text).length > 1) several.push(messages(text));
    }
  }
  expect(cases).toBeGreaterThan(800);
  expect(several).toEqual([]);
});

/** A cell with this expression in an equation. */
function withExpression(expression: string): string {
  return `cell C(n) { input x: [n] y = ${expression} output y }`;
}

describe('nesting', () => {
  const deep: readonly (readonly [string, string])[] = [
    ['brackets', `${'('.repeat(1000)}x${')'.repeat(1000)}`],
    ['a hundred thousand brackets', `${'('.repeat(100_000)}x${')'.repeat(100_000)}`],
    ['calls inside calls', `${'f('.repeat(1000)}x${')'.repeat(1000)}`],
    ['indices', `${'S['.repeat(1000)}i${']'.repeat(1000)}`],
    ['calls in a row', `f${'(x)'.repeat(1000)}`],
    ['calls in a row inside each other', `${'f('.repeat(20)}x${`)${'(y)'.repeat(20)}`.repeat(20)}`],
    ['members in a row', `a${'.b'.repeat(1000)}`],
    ['minus signs', `${'-'.repeat(1000)}x`],
    ['minus signs in exponents', `x${' ^ -x'.repeat(1000)}`],
    ['not', `${'not '.repeat(1000)}x`],
    ['last', `${'last '.repeat(1000)}x`],
    ['if in a condition', `${'if '.repeat(1000)}c${' then a else b'.repeat(1000)}`],
    ['if after then', `${'if c then '.repeat(1000)}a${' else b'.repeat(1000)}`],
    ['if in a sum', '1 + if c then a else '.repeat(1000).concat('b')],
    ['sums over an index', `${'sum over j: '.repeat(1000)}x`],
    ['reductions over time', `${'max over time '.repeat(1000)}x`],
  ];
  test.each(deep)('%s: one message', (_, expression) => {
    const found = diagnose(withExpression(expression));
    expect(found.map((diagnostic) => diagnostic.code)).toEqual(['RNN1003']);
  });

  test('a thousand open brackets without an end: one message', () => {
    const found = diagnose(`cell C(n) {\n  y = ${'('.repeat(1000)}x\n  output y\n}`);
    expect(found.map((diagnostic) => diagnostic.code)).toEqual(['RNN1003']);
  });

  const fine: readonly (readonly [string, string])[] = [
    ['190 brackets', `${'('.repeat(190)}x${')'.repeat(190)}`],
    ['190 calls', `${'f('.repeat(190)}x${')'.repeat(190)}`],
    ['190 minus signs', `${'-'.repeat(190)}x`],
    ['190 conditions', `${'if c then '.repeat(190)}a${' else b'.repeat(190)}`],
    ['190 reductions', `${'max over time '.repeat(190)}x`],
    ['many negated terms', Array.from({ length: 1000 }, () => '-x').join(' + ')],
    ['many arguments', `f(${Array.from({ length: 1000 }, () => 'if not c then -x else y').join(', ')})`],
  ];
  test.each(fine)('%s parse', (_, expression) => {
    expect(messages(withExpression(expression))).toBe('');
  });
});

describe('long chains are flat', () => {
  const count = 100_000;
  const depth = (expression: Expression): number => {
    if (expression.kind === 'chain') {
      return (
        1 +
        Math.max(depth(expression.first), ...expression.rest.slice(0, 9).map((link) => depth(link.operand)))
      );
    }
    if (expression.kind === 'power') return 1 + Math.max(...expression.operands.slice(0, 9).map(depth));
    if (expression.kind === 'conditional') return 1 + depth(expression.otherwise);
    return expression.kind === 'comparison' ? 1 + depth(expression.left) : 1;
  };
  test.each([
    ['x', ' + '],
    ['x', ' - '],
    ['x', ' * '],
    ['W', ' @ '],
    ['x', ' ^ '],
    ['c', ' and '],
    ['if c then a else', ' '],
  ])('%s%s...', (operand, operator) => {
    const text = `${Array.from({ length: count }, () => operand).join(operator)} x`;
    const expression = operand === 'if c then a else' ? text : text.slice(0, -2);
    const [item] = parseItems(`y = ${expression}`);
    if (item.kind !== 'equation') throw new Error('not an equation');
    expect(depth(item.value)).toBe(2);
  });

  test('of comparisons, with one message', () => {
    const text = withExpression(Array.from({ length: count }, () => 'x').join(' < '));
    expect(diagnose(text).map((diagnostic) => diagnostic.code)).toEqual(['RNN1027']);
  });

  test('of items, declarations, comments and names', () => {
    expect(messages(`cell C(n) { ${'h = x\n'.repeat(count)} }`)).toBe('');
    expect(messages('cell C { output 1 }\n'.repeat(20_000))).toBe('');
    expect(messages(`${'# comment\n'.repeat(count)}cell C { output 1 }`)).toBe('');
    expect(messages(`cell C { ${'a, '.repeat(count)}b = split(z, 2) }`)).toBe('');
  });
});

test('hostile repetitions end soon', () => {
  const count = 1_000;
  const repeated = [
    'cell A ',
    'import a, ',
    'import a\n',
    'cell A(',
    'fn f(x) ',
    'x over a, ',
    'last ',
    '/* ',
    '"',
    "'",
    '} ',
    '{ ',
    ')',
    '(]',
    'h = (',
    'h = x)\n',
    'output h = ',
    'sate h: ',
    'a b\n',
    '= ',
    '\u0001',
    'é ',
    '2x',
    'train T { batch\n',
    'if ',
    'x[',
    ', ',
    'self.h = ? : ',
    '? \n',
    'from a import b\n',
    '10% ',
    'x[t-1] ',
    'let a = ',
    'for h = ',
  ];
  for (const piece of repeated) {
    for (const text of [
      piece.repeat(count),
      `cell C(n) { ${piece.repeat(count)}`,
      `train C { ${piece.repeat(count)} }`,
    ]) {
      const { diagnostics } = parse(makeSource('test.rnn', text));
      render(diagnostics, { colour: false });
      // A text that takes time with its square runs into the test's own limit.
      expect(diagnostics.length, text.slice(0, 40)).toBeLessThanOrEqual(101);
    }
  }
}, 120_000);
