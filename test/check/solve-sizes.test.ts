// Sizes found again from the shapes of programs, and what is said of shapes that do not fit.

import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import type { CheckedCell } from '../../src/check/checked.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { solveSizes, symbolicInputs } from '../../src/check/solve-sizes.ts';
import { goodCell } from './checking.ts';
import { checkFile, checkText } from './programs.ts';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Every array that a program takes, without time and batch. */
function shapesOf({ inputs, targets, parameters, states }: Program): Shapes {
  return new Map<string, readonly number[]>([
    ...[...inputs, ...targets, ...parameters].map(({ name, shape }) => [name, shape] as const),
    ...states.map(({ name, shape }) => [`state.${name}`, shape] as const),
  ]);
}

/** What is said of these shapes, without places. */
function complaintsOf(cell: CheckedCell, shapes: Readonly<Record<string, readonly number[]>>) {
  const { diagnostics } = solveSizes(cell, new Map(Object.entries(shapes)));
  return diagnostics.map(({ code, message, notes, help }) => [
    code,
    message,
    ...notes,
    ...(help ? [help] : []),
  ]);
}

const files = readdirSync(new URL('../../models', import.meta.url)).filter((name) => name.endsWith('.rnn'));

/** The sizes that only say how often something is done, or out of how many categories one is. */
const rounds = ['inner', 'rounds', 'chapters'];

describe('programs of models/', () => {
  test.each(files)('%s', (name) => {
    const file = checkFile(`models/${name}`);
    for (const cell of file.blocks) {
      const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 8, maxLength: 8 });
      const property = fc.property(numbers, fc.nat(), (drawn, turn) => {
        const sizes = new Map(cell.sizes.map((size, i) => [size.name, drawn[i]]));
        const options = { name: cell.name, sizes, mode: 'evaluate', startingStates: true } as const;
        const { program } = elaborate(file, options);
        const shapes = [...shapesOf(program!)];
        // In any order: a size is where it stands.
        const turned = [...shapes.slice(turn % shapes.length), ...shapes.slice(0, turn % shapes.length)];
        const found = solveSizes(cell, new Map(turned));
        expect(found.diagnostics).toEqual([]);
        // A number of rounds or of categories stands in no shape: it keeps its default.
        const standing = [...sizes].filter(([size]) => !rounds.includes(size));
        expect([...found.sizes].filter(([size]) => !rounds.includes(size)).sort()).toEqual(standing.sort());
        expect(
          symbolicInputs(cell)
            .map((input) => input.name)
            .sort(),
        ).toEqual([...shapesOf(program!).keys()].sort());
      });
      fc.assert(property, { numRuns: 20, seed: 3 });
    }
  });
});

const RNN = `cell RNN(n, m) {
  input x: [n]
  state h: [m]
  param W: [m, n]
  param U: [m, m]
  h = tanh(W @ x + U @ prev h)
  output h
}
`;

describe('sizes', () => {
  const solve = (text: string, shapes: Readonly<Record<string, readonly number[]>>) => {
    const { sizes, diagnostics } = solveSizes(goodCell(text), new Map(Object.entries(shapes)));
    expect(diagnostics).toEqual([]);
    return Object.fromEntries(sizes);
  };

  test('from weights, states, and copies in copies', () => {
    expect(solve(RNN, { W: [4, 3] })).toEqual({ n: 3, m: 4 });
    expect(solve(RNN, { 'state.h': [4], x: [3] })).toEqual({ n: 3, m: 4 });
    const nested = `${RNN}
      cell Two(n, m) {
        input x: [n]
        low = RNN(m: m + 1)
        output low(x)
      }
      cell Outer(n, m) {
        input x: [n]
        two = Two(m: 2 * m)
        output two(x)
      }`;
    expect(solve(nested, { 'two.low.W': [7, 5] })).toEqual({ n: 5, m: 3 });
    expect(solve(nested, { 'state.two.low.h': [7], x: [5] })).toEqual({ n: 5, m: 3 });
  });

  test('that hang on others, whatever comes first', () => {
    const text = `cell C(n, m, k) {
      input x: [n]
      param a: [m + n]
      param b: [n - k]
      param c: [m * k]
      output x * sum(a) * sum(b) * sum(c)
    }`;
    expect(solve(text, { a: [5], b: [2], x: [3] })).toEqual({ n: 3, m: 2, k: 1 });
    expect(solve(text, { c: [6], a: [8], x: [5] })).toEqual({ n: 5, m: 3, k: 2 });
  });

  test('by default, and then what hangs on those', () => {
    const text = `cell C(n, m = 2 * n, k) {
      input x: [n]
      param a: [m]
      param b: [m + k]
      output x * sum(a) * sum(b)
    }`;
    expect(solve(text, { x: [3], b: [8] })).toEqual({ n: 3, m: 6, k: 2 });
    expect(solve(text, { x: [3], a: [4], b: [8] })).toEqual({ n: 3, m: 4, k: 4 });
  });
});

