// What the checker finds out: shapes, weights by name, sizes of instances. Tables, to be read beside the programs.

import { describe, expect, test } from 'vitest';
import {
  checkSource,
  complaints,
  equations,
  good,
  goodCell,
  instances,
  reader,
  weights,
} from './checking.ts';

const read = reader(new URL('../../', import.meta.url));

describe('the programs of the literature', () => {
  const names = ['rnn', 'lstm', 'gru', 'mingru', 'adding', 'char-lm', 'polarity'];
  test.each(names)('%s checks without a word', (name) => {
    const source = read(`models/${name}.rnn`);
    if (source === undefined) throw new Error(`there is no ${name}`);
    const { program, diagnostics } = checkSource(source, read);
    expect(diagnostics).toEqual([]);
    expect(program?.blocks.length).toBe(1);
  });
});

const RNN = `cell RNN(n, m) {
  input x: [n]
  state h: [m]
  h = tanh(affine(x, prev h))
  output h
}
`;

describe('shapes and weights', () => {
  const table: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    [
      'a peephole LSTM: vectors as weights, the current c',
      `cell Peephole(n, m) {
        input x: [n]
        state h: [m]
        state c: [m]
        param pi, pf, po: [m]
        i = sigmoid(affine(x, prev h) + pi * prev c)
        f = sigmoid(affine(x, prev h) + pf * prev c)
        c = f * prev c + i * tanh(affine(x, prev h))
        o = sigmoid(affine(x, prev h) + po * c)
        h = o * tanh(c)
        output h
      }`,
      [
        ...['pi [m]', 'pf [m]', 'po [m]'],
        ...['i.W_x [m, n]', 'i.W_h [m, m]', 'i.b [m]'],
        ...['f.W_x [m, n]', 'f.W_h [m, m]', 'f.b [m]'],
        ...['c.W_x [m, n]', 'c.W_h [m, m]', 'c.b [m]'],
        ...['o.W_x [m, n]', 'o.W_h [m, m]', 'o.b [m]'],
      ],
      ['i step 0 [m]', 'f step 0 [m]', 'c step 0 [m]', 'o step 0 [m]', 'h step 0 [m]'],
    ],
    [
      'gates as one affine, split',
      `cell Gates(n, m) {
        input x: [n]
        state h: [m]
        z, c = split(affine(x, prev h), 2)
        h = sigmoid(z) * prev h + (1 - sigmoid(z)) * tanh(c)
        output h
      }`,
      ['z_c.W_x [2 * m, n]', 'z_c.W_h [2 * m, m]', 'z_c.b [2 * m]'],
      ['z step 0 [m]', 'c step 0 [m]', 'h step 0 [m]'],
    ],
    [
      'scalars: weights of affine become vectors and scalars',
      `cell Scalars(n) {
        input x: [n]
        state s: []
        write: [] = affine(x, prev s)
        s = 0.9 * prev s + write
        output s
      }`,
      ['write.W_x [n]', 'write.W_s []', 'write.b []'],
      ['write step 0 []', 's step 0 []'],
    ],
    [
      'what is known to be [] spreads, also computed: the rest is equal',
      `cell Spread(n, m, decay: real = 0.5) {
        input x: [n]
        input dt: []
        state h: [m]
        param q: [n]
        k = exp(-decay * dt) * sqrt(m) + dot(q, x) + max(x) + (if t > 3 then 1 else 0)
        h = k * prev h + affine(x)
        output h
      }`,
      ['q [n]', 'h.W_x [m, n]', 'h.b [m]'],
      ['k step 0 []', 'h step 0 [m]'],
    ],
    [
      'a matrix as a memory',
      `cell Fast(n, d) {
        input x: [n]
        state S: [d, d]
        q: [d] = affine(x)
        k: [d] = linear(x) / sqrt(d)
        v: [d] = affine(x)
        S = 0.9 * prev S + outer(v - prev S @ k, k)
        y = S @ q + q @ transpose(S)
        output y
      }`,
      ['q.W_x [d, n]', 'q.b [d]', 'k.W_x [d, n]', 'v.W_x [d, n]', 'v.b [d]'],
      ['q step 0 [d]', 'k step 0 [d]', 'v step 0 [d]', 'S step 0 [d, d]', 'y step 0 [d]'],
    ],
    [
      'the second affine of an equation, arguments without names or twice',
      `cell Names(n, m) {
        input x: [n]
        state h: [m]
        h = sigmoid(affine(x, prev h)) * tanh(linear(x, 2 * x, prev h)) + affine(Dense(n)(x), affine(x, x) * x, t)
        output x * affine(h)
      }`,
      [
        ...['h.W_x [m, n]', 'h.W_h [m, m]', 'h.b [m]'],
        ...['h.2.W_x [m, n]', 'h.2.W_2 [m, n]', 'h.2.W_h [m, m]'],
        ...['h.3.W_1 [m, n]', 'h.3.W_2 [m, n]', 'h.3.W_3 [m]', 'h.3.b [m]'],
        ...['h.Dense.W [n, n]', 'h.Dense.b [n]'],
        ...['h.4.W_1 [n, n]', 'h.4.W_2 [n, n]', 'h.4.b [n]'],
        ...['output.W_h [n, m]', 'output.b [n]'],
      ],
      ['h step 0 [m]', 'output step 0 [n]'],
    ],
    [
      'functions take the shapes of their arguments, each use by itself',
      `fn gate(a, b = 1) = sigmoid(a + b)
      fn both(a, b) = gate(a) * gate(b, b: 2) + a
      cell Functions(n, m) {
        input x: [n]
        param w: [m]
        y = both(w, w) + affine(x)
        z = mean(gate(x, x))
        output z * y
      }`,
      ['w [m]', 'y.W_x [m, n]', 'y.b [m]'],
      ['y step 0 [m]', 'z step 0 []', 'output step 0 [m]'],
    ],
  ];
  test.each(table)('%s', (_, text, expectedWeights, expectedEquations) => {
    const cell = goodCell(text);
    expect(weights(cell)).toEqual(expectedWeights);
    expect(equations(cell)).toEqual(expectedEquations);
  });
});

