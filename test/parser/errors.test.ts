// A program for each code of the parser, and what a person reads about it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parserCodes } from '../../src/parser/codes.ts';
import { diagnose, messages } from './parsed.ts';

const provoked = new Set<string>();

/** The messages about a text. Notes which codes it provokes. */
function show(text: string): string {
  for (const { code } of diagnose(text)) provoked.add(code);
  return `\n${messages(text)}`;
}

/** The messages about a line in a cell. */
function showLine(line: string): string {
  return show(`cell C(n, m) {\n  input x: [n]\n  ${line}\n  output x\n}`);
}

describe('RNN1001 nothing is declared', () => {
  test('an empty file', () => {
    expect(show('')).toMatchInlineSnapshot(`
      "
      error[RNN1001]: test.rnn declares nothing
        --> test.rnn:1:1
         |
       1 |
         | ^ the file is empty
         |
         = help: begin with a cell: cell RNN(n, m) { ... }
      "
    `);
  });
  test('only comments', () => {
    expect(show('\n# to do\n')).toMatchInlineSnapshot(`
      "
      error[RNN1001]: test.rnn declares nothing
        --> test.rnn:1:1
         |
       1 |
         | ^ only comments here
         |
         = help: begin with a cell: cell RNN(n, m) { ... }
      "
    `);
  });
});

describe('RNN1002 not text', () => {
  test('a NUL', () => {
    expect(show('cell C {\0}')).toMatchInlineSnapshot(`
      "
      error[RNN1002]: test.rnn is not a text file
        --> test.rnn:1:9
         |
       1 | cell C {�}
         |         ^ a NUL byte
         |
         = a .rnn file is plain text in UTF-8
         = help: is this another kind of file, or text saved as UTF-16? Save it as UTF-8
      "
    `);
  });
  test('bytes that are not UTF-8', () => {
    expect(show('# caf\ufffd\ncell C { output 1 }')).toMatchInlineSnapshot(`
      "
      error[RNN1002]: test.rnn is not a text file
        --> test.rnn:1:6
         |
       1 | # caf�
         |      ^ bytes that are not UTF-8
         |
         = a .rnn file is plain text in UTF-8
         = help: save the file as UTF-8 in your editor
      "
    `);
  });
});

test('RNN1003 nested too deep', () => {
  const open = 'f('.repeat(1000);
  expect(showLine(`h = ${open}x${')'.repeat(1000)}`)).toMatchInlineSnapshot(`
    "
    error[RNN1003]: this is nested more than 200 deep
      --> test.rnn:3:406
       |
     3 | ...(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f...
       |                                                      ^ here it becomes too deep
       |
       = brackets, if, not and leading minus signs nest; long sums and products do not
       = help: give a part of it a name of its own: part = ...
    "
  `);
});

