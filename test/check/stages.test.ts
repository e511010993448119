// Time: which scan computes what, and in which order.

import { describe, expect, test } from 'vitest';
import { nodesOf } from '../../src/check/stages.ts';
import { equations, goodCell } from './checking.ts';

const RNN = `cell RNN(n, m) {
  input x: [n]
  state h: [m]
  h = tanh(affine(x, prev h))
  output h
}
`;

describe('stages', () => {
  test('the end of a sequence is a stage apart', () => {
    const cell = goodCell(`${RNN}
      cell Twice(n, m) {
        input x: [n]
        h = RNN(m: m)(x)
        summary = max over time h
        gate: [m] = sigmoid(affine(summary))
        y = h * each step gate
        output y
        output mean over time y
      }`);
    expect(equations(cell)).toEqual([
      ...['h step 0 [m]', 'summary once 1 [m]', 'gate once 1 [m]', 'y step 1 [m]', 'output once 2 [m]'],
    ]);
    expect(cell.stages).toBe(3);
    expect(cell.pointwise).toBe(false);
  });

  test('a cell that runs backwards stands apart from what it takes and from what takes it', () => {
    const cell = goodCell(`${RNN}
      cell Both(n, m) {
        input x: [n]
        h = bidirectional(RNN(m: m))(tanh(x))
        y = 2 * h
        output y
      }
      cell Nested(n, m) {
        input x: [n]
        h = bidirectional(Both(m: m))(x)
        output h
      }`);
    expect(
      cell.applications.map(({ instance, reverse, stage }) => `${instance} ${reverse} ${stage}`),
    ).toEqual(['h.bidirectional.forward false 0', 'h.bidirectional.backward true 1']);
    // Both takes stages 0 to 2; reversed from 1 to 3; what takes its result comes after.
    expect(equations(cell)).toEqual(['h step 4 [4 * m]']);
  });

  test('a sequence of categories, read from its end', () => {
    const cell = goodCell(`
      model Last(v) {
        input word: index(v)
        target label: once index(v)
        metric right = last word == label
        loss cross_entropy(Dense(v)(Embedding(4)(last word)), label)
      }`);
    expect(equations(cell)).toEqual(['right once 1 bool []', 'loss once 1 []']);
  });

  test('everything comes after what it needs at the same step', () => {
    const cell = goodCell(`${RNN}
      cell Order(n, m) {
        input x: [n]
        state c: [m]
        c = b + prev c + each step e
        b = top(a) + prev low.h
        a = low(concat(x, prev top.h))
        low = RNN(m: m)
        top = RNN(m: m)
        e = last d
        d = linear(x) * t
        output c
      }`);
    const done = new Set<string>();
    let stage = 0;
    for (const step of cell.order) {
      const isEquation = step.kind === 'equation';
      const roots = isEquation
        ? [cell.equations[step.equation].value]
        : cell.applications[step.application].arguments;
      for (const node of roots.flatMap(nodesOf)) {
        if (node.kind === 'equation') expect(done).toContain(`equation ${node.equation}`);
        if (node.kind === 'apply') expect(done).toContain(`application ${node.application}`);
      }
      done.add(isEquation ? `equation ${step.equation}` : `application ${step.application}`);
      const own = isEquation
        ? cell.equations[step.equation].stage
        : cell.applications[step.application].stage;
      expect(own).toBeGreaterThanOrEqual(stage);
      stage = own;
    }
    expect(cell.order.length).toBe(cell.equations.length + cell.applications.length);
    expect(equations(cell)).toEqual([
      ...['a step 0 [m]', 'b step 0 [m]', 'd step 0 [m]', 'e once 1 [m]', 'c step 1 [m]'],
    ]);
  });

  test('what is set apart is computed once, and read as a reference', () => {
    const cell = goodCell(`
      cell Apart(n) {
        input x: [n]
        output softmax(exp(x)) + each step (2 * last (x + 1))
      }`);
    for (const node of cell.equations.flatMap((equation) => nodesOf(equation.value))) {
      if (node.kind !== 'over-time' && node.kind !== 'each-step') continue;
      expect(['equation', 'input']).toContain(node.operand.kind);
    }
    const exps = cell.equations
      .flatMap((equation) => nodesOf(equation.value))
      .filter((node) => node.kind === 'primitive' && node.name === 'exp');
    expect(exps.length).toBe(2); // the user's, and softmax's own
  });

  test('cells that look at one step alone go with once values too', () => {
    const file = (body: string): boolean =>
      goodCell(`cell C(n) {\n  input x: [n]\n${body}\n  output y\n}`).pointwise;
    expect(file('y = relu(x) * mean(x)')).toBe(true);
    expect(file('y = dropout(x, 0.5)')).toBe(true);
    expect(file('y = x * t')).toBe(false);
    expect(file('state s: [n]\n s = x + prev s\n y = s')).toBe(false);
    expect(file('y = last x')).toBe(false);
  });
});