describe('cells in cells', () => {
  test('two layers by hand: the lower one sees the past of the upper one', () => {
    const cell = goodCell(`${RNN}
      cell Feedback(n, m) {
        input x: [n]
        low = RNN(m: m)
        top = RNN(m: 2 * m)
        a = low(concat(x, prev top.h))
        b = top(a)
        output concat(a, b)
      }`);
    expect(instances(cell)).toEqual(['low RNN(n: 2 * m + n, m: m)', 'top RNN(n: m, m: 2 * m)']);
    expect(equations(cell)).toEqual(['a step 0 [m]', 'b step 0 [2 * m]', 'output step 0 [3 * m]']);
    expect(weights(cell)).toEqual([]);
  });

  test('sizes follow from arguments, from places and from defaults', () => {
    const cell = goodCell(`
      cell Gate(n, m) {
        input x: [n]
        y: [m] = sigmoid(affine(x))
        output y
      }
      cell Wide(n, m = 4 * n) {
        input x: [n]
        y: [m] = affine(x)
        output y
      }
      cell User(n, k) {
        input x: [n]
        state h: [k]
        h = Gate()(x) * prev h
        wide = Wide()(x)
        output h
        output wide
      }`);
    expect(instances(cell)).toEqual(['h.Gate Gate(n: n, m: k)', 'wide.Wide Wide(n: n, m: 4 * n)']);
  });

  test('names of anonymous copies', () => {
    const cell = goodCell(`${RNN}
      cell Names(n, m) {
        input x: [n]
        h = stack(2, bidirectional(RNN(m: m)))(x) + residual(RNN())(Dense(2 * m)(x))
        y = RNN(m: m)(x) + RNN(m: m)(x) + Dense()(Dense(8)(x))
        deep = stack(3, RNN(m: m))
        output concat(h, y, deep(x))
      }`);
    expect(instances(cell)).toEqual([
      'h.stack.1.forward RNN(n: n, m: m)',
      'h.stack.1.backward RNN(n: n, m: m)',
      'h.stack.2.forward RNN(n: 2 * m, m: m)',
      'h.stack.2.backward RNN(n: 2 * m, m: m)',
      'h.RNN RNN(n: 2 * m, m: 2 * m)',
      'y.RNN RNN(n: n, m: m)',
      'y.RNN2 RNN(n: n, m: m)',
      'deep.1 RNN(n: n, m: m)',
      'deep.2 RNN(n: m, m: m)',
      'deep.3 RNN(n: m, m: m)',
    ]);
    expect(weights(cell)).toEqual([
      ...['h.Dense.W [2 * m, n]', 'h.Dense.b [2 * m]'],
      ...['y.Dense.W [m, 8]', 'y.Dense.b [m]', 'y.Dense2.W [8, n]', 'y.Dense2.b [8]'],
    ]);
  });

  test('a named Dense shares its weights, a cell without states too', () => {
    const cell = goodCell(`
      model Pair(v, d) {
        input a, b: once index(v)
        target y: once []
        embed = Embedding(d)
        score = Dense()
        z: [] = score(embed(a)) - score(embed(b))
        loss (z - y) ^ 2
      }`);
    expect(instances(cell)).toEqual(['embed Embedding(d: d, v: v)']);
    expect(weights(cell)).toEqual(['score.W [d]', 'score.b []']);
    expect(equations(cell)).toEqual(['z once 0 []', 'loss once 0 []']);
    expect(cell.applications.map((application) => application.rate)).toEqual(['once', 'once']);
  });

  test('several outputs, by their names and on the left', () => {
    const cell = goodCell(`
      cell Both(n) {
        input x: [n]
        state c: [n]
        c = 0.5 * prev c + x
        h = tanh(c)
        output h
        output sum(c)
      }
      cell User(n) {
        input x: [n]
        h, s = Both()(x)
        other = Both()
        g, r = other(x)
        output h * s + other.h * other.c * r + g * other.output
      }`);
    expect(equations(cell)).toEqual([
      ...['h step 0 [n]', 's step 0 []', 'g step 0 [n]', 'r step 0 []', 'output step 0 [n]'],
    ]);
  });

  test('numbers of cells, from the user of the cell', () => {
    const cell = goodCell(`
      cell Leaky(n, decay: real = 0.9) {
        input x: [n]
        state h: [n]
        h = decay * prev h + x
        output h
      }
      cell User(n, rate: real) {
        input x: [n]
        output Leaky(decay: 1 - rate / sqrt(n))(x) + Leaky()(x)
      }`);
    expect(cell.instances.map((instance) => [...instance.hyperparameters.keys()])).toEqual([['decay'], []]);
  });

  test('imports are relative to the file, and see their own prelude and imports', () => {
    const files = {
      'cells/gate.rnn':
        'import soft from "functions.rnn"\ncell Gate(n) {\n  input x: [n]\n  output soft(x)\n}\n',
      'cells/functions.rnn': 'fn soft(a) = inner(a) * relu(a)\nfn inner(a) = a / 2\n',
    };
    const program = good(
      'import Gate from "cells/gate.rnn"\ncell User(n) {\n  input x: [n]\n  output Gate()(x)\n}\n',
      files,
    );
    expect(program.imported.map((cell) => cell.name)).toEqual(['Gate']);
    expect(program.blocks.map((cell) => cell.name)).toEqual(['User']);
  });
});

