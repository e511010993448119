// The updates against the papers' formulas, worked out step by step beside them.

import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { real } from '../../src/graph/type.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import {
  momentName,
  momentsOf,
  type Optimizer,
  sharedInputs,
  withUpdate,
} from '../../src/train/optimizers.ts';

/** A gradient graph whose gradients are simply given. */
function given(): Graph {
  const b = new GraphBuilder('given');
  b.input('W', real(2), 'parameter');
  b.input('b', real(), 'parameter');
  b.output('loss', b.input('given', real(), 'shared'));
  b.output('grad.W', b.input('gW', real(2), 'shared'));
  b.output('grad.b', b.input('gb', real(), 'shared'));
  return b.finish();
}

/** The weights after each step. `losses`: the loss at each step, 1 where it is not given. */
function run(
  optimizer: Optimizer,
  clip: number | undefined,
  gradients: readonly number[][],
  losses: readonly number[] = [],
): number[][] {
  const weights = ['W', 'b'];
  const graph = withUpdate(given(), weights, optimizer, clip);
  let values = new Map<string, Tensor>([
    ['W', realTensor([2], [1, -2])],
    ['b', realTensor([], [0.5])],
  ]);
  for (const moment of momentsOf(optimizer)) {
    values.set(momentName(moment, 'W'), realTensor([2]));
    values.set(momentName(moment, 'b'), realTensor([]));
  }
  return gradients.map((g, k) => {
    const inputs = new Map(values).set('given', realTensor([], [losses[k] ?? 1]));
    inputs.set('gW', realTensor([2], g.slice(0, 2)));
    inputs.set('gb', realTensor([], g.slice(2)));
    for (const [name, number] of sharedInputs(optimizer, 0.1, k + 1))
      inputs.set(name, realTensor([], [number]));
    const outputs = evaluate(graph, inputs);
    expect(outputs.has('grad.W')).toBe(false);
    values = new Map([...values.keys()].map((name) => [name, outputs.get(`next.${name}`) as Tensor]));
    return weights.flatMap((name) => [...(values.get(name)?.data ?? [])]);
  });
}

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], 12);
  });
}

const GRADIENTS = [
  [0.3, -0.4, 0],
  [1, 2, -2],
  [0.1, 0, 0.7],
];

describe('the optimizers', () => {
  it('sgd', () => {
    const [first] = run({ kind: 'sgd', momentum: 0, nesterov: false }, undefined, GRADIENTS);
    close(first, [1 - 0.03, -2 + 0.04, 0.5]);
  });

  it.each([false, true])('sgd with momentum, Nesterov %s', (nesterov) => {
    const runs = run({ kind: 'sgd', momentum: 0.9, nesterov }, undefined, GRADIENTS);
    const w = [1, -2, 0.5];
    const buffer = [0, 0, 0];
    GRADIENTS.forEach((g, k) => {
      g.forEach((gi, i) => {
        buffer[i] = 0.9 * buffer[i] + gi;
        w[i] -= 0.1 * (nesterov ? gi + 0.9 * buffer[i] : buffer[i]);
      });
      close(runs[k], w);
    });
  });

  it.each([0, 0.3])('adam, decay %s', (decay) => {
    const rates = { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
    const optimizer: Optimizer =
      decay === 0 ? { kind: 'adam', ...rates } : { kind: 'adamw', ...rates, decay };
    const runs = run(optimizer, undefined, GRADIENTS);
    const w = [1, -2, 0.5];
    const m = [0, 0, 0];
    const v = [0, 0, 0];
    GRADIENTS.forEach((g, k) => {
      g.forEach((gi, i) => {
        m[i] = 0.9 * m[i] + 0.1 * gi;
        v[i] = 0.99 * v[i] + 0.01 * gi * gi;
        const mHat = m[i] / (1 - 0.9 ** (k + 1));
        const vHat = v[i] / (1 - 0.99 ** (k + 1));
        w[i] -= 0.1 * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * w[i]);
      });
      close(runs[k], w);
    });
  });

  it('clips the norm of all gradients together', () => {
    const runs = run({ kind: 'sgd', momentum: 0, nesterov: false }, 1, [
      [0.3, -0.4, 0],
      [1, 2, -2],
    ]);
    close(runs[0], [0.97, -1.96, 0.5]);
    close(runs[1], [0.97 - 0.1 / 3, -1.96 - 0.2 / 3, 0.5 + 0.2 / 3]);
  });

  it.each([NaN, Infinity, -Infinity])('changes nothing where the loss is not finite (%s)', (bad) => {
    const optimizer = { kind: 'sgd', momentum: 0.9, nesterov: false } as const;
    const runs = run(optimizer, undefined, GRADIENTS, [1, bad, 1]);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[1]);
  });

  it.each([NaN, Infinity, 1e300])('changes nothing where a gradient is not finite (%s)', (bad) => {
    for (const optimizer of [
      { kind: 'sgd', momentum: 0.9, nesterov: false },
      { kind: 'adamw', beta1: 0.9, beta2: 0.99, eps: 1e-8, decay: 0.1 },
    ] as const) {
      const runs = run(optimizer, 1, [
        [0.3, -0.4, 0],
        [1, bad, 2],
        [0.3, -0.4, 0],
      ]);
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2].every(Number.isFinite)).toBe(true);
      expect(runs[2]).not.toEqual(runs[1]);
    }
  });
});
