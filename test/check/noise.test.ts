// How long a draw holds: for a step, for a sequence, for a batch; and what of it is there outside of training.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import type { Mode } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { BATCH, TIME } from '../../src/graph/type.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { elaborateText } from './programs.ts';

const n = 30;

function make(equations: string, mode: Mode = 'train', functions = ''): Program {
  const text = `${functions}
    cell C(n) {
      input x: [n]
      state s: [n]
      s = prev s + x
      ${equations}
      output h
    }`;
  return elaborateText(text, { mode, sizes: new Map([['n', n]]), startingStates: false });
}

/** What the cell hands out, one list for each step; x is one everywhere. */
function steps(
  program: Program,
  count: number,
  seed: number,
  offset = 0,
  seedOfBatch = 5,
): readonly number[][] {
  const inputs = new Map([
    ['x', realTensor([count, n], new Array(count * n).fill(1))],
    ['seed', indexTensor([], [seed])],
    ['seed.batch', indexTensor([], [seedOfBatch])],
    ['offset', indexTensor([], [offset])],
  ]);
  const names = program.graph.inputs.map((id) => {
    const node = program.graph.nodes[id];
    return node.kind === 'input' ? node.name : '';
  });
  const taken = new Map([...inputs].filter(([name]) => names.includes(name)));
  const { data } = evaluate(program.graph, taken).get('h')!;
  return Array.from({ length: count }, (_, t) => Array.from(data.slice(t * n, (t + 1) * n)));
}

describe.each([
  ['dropout', 'h = dropout(x, 0.5, per: SCOPE)'],
  ['chance', 'h = if chance(0.5, x, per: SCOPE) then x else 0'],
  ['gaussian', 'h = x * gaussian(x, per: SCOPE)'],
])('%s', (word, equation) => {
  const per = (scope: string): Program => make(equation.replace('SCOPE', scope));

  test('per step: anew at each, counted on through chunks', () => {
    const h = steps(per('step'), 6, 3);
    expect(h[0]).not.toEqual(h[1]);
    expect(steps(per('step'), 4, 3, 2)).toEqual(h.slice(2));
    expect(steps(per('step'), 6, 3, 0, 99)).toEqual(h);
  });

  test('per sequence: the same at all steps and in all chunks, another one for another sequence', () => {
    const [first, ...others] = steps(per('sequence'), 6, 3);
    for (const other of others) expect(other).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(steps(per('sequence'), 2, 3, 17)[0]).toEqual(first);
    expect(steps(per('sequence'), 2, 4)[0]).not.toEqual(first);
  });

  test('per batch: the same for all sequences', () => {
    const program = per('batch');
    expect(program).toMatchObject({ hasNoise: false, hasBatchNoise: true, usesStepNumber: false });
    const [first, ...others] = steps(program, 3, 3);
    for (const other of others) expect(other).toEqual(first);
    expect(steps(program, 3, 8)[0]).toEqual(first);
    expect(steps(program, 3, 8, 0, 6)[0]).not.toEqual(first);
    const together = evaluate(
      batch(program.graph, { lengths: false }),
      new Map([
        ['x', realTensor([1, 2, n], new Array(2 * n).fill(1))],
        ['seed.batch', indexTensor([], [5])],
      ]),
      new Map([
        [BATCH, 2],
        [TIME, 1],
      ]),
    ).get('h')!.data;
    expect(Array.from(together.slice(0, n))).toEqual(first);
    expect(Array.from(together.slice(n))).toEqual(first);
  });

  test('outside of training nothing is drawn', () => {
    const program = make(equation.replace('SCOPE', 'sequence'), 'evaluate');
    expect(program).toMatchObject({ hasNoise: false, hasBatchNoise: false });
    const value = word === 'dropout' ? 1 : 0;
    expect(steps(program, 1, 3)[0]).toEqual(new Array(n).fill(value));
  });
});

describe('chance', () => {
  test('holds as often as is said, and the probability may be a value', () => {
    for (const p of ['0.3', 'sigmoid(0 * x + log(0.3 / 0.7))', '0 * t + 0.3']) {
      const h = steps(make(`h = if chance(${p}, x) then x else 0`), 100, 1).flat();
      const share = h.filter((x) => x === 1).length / h.length;
      expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / h.length));
    }
  });
});

describe('gaussian', () => {
  test('has mean 0, variance 1 and normal tails', () => {
    const h = steps(make('h = gaussian(x)'), 400, 1).flat();
    const moment = (k: number): number => h.reduce((sum, x) => sum + x ** k, 0) / h.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.04);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
  });
});

describe('in functions', () => {
  test('noise is named after the equation, and counted on', () => {
    const text = 'fn noisy(a) = dropout(a, 0.5) * (if chance(0.5, a) then a else 1)';
    const { graph } = make('h = noisy(noisy(x)) + dropout(x, 0.1)', 'train', text);
    const bodies = graph.nodes.flatMap((node) => (node.kind === 'scan' ? node.body.nodes : [node]));
    const names = bodies.flatMap((node) =>
      node.kind === 'call' && node.op === 'uniform' && 'name' in node.attributes
        ? [node.attributes.name]
        : [],
    );
    expect(new Set(names)).toEqual(
      new Set(['h.dropout', 'h.dropout2', 'h.dropout3', 'h.chance', 'h.chance2']),
    );
  });

  test('the part of a dropout may be an argument', () => {
    const text = 'fn drop(a, p) = dropout(a, 2 * p)';
    for (const p of ['0.25', '0.25 + 0 * mean(x)']) {
      const h = steps(make(`h = drop(x, ${p})`, 'train', text), 50, 1).flat();
      expect(new Set(h)).toEqual(new Set([0, 2]));
    }
  });
});

describe('zoneout', () => {
  test('keeps the past by chance in training, and in the mean elsewhere', () => {
    const equation = 'h = zoneout(0 * x + 3, 0 * x + 1, 0.25)';
    const h = steps(make(equation), 100, 1).flat();
    expect(new Set(h)).toEqual(new Set([1, 3]));
    expect(h.filter((x) => x === 1).length / h.length).toBeCloseTo(0.25, 1);
    expect(steps(make(equation, 'evaluate'), 1, 1)[0]).toEqual(new Array(n).fill(2.5));
  });
});

test('training is a name like any other where it is defined', () => {
  expect(steps(make('training = 2 * x\n h = training'), 1, 1)[0]).toEqual(new Array(n).fill(2));
  const text = 'fn pick(training) = training + 1';
  expect(steps(make('h = pick(x)', 'train', text), 1, 1)[0]).toEqual(new Array(n).fill(2));
});

test('the words of scopes name no equation', () => {
  expect(steps(make('step = dropout(x, 0.5, per: step)\n h = step'), 1, 1)[0]).toContain(2);
});