describe('RNN1004 symbols of other languages', () => {
  test('**', () => {
    expect(showLine('h = x ** 2')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: ** has no meaning here
        --> test.rnn:3:9
         |
       3 |   h = x ** 2
         |         ^^
         |
         = help: write ^
      "
    `);
  });
  test('%', () => {
    expect(showLine('h = t % 2')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: % has no meaning here
        --> test.rnn:3:9
         |
       3 |   h = t % 2
         |         ^
         |
         = help: write mod
      "
    `);
  });
  test('a prime', () => {
    expect(showLine("h = f * h' + x")).toMatchInlineSnapshot(`
      "
      error[RNN1004]: h' has no meaning here
        --> test.rnn:3:12
         |
       3 |   h = f * h' + x
         |            ^
         |
         = help: the value one step ago is written prev h
      "
    `);
  });
  test('a semicolon', () => {
    expect(showLine('h = x;')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: ; has no meaning here
        --> test.rnn:3:8
         |
       3 |   h = x;
         |        ^
         |
         = help: leave it out: line ends and semicolons separate nothing
      "
    `);
  });
  test('a comment of C', () => {
    expect(showLine('h = x // the input')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: a comment begins with #
        --> test.rnn:3:9
         |
       3 |   h = x // the input
         |         ^^^^^^^^^^^^
         |
         = help: write # for a comment on the rest of the line
      "
    `);
  });
  test('+=', () => {
    expect(showLine('h += x')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: += has no meaning here
        --> test.rnn:3:5
         |
       3 |   h += x
         |     ^^
         |
         = help: an equation defines a name once: write h = prev h + ... for a state that grows
      "
    `);
  });
  test('a sign of mathematics', () => {
    expect(showLine('h = x \u00d7 x')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: × has no meaning here
        --> test.rnn:3:9
         |
       3 |   h = x × x
         |         ^
         |
         = help: write * for the elementwise product, @ for the matrix product
      "
    `);
  });
  test('single quotes', () => {
    expect(show("train C {\n  data text('f.txt', by: char)\n}")).toMatchInlineSnapshot(`
      "
      error[RNN1004]: a string is written in double quotes
        --> test.rnn:2:13
         |
       2 |   data text('f.txt', by: char)
         |             ^^^^^^^
         |
         = help: write "f.txt"
      "
    `);
  });
  test('a control character', () => {
    expect(showLine('h = x \u0007')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: this character has no meaning here
        --> test.rnn:3:9
         |
       3 |   h = x �
         |         ^
      "
    `);
  });
});

test('RNN1005 a string without an end', () => {
  expect(show('train C {\n  data text("f.txt, by: char)\n  batch 32\n}')).toMatchInlineSnapshot(`
    "
    error[RNN1005]: this string has no end
      --> test.rnn:2:13
       |
     2 |   data text("f.txt, by: char)
       |             ^^^^^^^^^^^^^^^^^ a \`"\` is missing
       |
       = a string ends on the line where it begins
    "
  `);
});

test('RNN1006 an unknown escape', () => {
  expect(show('train C {\n  data text("c:\\data\\train.txt")\n}')).toMatchInlineSnapshot(`
    "
    error[RNN1006]: \\d has no meaning in a string
      --> test.rnn:2:16
       |
     2 |   data text("c:\\data\\train.txt")
       |                ^^
       |
       = the escapes are \\n, \\t, \\" and \\\\
       = help: write \\\\ for a backslash, or / in a path
    "
  `);
});

describe('RNN1007 numbers', () => {
  test('no digit before the point', () => {
    expect(showLine('h = .5 * x')).toMatchInlineSnapshot(`
      "
      error[RNN1007]: .5 is not a number
        --> test.rnn:3:7
         |
       3 |   h = .5 * x
         |       ^^
         |
         = a number is written 12, 0.5 or 1e-3, with digits on both sides of the point
         = help: write 0.5
      "
    `);
  });
  test('a factor without a sign', () => {
    expect(showLine('h = 2x')).toMatchInlineSnapshot(`
      "
      error[RNN1007]: an operator is missing between 2 and x
        --> test.rnn:3:7
         |
       3 |   h = 2x
         |       ^^
         |
         = help: write 2 * x
      "
    `);
  });
  test('too large', () => {
    expect(showLine('h = 1e999 * x')).toMatchInlineSnapshot(`
      "
      error[RNN1007]: 1e999 is too large for a number
        --> test.rnn:3:7
         |
       3 |   h = 1e999 * x
         |       ^^^^^
         |
         = the largest is about 1.8e308
      "
    `);
  });
});

test('RNN1008 letters beyond ASCII', () => {
  expect(showLine('h = σ(x)')).toMatchInlineSnapshot(`
    "
    error[RNN1008]: σ cannot be a name
      --> test.rnn:3:7
       |
     3 |   h = σ(x)
       |       ^
       |
       = names are written with a to z, A to Z, digits and _, because files and other programs use them too
       = help: write sigmoid
    "
  `);
});

describe('RNN1010 a bracket that is never closed', () => {
  test('a round one', () => {
    expect(showLine('h = tanh(affine(x, prev h)\n  c = f * prev c')).toMatchInlineSnapshot(`
      "
      error[RNN1010]: this ( is never closed
        --> test.rnn:3:11
         |
       3 |   h = tanh(affine(x, prev h)
         |           ^ opened here
         |                             - a ) was expected by here
      "
    `);
  });
  test('two of them', () => {
    expect(showLine('h = tanh(affine(x, prev h')).toMatchInlineSnapshot(`
      "
      error[RNN1010]: this ( is never closed
        --> test.rnn:3:18
         |
       3 |   h = tanh(affine(x, prev h
         |                  ^ opened here
         |                            - a ) was expected by here
         |
         = 1 more before it is not closed either
      "
    `);
  });
  test('in a type', () => {
    expect(showLine('q: [n = linear(x)')).toMatchInlineSnapshot(`
      "
      error[RNN1010]: this [ is never closed
        --> test.rnn:3:6
         |
       3 |   q: [n = linear(x)
         |      ^ opened here
         |        - a ] was expected by here
      "
    `);
  });
  test('the brace of a cell, at the end of the file', () => {
    expect(show('cell C(n) {\n  input x: [n]\n  output x\n')).toMatchInlineSnapshot(`
      "
      error[RNN1010]: this { is never closed
        --> test.rnn:1:11
         |
       1 | cell C(n) {
         |           ^ opened here
      ...
       3 |   output x
         |           - a } was expected by here
      "
    `);
  });
  test('the brace of a cell, before the next one', () => {
    expect(
      show('cell C(n) {\n  input x: [n]\n  output x\n\ncell D(n) {\n  input x: [n]\n  output x\n}'),
    ).toMatchInlineSnapshot(`
      "
      error[RNN1010]: this { is never closed
        --> test.rnn:1:11
         |
       1 | cell C(n) {
         |           ^ opened here
      ...
       3 |   output x
         |           - a } was expected by here
      "
    `);
  });
});

describe('RNN1011 a bracket that closes nothing', () => {
  test('in an equation', () => {
    expect(showLine('h = tanh(affine(x, prev h)))')).toMatchInlineSnapshot(`
      "
      error[RNN1011]: this ) closes nothing
        --> test.rnn:3:30
         |
       3 |   h = tanh(affine(x, prev h)))
         |                              ^
         |
         = help: leave it out, or open the bracket where it should begin
      "
    `);
  });
  test('a brace too early', () => {
    expect(show('cell C(n) {\n  input x: [n]\n}\n  output x\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1011]: this } closes nothing
        --> test.rnn:5:1
         |
       3 | }
         | - the block ends here already
      ...
       5 | }
         | ^
         |
         = help: leave one of the two out
      "
    `);
  });
});

test('RNN1012 a missing opening brace', () => {
  expect(show('cell C(n)\n  input x: [n]\n  output x\n}')).toMatchInlineSnapshot(`
    "
    error[RNN1012]: a { is missing after cell C(n)
      --> test.rnn:1:10
       |
     1 | cell C(n)
       |          ^ expected { here
       |
       = the body of a cell stands in braces
    "
  `);
});

describe('RNN1020 something else was expected', () => {
  test('a type', () => {
    expect(showLine('state h')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`:\` after \`h\`, found the end of the line
        --> test.rnn:3:10
         |
       3 |   state h
         |          ^
         |
         = help: it is written state h: [m]
      "
    `);
  });
  test('a name', () => {
    expect(showLine('state 3: [m]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected a name after \`state\`, found \`3\`
        --> test.rnn:3:9
         |
       3 |   state 3: [m]
         |         ^
         |
         = help: it is written state x: [m]
      "
    `);
  });
  test('a list in brackets', () => {
    expect(showLine('h = [x, x]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: an expression cannot begin with \`[\`
        --> test.rnn:3:7
         |
       3 |   h = [x, x]
         |       ^
         |
         = [ ] holds the sizes of a type, or indices after a name
         = help: to join vectors write concat(a, b)
      "
    `);
  });
  test('a second =', () => {
    expect(showLine('h = if t = 0 then x else prev h')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: there is a second = here
        --> test.rnn:3:12
         |
       3 |   h = if t = 0 then x else prev h
         |            ^
         |
         = an equation has one =, which defines the name on its left
         = help: write == to compare
      "
    `);
  });
  test('a comma between names', () => {
    expect(showLine('param W U: [n, n]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a comma is missing between W and U
        --> test.rnn:3:11
         |
       3 |   param W U: [n, n]
         |           ^
      "
    `);
  });
  test('a comma between parameters', () => {
    expect(show('cell C(n m) { output 1 }')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a comma is missing between \`n\` and \`m\`
        --> test.rnn:1:10
         |
       1 | cell C(n m) { output 1 }
         |          ^
      "
    `);
  });
  test('two outputs in one', () => {
    expect(showLine('output x, x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the line after \`x\`, found \`,\`
        --> test.rnn:3:11
         |
       3 |   output x, x
         |           ^
         |
         = help: write output once more for another one
      "
    `);
  });
  test('an expression alone', () => {
    expect(showLine('tanh(x)')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected an equation, input, state, param or output, found \`tanh\`
        --> test.rnn:3:3
         |
       3 |   tanh(x)
         |   ^^^^
         |
         = an expression alone has no effect: every value in a cell has a name
         = help: write name = ... for an equation, output ... for an output
      "
    `);
  });
  test('an import', () => {
    expect(show('import LSTM form "./lstm.rnn"')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`from\` after \`LSTM\`, found \`form\`
        --> test.rnn:1:13
         |
       1 | import LSTM form "./lstm.rnn"
         |             ^^^^
         |
         = help: it is written import LSTM from "./lstm.rnn"
      "
    `);
  });
  test('a function', () => {
    expect(show('fn gate(a) sigmoid(a)')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`=\` after \`)\`, found \`sigmoid\`
        --> test.rnn:1:12
         |
       1 | fn gate(a) sigmoid(a)
         |            ^^^^^^^
         |
         = help: it is written fn gate(a) = sigmoid(a)
      "
    `);
  });
  test('the header of a cell', () => {
    expect(show('cell C<n, m> {\n  output 1\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`(\` or \`{\` after \`C\`, found \`<\`
        --> test.rnn:1:7
         |
       1 | cell C<n, m> {
         |       ^
         |
         = help: it is written cell LSTM(n, m) { ... }
      "
    `);
  });
  test('an entry', () => {
    expect(show('train C {\n  32\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected an entry such as batch 32, found \`32\`
        --> test.rnn:2:3
         |
       2 |   32
         |   ^^
         |
         = a train block holds entries: a word and its value
      "
    `);
  });
});

/** What people write who come from another language: one message each, with what to write here. */
describe('habits of other languages', () => {
  test('a loop over time', () => {
    expect(showLine('for t in range(10) {\n    h = tanh(x)\n  }')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a cell has no statements such as for
        --> test.rnn:3:3
         |
       3 |   for t in range(10) {
         |   ^^^
         |
         = a cell is one step of one sequence: the loop over time is added by itself
         = help: write the equations of one step; prev h is what the step before left in the state h
      "
    `);
  });
  test('a statement that chooses', () => {
    expect(showLine('if t == 0 then h = x else h = prev h')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a cell has no statements such as if
        --> test.rnn:3:3
         |
       3 |   if t == 0 then h = x else h = prev h
         |   ^^
         |
         = a choice is made between two values, inside one equation
         = help: write h = if t == 0 then x else prev h
      "
    `);
  });
  test('a word before an equation', () => {
    expect(showLine('let z = tanh(x)')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword let
        --> test.rnn:3:3
         |
       3 |   let z = tanh(x)
         |   ^^^
         |
         = an equation begins with the name that it defines
         = help: leave let out
      "
    `);
  });
  test('self', () => {
    expect(showLine('h = self.W @ self.x')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: self. has no meaning here
        --> test.rnn:3:7
         |
       3 |   h = self.W @ self.x
         |       ^^^^^
         |
         = the names of a cell stand alone
         = help: leave self. out, wherever it stands
      "
    `);
  });
  test('time as an index', () => {
    expect(showLine('h = tanh(W @ x[t] + U @ h[t-1])')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: time is not written as an index
        --> test.rnn:3:16
         |
       3 |   h = tanh(W @ x[t] + U @ h[t-1])
         |                ^^^^
         |
         = an equation speaks of one step: every name stands for its value at that step
         = help: write x

      error[RNN1020]: time is not written as an index
        --> test.rnn:3:27
         |
       3 |   h = tanh(W @ x[t] + U @ h[t-1])
         |                           ^^^^^^
         |
         = an equation speaks of one step: every name stands for its value at that step
         = help: write prev h
      "
    `);
  });
  test('time as an index of the past', () => {
    expect(showLine('h = tanh(W @ prev h[t])')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: time is not written as an index
        --> test.rnn:3:16
         |
       3 |   h = tanh(W @ prev h[t])
         |                ^^^^^^^^^
         |
         = an equation speaks of one step: every name stands for its value at that step
         = help: leave out [t]: prev h is the value one step ago
      "
    `);
  });
  test('time as an index on the left', () => {
    expect(showLine('h[t] = tanh(x)')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: time is not written as an index
        --> test.rnn:3:5
         |
       3 |   h[t] = tanh(x)
         |     ^
         |
         = an equation speaks of one step: every name stands for its value at that step
         = help: write h = ..., and prev h for its value one step ago
      "
    `);
  });
  test('a choice with ?', () => {
    expect(showLine('h = x > 0 ? x : prev h')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: ? has no meaning here
        --> test.rnn:3:13
         |
       3 |   h = x > 0 ? x : prev h
         |             ^
         |
         = help: a choice is written if condition then a else b
      "
    `);
  });
  test('a choice with if in its middle', () => {
    expect(showLine('h = tanh(x) if t > 0 else x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: if stands before both of its values
        --> test.rnn:3:15
         |
       3 |   h = tanh(x) if t > 0 else x
         |               ^^
         |
         = a choice begins with its condition
         = help: write if condition then a else b
      "
    `);
  });
  test('a list of arguments', () => {
    expect(showLine('h = concat([x, prev h])')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: an expression cannot begin with \`[\`
        --> test.rnn:3:14
         |
       3 |   h = concat([x, prev h])
         |              ^
         |
         = [ ] holds the sizes of a type, or indices after a name
         = help: arguments stand side by side, without [ ]: concat(a, b)
      "
    `);
  });
  test('a weight in an equation', () => {
    expect(showLine('W = param([m, n])')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: an expression cannot begin with \`[\`
        --> test.rnn:3:13
         |
       3 |   W = param([m, n])
         |             ^
         |
         = [ ] holds the sizes of a type, or indices after a name
         = help: a weight is declared on a line of its own: param W: [m, n]
      "
    `);
  });
  test('prev as a function', () => {
    expect(showLine('h = tanh(prev(h))')).toMatchInlineSnapshot(`
      "
      error[RNN1029]: prev takes the name of a state, found \`(\`
        --> test.rnn:3:16
         |
       3 |   h = tanh(prev(h))
         |                ^
         |
         = prev is a word before a name, not a function
         = help: write prev h
      "
    `);
  });
  test('prev of prev', () => {
    expect(showLine('h = tanh(prev prev h)')).toMatchInlineSnapshot(`
      "
      error[RNN1029]: prev takes the name of a state, found \`prev\`
        --> test.rnn:3:17
         |
       3 |   h = tanh(prev prev h)
         |                 ^^^^
         |
         = only a state has a past
         = help: write delay(h, 2) for its value two steps ago
      "
    `);
  });
  test('a type before its shape', () => {
    expect(showLine('state h: float[m]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the line after \`float\`, found \`[\`
        --> test.rnn:3:17
         |
       3 |   state h: float[m]
         |                 ^
         |
         = help: a type is its shape alone: write [m]
      "
    `);
  });
  test('a name with a type alone', () => {
    expect(showLine('bias: [m]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`=\` after \`]\`, found the end of the equation
        --> test.rnn:3:12
         |
       3 |   bias: [m]
         |            ^
         |
         = help: to declare bias write param, state or input before it; an equation goes on with =
      "
    `);
  });
  test('two inputs in one', () => {
    expect(showLine('input a: [n], b: [n]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the line after \`]\`, found \`,\`
        --> test.rnn:3:15
         |
       3 |   input a: [n], b: [n]
         |               ^
         |
         = help: write input once more for another one
      "
    `);
  });
  test('no comma between arguments', () => {
    expect(showLine('h = affine(x prev h)')).toMatchInlineSnapshot(`
      "
      error[RNN1021]: an operator or a comma is missing between \`x\` and \`prev\`
        --> test.rnn:3:16
         |
       3 |   h = affine(x prev h)
         |                ^^^^ another one begins here
         |              - a value ends here
         |
         = side by side two values mean nothing: a product has a sign
         = help: for two arguments write x, prev h; for a product write x * prev h
      "
    `);
  });
  test('a comma too many', () => {
    expect(showLine('h = affine(x, prev h,)')).toMatchInlineSnapshot(`
      "
      error[RNN1022]: an expression is missing after \`,\`
        --> test.rnn:3:24
         |
       3 |   h = affine(x, prev h,)
         |                        ^ found \`)\`
         |
         = help: leave out one comma
      "
    `);
  });
  test('semicolons, told once', () => {
    expect(showLine('h = tanh(x);\n  y = x;')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: ; has no meaning here
        --> test.rnn:3:14
         |
       3 |   h = tanh(x);
         |              ^
         |
         = help: leave it out: line ends and semicolons separate nothing
      "
    `);
  });
  test('a type after =', () => {
    expect(showLine('input y = [n]')).toMatchInlineSnapshot(`
      "
      error[RNN1026]: the type of y stands after a colon, not after =
        --> test.rnn:3:11
         |
       3 |   input y = [n]
         |           ^
         |
         = help: it is written input y: [n]
      "
    `);
  });
  test('a colon after output', () => {
    expect(showLine('output: x')).toMatchInlineSnapshot(`
      "
      error[RNN1026]: the colon after output is one too many
        --> test.rnn:3:9
         |
       3 |   output: x
         |         ^
         |
         = help: leave it out
      "
    `);
  });
  test('the number of a size where it is used', () => {
    expect(showLine('state h: [hidden = 8]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a size has its number in the header, not where it is used
        --> test.rnn:3:20
         |
       3 |   state h: [hidden = 8]
         |                    ^
         |
         = help: write [hidden] here, and hidden = ... in the brackets after the name of the cell
      "
    `);
  });
  test('a choice with colons', () => {
    expect(showLine('h = if t > 0: x else: prev h')).toMatchInlineSnapshot(`
      "
      error[RNN1031]: this if has no then
        --> test.rnn:3:7
         |
       3 |   h = if t > 0: x else: prev h
         |       ^^
         |               - then was expected here, found \`:\`
         |
         = a choice always has a value: if condition then a else b
         = help: write then in the place of the colon
      "
    `);
  });
  test('a comment in quotes', () => {
    expect(showLine('"what follows is new"\n  y = x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected an equation, input, state, param or output, found \`"what follows is new"\`
        --> test.rnn:3:3
         |
       3 |   "what follows is new"
         |   ^^^^^^^^^^^^^^^^^^^^^
         |
         = help: a comment begins with #
      "
    `);
  });
  test('a random start of a state', () => {
    expect(showLine('state h: [m] ~ normal(0.1)')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the line after \`]\`, found \`~\`
        --> test.rnn:3:16
         |
       3 |   state h: [m] ~ normal(0.1)
         |                ^
         |
         = help: for a start that is learnt write param h0: [m] ~ normal(0.1), and state h: [m] = h0
      "
    `);
  });
  test('no operator before a sum over indices', () => {
    expect(diagnose('cell C(n) {\n  y = b sum over c, p: x[c] * x[p]\n}').map(({ code }) => code)).toEqual([
      'RNN1021',
    ]);
    expect(diagnose('cell C(n) {\n  over = 2\n  output over\n  y: [n] = over\n}')).toEqual([]);
  });
  test('an entry on the left', () => {
    expect(showLine('y[0] = x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected a name after \`[\`, found \`0\`
        --> test.rnn:3:5
         |
       3 |   y[0] = x
         |     ^
         |
         = help: the left side names its indices, one word for each axis: y[i] = if i == 0 then ... else ...
      "
    `);
  });
  test('a slice with a step', () => {
    expect(showLine('h = x[0:4:2]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected \`]\` after \`4\`, found \`:\`
        --> test.rnn:3:12
         |
       3 |   h = x[0:4:2]
         |            ^
         |
         = help: a slice has two ends and no step: every second entry is y[i] = x[2 * i]
      "
    `);
  });
  test('several values without a bracket', () => {
    expect(showLine('a, b = tanh(x), x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the equation after \`)\`, found \`,\`
        --> test.rnn:3:17
         |
       3 |   a, b = tanh(x), x
         |                 ^
         |
         = help: write one equation for each name
      "
    `);
  });
  test('two cells with colons', () => {
    expect(
      show('cell C(n):\n  input x: [n]\n  output x\n\ncell D(n):\n  input x: [n]\n  output x\n'),
    ).toMatchInlineSnapshot(`
      "
      error[RNN1012]: a { is missing after cell C(n)
        --> test.rnn:1:10
         |
       1 | cell C(n):
         |          ^ expected { here
         |
         = the body of a cell stands in braces
         = help: write { in the place of the colon, and } after the last line

      error[RNN1012]: a { is missing after cell D(n)
        --> test.rnn:5:10
         |
       5 | cell D(n):
         |          ^ expected { here
         |
         = the body of a cell stands in braces
         = help: write { in the place of the colon, and } after the last line
      "
    `);
  });
  test('a number in the header', () => {
    expect(show('cell C(n, alpha: 0.1) {\n  input x: [n]\n  output alpha * x\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected a type such as [m] or index(v) after \`:\`, found \`0.1\`
        --> test.rnn:1:18
         |
       1 | cell C(n, alpha: 0.1) {
         |                  ^^^
         |
         = help: a number in the header is written alpha: real = 0.1
      "
    `);
  });
  test('a name missing after input', () => {
    expect(showLine('input : [n]')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a name is missing after input
        --> test.rnn:3:8
         |
       3 |   input : [n]
         |        ^
         |
         = help: it is written input x: ...
      "
    `);
  });
  test('a name missing before =', () => {
    expect(showLine('= tanh(x)')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a name is missing before =
        --> test.rnn:3:3
         |
       3 |   = tanh(x)
         |   ^
         |
         = an equation begins with the name that it defines
         = help: write name = ...
      "
    `);
  });
  test('a sign missing after a name', () => {
    expect(showLine('h 0.5 * x')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected an equation, input, state, param or output, found \`h\`
        --> test.rnn:3:3
         |
       3 |   h 0.5 * x
         |   ^
         |
         = help: is an = missing? h = ...
      "
    `);
  });
  test('an unknown keyword', () => {
    expect(showLine('buffer h: [m]')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword buffer
        --> test.rnn:3:3
         |
       3 |   buffer h: [m]
         |   ^^^^^^
         |
         = a cell or a model holds input, state, param, fn, output and equations; a model also target, loss, metric and generate
      "
    `);
  });
  test('an import without a name', () => {
    expect(show('import from "./lstm.rnn"\n')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: a name is missing after import
        --> test.rnn:1:8
         |
       1 | import from "./lstm.rnn"
         |        ^^^^
         |
         = help: it is written import LSTM from "./lstm.rnn"
      "
    `);
  });
  test('a cell as a def', () => {
    expect(show('def RNN(n, m):\n  input x: [n]\n  return x\n')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword def
        --> test.rnn:1:1
         |
       1 | def RNN(n, m):
         | ^^^
         |
         = a file holds import, cell, model, fn and train
         = help: did you mean cell?

      error[RNN1012]: a { is missing after def RNN(n, m)
        --> test.rnn:1:14
         |
       1 | def RNN(n, m):
         |              ^ expected { here
         |
         = the body of a cell stands in braces
         = help: write { in the place of the colon, and } after the last line

      error[RNN1024]: unknown keyword return
        --> test.rnn:3:3
         |
       3 |   return x
         |   ^^^^^^
         |
         = a cell or a model holds input, state, param, fn, output and equations; a model also target, loss, metric and generate
         = help: did you mean output?
      "
    `);
  });
  test('a colon for a brace', () => {
    expect(show('cell RNN(n, m):\n  input x: [n]\n  output x\n')).toMatchInlineSnapshot(`
      "
      error[RNN1012]: a { is missing after cell RNN(n, m)
        --> test.rnn:1:15
         |
       1 | cell RNN(n, m):
         |               ^ expected { here
         |
         = the body of a cell stands in braces
         = help: write { in the place of the colon, and } after the last line
      "
    `);
  });
  test('an import backwards', () => {
    expect(
      show('from lstm import LSTM\ncell C(n) {\n  input x: [n]\n  output x\n}\n'),
    ).toMatchInlineSnapshot(`
      "
      error[RNN1020]: an import begins with the word import
        --> test.rnn:1:1
         |
       1 | from lstm import LSTM
         | ^^^^
         |
         = help: write import LSTM from "./lstm.rnn"
      "
    `);
  });
  test('commas between entries', () => {
    expect(show('train C {\n  data text("a.txt"),\n  steps 10\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1020]: expected the end of the entry after \`)\`, found \`,\`
        --> test.rnn:2:21
         |
       2 |   data text("a.txt"),
         |                     ^
         |
         = help: leave the comma out
      "
    `);
  });
  test('per cent', () => {
    expect(show('train C {\n  data text("a.txt", holdout: 10%)\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1004]: % has no meaning here
        --> test.rnn:2:31
         |
       2 |   data text("a.txt", holdout: 10%)
         |                               ^^^
         |
         = help: write 0.1
      "
    `);
  });
});

describe('RNN1021 an operator is missing', () => {
  test('between names', () => {
    expect(showLine('h = W x + b')).toMatchInlineSnapshot(`
      "
      error[RNN1021]: an operator is missing between \`W\` and \`x\`
        --> test.rnn:3:9
         |
       3 |   h = W x + b
         |         ^ another one begins here
         |       - a value ends here
         |
         = side by side two values mean nothing: a product has a sign
         = help: for the elementwise product write W * x, for the matrix product W @ x
      "
    `);
  });
  test('between arguments', () => {
    expect(showLine('h = f(x) * g(x 0.5)')).toMatchInlineSnapshot(`
      "
      error[RNN1021]: an operator or a comma is missing between \`x\` and \`0.5\`
        --> test.rnn:3:18
         |
       3 |   h = f(x) * g(x 0.5)
         |                  ^^^ another one begins here
         |                - a value ends here
         |
         = side by side two values mean nothing: a product has a sign
         = help: for two arguments write x, 0.5; for a product write x * 0.5
      "
    `);
  });
});

describe('RNN1022 an expression is missing', () => {
  test('at the end', () => {
    expect(showLine('h = x +\n  c = 1')).toMatchInlineSnapshot(`
      "
      error[RNN1022]: an expression is missing after \`+\`
        --> test.rnn:3:10
         |
       3 |   h = x +
         |          ^ found the end of the equation
      "
    `);
  });
  test('in the middle', () => {
    expect(showLine('h = f(x, , 2)')).toMatchInlineSnapshot(`
      "
      error[RNN1022]: an expression is missing after \`,\`
        --> test.rnn:3:12
         |
       3 |   h = f(x, , 2)
         |            ^ found \`,\`
         |
         = help: leave out one comma
      "
    `);
  });
  test('a value of an entry', () => {
    expect(show('train C {\n  batch\n  window 64\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1022]: the entry batch has no value
        --> test.rnn:2:8
         |
       2 |   batch
         |        ^ expected a value
      "
    `);
  });
});

describe('RNN1023 reserved words', () => {
  test('t', () => {
    expect(showLine('t = 3')).toMatchInlineSnapshot(`
      "
      error[RNN1023]: t cannot be a name
        --> test.rnn:3:3
         |
       3 |   t = 3
         |   ^
         |
         = t is the number of the step, counted from 0
         = help: choose another name, such as tau or s
      "
    `);
  });
  test('another one', () => {
    expect(showLine('state prev: [m]')).toMatchInlineSnapshot(`
      "
      error[RNN1023]: prev cannot be a name
        --> test.rnn:3:9
         |
       3 |   state prev: [m]
         |         ^^^^
         |
         = prev is a word of the language
         = help: choose another name
      "
    `);
  });
});

describe('RNN1024 unknown keywords', () => {
  test('a slip in an item', () => {
    expect(showLine('sate h: [m]')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword sate
        --> test.rnn:3:3
         |
       3 |   sate h: [m]
         |   ^^^^
         |
         = a cell or a model holds input, state, param, fn, output and equations; a model also target, loss, metric and generate
         = help: did you mean state?
      "
    `);
  });
  test('the word of another language', () => {
    expect(showLine('weight W: [n, n]')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword weight
        --> test.rnn:3:3
         |
       3 |   weight W: [n, n]
         |   ^^^^^^
         |
         = a cell or a model holds input, state, param, fn, output and equations; a model also target, loss, metric and generate
         = help: did you mean param?
      "
    `);
  });
  test('a declaration', () => {
    expect(show('class LSTM(n, m) {\n  output 1\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1024]: unknown keyword class
        --> test.rnn:1:1
         |
       1 | class LSTM(n, m) {
         | ^^^^^
         |
         = a file holds import, cell, model, fn and train
         = help: did you mean cell?
      "
    `);
  });
});

describe('RNN1025 outside of every declaration', () => {
  test('equations', () => {
    expect(show('h = tanh(x)\noutput h\n')).toMatchInlineSnapshot(`
      "
      error[RNN1025]: h stands outside of every cell and model
        --> test.rnn:1:1
         |
       1 | h = tanh(x)
         | ^
         |
         = a file holds import, cell, model, fn and train; equations stand inside the braces of a cell or a model
         = help: write cell Name(n, m) { ... } around the equations
      "
    `);
  });
  test('something else', () => {
    expect(show('"use strict"\ncell C { output 1 }')).toMatchInlineSnapshot(`
      "
      error[RNN1025]: \`"use strict"\` cannot stand here
        --> test.rnn:1:1
         |
       1 | "use strict"
         | ^^^^^^^^^^^^
         |
         = a file holds import, cell, model, fn and train; equations stand inside the braces of a cell or a model
      "
    `);
  });
  test('a cell inside a cell', () => {
    expect(showLine('cell D(n) {\n    output 1\n  }')).toMatchInlineSnapshot(`
      "
      error[RNN1025]: a cell cannot stand inside another declaration
        --> test.rnn:3:3
         |
       3 |   cell D(n) {
         |   ^^^^
         |
         = help: move it out of the braces; a cell applies another one by its name
      "
    `);
  });
});

describe('RNN1026 the wrong sign', () => {
  test('a named argument', () => {
    expect(show('train C {\n  optimizer adam(lr = 0.001)\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1026]: the argument lr is named with a colon, not with =
        --> test.rnn:2:21
         |
       2 |   optimizer adam(lr = 0.001)
         |                     ^
         |
         = help: write lr: ...
      "
    `);
  });
  test('an entry', () => {
    expect(show('train C {\n  batch = 32\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1026]: an entry has no = after its name
        --> test.rnn:2:9
         |
       2 |   batch = 32
         |         ^
         |
         = help: write batch 32
      "
    `);
  });
  test('a loss', () => {
    expect(show('model M(n) {\n  input x: [n]\n  loss l = dot(x, x)\n}')).toMatchInlineSnapshot(`
      "
      error[RNN1026]: a loss has no name
        --> test.rnn:3:8
         |
       3 |   loss l = dot(x, x)
         |        ^^^
         |
         = help: write loss and the expression, without a name; a metric has one
      "
    `);
  });
});

test('RNN1027 comparisons do not chain', () => {
  expect(showLine('h = if 0 < t < 8 then x else 0 * x')).toMatchInlineSnapshot(`
    "
    error[RNN1027]: comparisons do not chain
      --> test.rnn:3:16
       |
     3 |   h = if 0 < t < 8 then x else 0 * x
       |                ^ a second comparison
       |            - the first one gives a condition, not a number
       |
       = help: for 0 < t < 8 write 0 < t and t < 8
    "
  `);
});

test('RNN1028 not after another operator', () => {
  expect(showLine('h = if (t > 3) == not (t > 5) then x else 0 * x')).toMatchInlineSnapshot(`
    "
    error[RNN1028]: not needs brackets after another operator
      --> test.rnn:3:21
       |
     3 |   h = if (t > 3) == not (t > 5) then x else 0 * x
       |                     ^^^
       |
       = not binds weaker than comparisons and arithmetic: not a == b is not (a == b)
       = help: write (not (t > 5))
    "
  `);
});

test('RNN1029 prev of an expression', () => {
  expect(showLine('h = prev (x + 1)')).toMatchInlineSnapshot(`
    "
    error[RNN1029]: prev takes the name of a state, found \`(\`
      --> test.rnn:3:12
       |
     3 |   h = prev (x + 1)
       |            ^
       |
       = only a state has a past
       = help: for the past of an expression give it a name and a state: state y: [m], y = ..., and then prev y
    "
  `);
});

test('RNN1030 an output with an equation', () => {
  expect(showLine('output h = tanh(x)')).toMatchInlineSnapshot(`
    "
    error[RNN1030]: output h cannot define h as well
      --> test.rnn:3:3
       |
     3 |   output h = tanh(x)
       |   ^^^^^^^^
       |
       = an output names an equation, or is an expression
       = help: write h = ..., and then output h
    "
  `);
});

describe('RNN1031 an if that is not complete', () => {
  test('no else', () => {
    expect(showLine('h = if t > 0 then x')).toMatchInlineSnapshot(`
      "
      error[RNN1031]: this if has no else
        --> test.rnn:3:7
         |
       3 |   h = if t > 0 then x
         |       ^^
         |                      - else was expected here, found the end of the equation
         |
         = a choice always has a value: if condition then a else b
      "
    `);
  });
  test('no then', () => {
    expect(showLine('h = if t > 0 x else 0 * x')).toMatchInlineSnapshot(`
      "
      error[RNN1031]: this if has no then
        --> test.rnn:3:7
         |
       3 |   h = if t > 0 x else 0 * x
         |       ^^
         |                - then was expected here, found \`x\`
         |
         = a choice always has a value: if condition then a else b
      "
    `);
  });
});

test('several mistakes are told at once, each once', () => {
  expect(
    diagnose('cell C(n) {\n  inptu x: [n]\n  h = (x\n  c = x +\n  output h\n  y = 2x\n}').map(
      ({ code, span }) => `${code} at ${span.start}`,
    ),
  ).toMatchInlineSnapshot(`
    [
      "RNN1024 at 14",
      "RNN1010 at 33",
      "RNN1022 at 45",
      "RNN1007 at 63",
    ]
  `);
});

test('a fix that is offered makes the message go away', () => {
  for (const text of [
    'h = x ** 2',
    'h = t % 2',
    'h = .5 * x',
    'h = 2x',
    'h = (x',
    'sate h: [m]',
    'param W U: [n, n]',
  ]) {
    const whole = `cell C(n, m) {\n  input x: [n]\n  ${text}\n  output x\n}`;
    const [diagnostic, ...others] = diagnose(whole);
    expect(others).toEqual([]);
    const [fix] = diagnostic.fixes;
    expect(fix, text).toBeDefined();
    expect(messages(whole.slice(0, fix.span.start) + fix.replacement + whole.slice(fix.span.end))).toBe('');
  }
});

describe('the three lists agree', () => {
  const codes = Object.keys(parserCodes);

  test('every code has a program above', () => {
    expect([...provoked].sort()).toEqual(codes);
  });

  test('every code has a section in docs/errors.md, with its title', () => {
    const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const sections = [...docs.matchAll(/^#+ (RNN1\d{3}): (.*)$/gm)].map(([, code, title]) => [code, title]);
    expect(sections).toEqual(Object.entries(parserCodes));
  });
});