describe('starts', () => {
  test('of weights', () => {
    const cell = goodCell(`
      cell Starts(n, m, s: real = 0.1) {
        input x: [n]
        param A: [m, n]
        param B: [m]
        param C: [m, m] ~ orthogonal
        param D: [m, n] ~ normal(s)
        param E: [n] ~ uniform(-1 / sqrt(n), 1 / sqrt(n))
        param F: [m] = log(2)
        param G: [m, m] ~ identity
        param H: [n] ~ glorot
        output C @ (A @ x) + B + D @ (E * x) + F + G @ B + dot(H, x)
      }`);
    expect(cell.parameters.map((parameter) => `${parameter.name} ${parameter.start.kind}`)).toEqual([
      ...[
        'A glorot',
        'B zeros',
        'C orthogonal',
        'D normal',
        'E uniform',
        'F value',
        'G identity',
        'H glorot',
      ],
    ]);
  });

  test('of states: a number, a weight, the last value of another', () => {
    const cell = goodCell(`${RNN}
      cell Decoder(n, m) {
        input source, x: [n]
        input hint: once [m]
        param h0: [m]
        encoder = RNN(m: m)
        e = encoder(source)
        state a: [m] = h0
        state b: [m] = 1
        state c: [m] = last e
        state d: [m] = tanh(affine(hint))
        a = 0.5 * prev a
        b = 0.5 * prev b
        c = 0.5 * prev c + affine(x)
        d = 0.5 * prev d
        output a + b + c + d
      }`);
    expect(weights(cell)).toEqual([
      ...['h0 [m]', 'd.start.W_hint [m, m]', 'd.start.b [m]', 'c.W_x [m, n]', 'c.b [m]'],
    ]);
    expect(equations(cell)).toEqual([
      ...[
        'e step 0 [m]',
        'a step 0 [m]',
        'b step 0 [m]',
        'c step 1 [m]',
        'd step 0 [m]',
        'output step 1 [m]',
      ],
    ]);
  });
});

describe('for all sizes', () => {
  test('n and m of one cell are different for good', () => {
    const swapped = `cell LSTM(n, m) {
      input x: [n]
      state h: [m]
      state c: [n]
      i = sigmoid(affine(x, prev h))
      c = i * prev c + x
      h = i * tanh(affine(c))
      output h
    }`;
    expect(complaints(swapped)).toHaveLength(1);
    expect(complaints(swapped.replace('(n, m)', '(n)').replace('[m]', '[n]'))).toEqual([]);
  });

  test('split proves what follows from the form of a size', () => {
    const cell = (size: string, parts: number) =>
      complaints(`cell S(m) {
        input x: [${size}]
        ${Array.from({ length: parts }, (_, i) => `a${i}`).join(', ')} = split(x, ${parts})
        output a0
      }`).filter((text) => !text.includes('nothing depends'));
    expect(cell('4 * m', 4)).toEqual([]);
    expect(cell('6 * m + 9', 3)).toEqual([]);
    expect(cell('m ^ 2 + m', 2)).toEqual([]);
    expect(cell('4 * m + 2', 4)).toEqual([
      'RNN3005 cannot split x [4 * m + 2] into 4 equal parts for every size',
    ]);
    expect(cell('m', 2)).toHaveLength(1);
  });
});
