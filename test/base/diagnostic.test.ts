import { expect, test } from 'vitest';
import { diagnosticToJson, hasErrors, makeDiagnostic, sortDiagnostics } from '../../src/base/diagnostic.ts';
import { InvariantError, invariant } from '../../src/base/invariant.ts';
import { render } from '../../src/base/render.ts';
import type { Span } from '../../src/base/source.ts';
import { makeSource, makeSpan } from '../../src/base/source.ts';

const lstm = makeSource(
  'lstm.rnn',
  'cell C(n, m) {\n  input x: [n]\n  state h: [m]\n\n  param W: [m, n]\n\n\n\n  i = sigmoid(W @ prev h + b)\n}\n',
);

/** The span of the first place where a text stands. */
function find(text: string, source = lstm): Span {
  const start = source.text.indexOf(text);
  return makeSpan(source, start, start + text.length);
}

const product = makeDiagnostic({
  code: 'RNN3002',
  message: 'cannot multiply W [m, n] by h [m]',
  span: find('W @ prev h'),
  label: 'W takes a vector of n, and h has m',
  related: [{ span: find('W: [m, n]'), text: 'W is declared here' }],
  notes: ['W is declared [m, n] on line 5, h is a state of [m] on line 3'],
  help: 'U is [m, m]: did you mean U @ prev h?',
});

test('a frame with the place, its reasons and the mend', () => {
  expect(render([product], { colour: false })).toMatchInlineSnapshot(`
    "error[RNN3002]: cannot multiply W [m, n] by h [m]
      --> lstm.rnn:9:15
       |
     5 |   param W: [m, n]
       |         --------- W is declared here
    ...
     9 |   i = sigmoid(W @ prev h + b)
       |               ^^^^^^^^^^ W takes a vector of n, and h has m
       |
       = W is declared [m, n] on line 5, h is a state of [m] on line 3
       = help: U is [m, m]: did you mean U @ prev h?
    "
  `);
});

test('a related place in another file has a frame of its own', () => {
  const other = makeSource('other.rnn', 'cell D(n) {\n  output 1\n}');
  const diagnostic = makeDiagnostic({
    code: 'RNN2001',
    severity: 'warning',
    message: 'D is imported and not used',
    span: find('C(n, m)'),
    related: [{ span: find('D(n)', other), text: 'D is declared here' }],
  });
  expect(render([diagnostic], { colour: false })).toMatchInlineSnapshot(`
    "warning[RNN2001]: D is imported and not used
      --> lstm.rnn:1:6
       |
     1 | cell C(n, m) {
       |      ^^^^^^^
      ::: other.rnn:1:6
       |
     1 | cell D(n) {
       |      ---- D is declared here
    "
  `);
});

test('colour adds escape sequences and changes nothing else', () => {
  const coloured = render([product], { colour: true });
  expect(coloured).toContain('\u001b[1;31merror[RNN3002]\u001b[0m');
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
  expect(coloured.replaceAll(escapes, '')).toBe(render([product], { colour: false }));
});

test('several are separated by an empty line; none give nothing', () => {
  const text = render([product, product], { colour: false });
  expect(text.split('\n\n').length).toBe(2);
  expect(render([], { colour: false })).toBe('');
});

test('what comes from the file cannot steer the terminal', () => {
  const hostile = makeSource('bad.rnn', '\u001b[2J h = \u202e x\u0007\u009b31m');
  const diagnostic = makeDiagnostic({
    code: 'RNN1004',
    message: 'found \u001b[31m',
    span: makeSpan(hostile, 5, 6),
    label: '\r',
  });
  const text = render([diagnostic], { colour: false });
  for (const character of ['\u001b', '\u202e', '\u0007', '\u009b', '\r'])
    expect(text).not.toContain(character);
});

test('tabs become spaces, and the mark stays under its place', () => {
  const source = makeSource('tab.rnn', '\th = 1 +\t\u{1f600} x');
  const [, , , line, mark] = render(
    [makeDiagnostic({ code: 'RNN1004', message: 'here', span: makeSpan(source, 12, 13) })],
    { colour: false },
  ).split('\n');
  expect(line).not.toContain('\t');
  expect([...line].slice(mark.indexOf('^')).join('')).toBe('x');
});

test('of a very long line only the part around the place is shown', () => {
  const source = makeSource('long.rnn', `${'a + '.repeat(5000)}b${' + c'.repeat(5000)}`);
  const lines = render(
    [makeDiagnostic({ code: 'RNN1004', message: 'here', span: find('b', source), label: 'this one' })],
    { colour: false },
  ).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(130);
  expect(lines[3][lines[4].indexOf('^')]).toBe('b');
});

test('a mark over several lines ends with its first line; an empty one is one wide', () => {
  const several = makeDiagnostic({ code: 'RNN1010', message: 'open', span: makeSpan(lstm, 13, 40) });
  expect(render([several], { colour: false }).split('\n')[4]).toBe('   |              ^');
  const empty = makeDiagnostic({ code: 'RNN1010', message: 'end', span: makeSpan(lstm, 14, 14) });
  expect(render([empty], { colour: false }).split('\n')[4]).toBe('   |               ^');
});

test('the JSON shape', () => {
  expect(diagnosticToJson(product)).toEqual({
    code: 'RNN3002',
    severity: 'error',
    message: 'cannot multiply W [m, n] by h [m]',
    file: 'lstm.rnn',
    line: 9,
    column: 15,
    endLine: 9,
    endColumn: 25,
    notes: ['W is declared [m, n] on line 5, h is a state of [m] on line 3'],
    help: 'U is [m, m]: did you mean U @ prev h?',
  });
  const { help: _, ...parts } = product;
  expect('help' in diagnosticToJson(makeDiagnostic(parts))).toBe(false);
});

test('order and errors', () => {
  const later = makeDiagnostic({ code: 'RNN1004', message: 'b', span: makeSpan(lstm, 9, 10) });
  const earlier = makeDiagnostic({
    code: 'RNN1005',
    severity: 'warning',
    message: 'a',
    span: makeSpan(lstm, 2, 3),
  });
  expect(sortDiagnostics([later, earlier])).toEqual([earlier, later]);
  expect(hasErrors([earlier])).toBe(false);
  expect(hasErrors([earlier, later])).toBe(true);
});

test('a broken invariant says that it is a bug of ours', () => {
  expect(() => invariant(false, 'fuse: a loop without a body')).toThrow(InvariantError);
  expect(() => invariant(false, 'fuse: a loop without a body')).toThrow(
    'this is a bug in rnn: fuse: a loop without a body',
  );
  expect(() => invariant(true, 'never')).not.toThrow();
});