describe('shapes that do not fit', () => {
  const rnn = goodCell(RNN);

  test('two arrays that differ: most decide', () => {
    expect(complaintsOf(rnn, { x: [3], W: [4, 5], U: [4, 4] })).toEqual([
      ['RNN5906', 'W is given as [4, 5], but it is declared [m, n], here [4, 3]', 'n is 3, from x'],
    ]);
    expect(complaintsOf(rnn, { x: [3], W: [3, 4], U: [4, 4], 'state.h': [4] })).toEqual([
      [
        'RNN5906',
        'W is given as [3, 4], but it is declared [m, n], here [4, 3]',
        ...['m is 4, from U', 'n is 3, from x'],
        'is it the wrong way round? Turned it is [4, 3] (NumPy: a.T)',
      ],
    ]);
    expect(complaintsOf(rnn, { W: [4, 3], U: [4, 2] })).toEqual([
      ['RNN5906', 'U is given as [4, 2], but it is declared [m, m], here [4, 4]', 'm is 4, from W'],
    ]);
  });

  test('another number of axes is one mistake', () => {
    expect(complaintsOf(rnn, { x: [3], W: [4], U: [4, 4] })).toEqual([
      ['RNN5906', 'W is given as [4], but it is declared [m, n]'],
    ]);
    expect(complaintsOf(rnn, { W: [4] })).toEqual([
      ['RNN5906', 'W is given as [4], but it is declared [m, n]'],
    ]);
  });

  test('a size that nothing gives', () => {
    const help = 'give a weight or an input whose shape holds m, or a number (--set m=4)';
    expect(complaintsOf(rnn, { x: [3] })).toEqual([
      ['RNN5906', 'nothing that is given says how large m is', help],
    ]);
    // Not solved for: the message does not blame the array.
    const square = goodCell('cell C(m) {\n  input x: [m ^ 2]\n  output x\n}');
    expect(complaintsOf(square, { x: [9] })).toEqual([
      ['RNN5906', 'nothing that is given says how large m is', help],
    ]);
  });

  test('a shape that no size makes', () => {
    const cell = goodCell('cell C(m) {\n  input x: [4 * m]\n  output x\n}');
    const told = (size: number): string =>
      `x is given as [${size}], but it is declared [4 * m], which no m makes so`;
    expect(complaintsOf(cell, { x: [10] })).toEqual([['RNN5906', told(10)]]);
    expect(complaintsOf(cell, { x: [0] })).toEqual([['RNN5906', told(0)]]);
  });

  test('a default that comes to no size', () => {
    const cell = goodCell('cell C(n, m = n - 4) {\n  input x: [n]\n  param w: [m]\n  output sum(w) * x\n}');
    expect(complaintsOf(cell, { x: [3] })).toEqual([
      ['RNN5906', 'the default of m, n - 4, comes to -1', 'n is 3, from x'],
    ]);
    expect(complaintsOf(cell, { x: [5], w: [2] })).toEqual([]);
  });

  test('in the place of the declaration', () => {
    const [cell] = checkText(makeSource('rnn.rnn', RNN)).blocks;
    const { diagnostics } = solveSizes(
      cell,
      new Map([
        ['x', [3]],
        ['W', [4, 5]],
      ]),
    );
    const [{ span, label }] = diagnostics;
    expect([RNN.slice(span.start, span.end), label]).toEqual(['W', 'declared here']);
    expect(render(diagnostics, { colour: false })).toContain('rnn.rnn:4:9');
  });
});
