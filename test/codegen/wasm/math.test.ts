// The elementary functions over the whole range of float32: for numbers of every exponent and sign, at edges, at
// infinities, zeros, NaN and below the normal numbers, against float64. The bounds are the ones that the heads of
// math.ts and math-double.ts state.
import { describe, expect, test } from 'vitest';
import { fnv1a32, RandomStream, uniform24 } from '../../../src/base/random.ts';
import { GraphBuilder } from '../../../src/graph/build.ts';
import { index, real } from '../../../src/graph/type.ts';
import { indexTensor, realTensor } from '../../../src/tensor/tensor.ts';
import { compile } from '../../runtime/compiled.ts';

type OfOne = 'exp' | 'log' | 'log1p' | 'tanh' | 'sigmoid' | 'sin' | 'cos' | 'sqrt';

/** Numbers of all exponents, both signs, and the special ones. */
const EVERYWHERE: Float32Array = (() => {
  const stream = new RandomStream(5, 'everywhere');
  const numbers = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  numbers.push(1, -1, 2 ** -149, -(2 ** -149), 2 ** -126, 3.4028234663852886e38, -3.4028234663852886e38);
  for (let exponent = -149; exponent < 128; exponent++) {
    for (let k = 0; k < 24; k++) {
      const size = Math.min((1 + stream.uniform()) * 2 ** exponent, 3.4e38);
      numbers.push(size, -size);
    }
  }
  return Float32Array.from(numbers);
})();

/** Evenly from `first` to `last`. */
function range(first: number, last: number, count = 20_000): Float32Array {
  return Float32Array.from({ length: count }, (_, k) => first + ((last - first) * k) / (count - 1));
}

async function ofOne(op: OfOne, x: Float32Array): Promise<ArrayLike<number>> {
  const b = new GraphBuilder(op);
  b.output('y', b.apply(op, b.input('x', real(x.length), 'input')));
  return (await compile(b.finish())).execute(new Map([['x', realTensor([x.length], x)]])).get('y')!.data;
}

async function ofTwo(op: 'pow' | 'mod', x: Float32Array, y: Float32Array): Promise<ArrayLike<number>> {
  const b = new GraphBuilder(op);
  const [left, right] = [b.input('x', real(x.length), 'input'), b.input('y', real(x.length), 'input')];
  b.output('z', b.apply(op, left, right));
  const inputs = new Map([
    ['x', realTensor([x.length], x)],
    ['y', realTensor([x.length], y)],
  ]);
  return (await compile(b.finish())).execute(inputs).get('z')!.data;
}

/** The largest relative error; below the normal numbers it is counted in units of the smallest normal number. */
function largestError(
  actual: ArrayLike<number>,
  exact: (k: number) => number,
  where: (k: number) => string,
): number {
  let largest = 0;
  for (let k = 0; k < actual.length; k++) {
    const expected = exact(k);
    const rounded = Math.fround(expected);
    if (!Number.isFinite(rounded) || Number.isNaN(actual[k])) {
      const nearInfinity = actual[k] === Math.sign(expected) * 3.4028234663852886e38;
      if (!Object.is(actual[k], rounded) && !nearInfinity)
        expect.fail(`${where(k)} gives ${actual[k]}, not ${rounded}`);
      continue;
    }
    const error = Math.abs(actual[k] - expected) / Math.max(Math.abs(expected), 2 ** -126);
    if (error > largest) largest = error;
  }
  return largest;
}

const FUNCTIONS: { readonly [K in OfOne]: (x: number) => number } = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  sin: Math.sin,
  cos: Math.cos,
  sqrt: Math.sqrt,
};

describe('relative error', () => {
  const cases: [OfOne, Float32Array][] = [
    ['exp', range(-104, 89)],
    ['log', range(0.4, 2.5)],
    ['log1p', range(-0.999, 3)],
    ['tanh', range(-10, 10)],
    ['tanh', range(-0.7, 0.7)],
    ['sigmoid', range(-104, 20)],
    ['sqrt', range(0, 5)],
  ];
  test.each(cases)('%s', async (op, dense) => {
    for (const x of [EVERYWHERE, dense]) {
      const error = largestError(
        await ofOne(op, x),
        (k) => FUNCTIONS[op](x[k]),
        (k) => `${op} of ${x[k]}`,
      );
      expect(error).toBeLessThan(3e-7);
    }
  });
});

test.each(['sin', 'cos'] as const)('absolute error of %s', async (op) => {
  for (const x of [EVERYWHERE, range(-20, 20), range(-5e8, 5e8)]) {
    const actual = await ofOne(op, x);
    for (let k = 0; k < x.length; k++) {
      if (Math.abs(x[k]) < 2 ** 29) {
        const error = Math.abs(actual[k] - FUNCTIONS[op](x[k]));
        if (!(error < 1e-7)) expect.fail(`${op} of ${x[k]} gives ${actual[k]}`);
      } else expect(actual[k]).toBeNaN();
    }
  }
});

test('pow as ** has it', async () => {
  const special = [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2,
    -2,
    3,
    -3,
    1.5,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** -149,
    3e38,
  ];
  const stream = new RandomStream(3, 'pow');
  const pairs = special.flatMap((x) => special.map((y) => [x, y] as const));
  for (let k = 0; k < 20_000; k++) {
    const x = Math.exp(8 * stream.normal());
    pairs.push(
      [x, stream.normal() * 10],
      [-x, Math.round(stream.normal() * 8)],
      [1 + 0.01 * stream.normal(), 500],
    );
  }
  const [x, y] = [0, 1].map((side) => Float32Array.from(pairs, (pair) => pair[side]));
  const actual = await ofTwo('pow', x, y);
  const error = largestError(
    actual,
    (k) => x[k] ** y[k],
    (k) => `${x[k]} ** ${y[k]}`,
  );
  expect(error).toBeLessThan(1e-7);
});

test('mod is the remainder with the sign of the divisor', async () => {
  const special = [0, 1, -1, 2.5, -2.5, 7, -7, 1e6, -1e6, 0.1, Number.NaN, Infinity, -Infinity];
  const stream = new RandomStream(4, 'mod');
  const pairs = special.flatMap((x) => special.map((y) => [x, y] as const));
  for (let k = 0; k < 20_000; k++) pairs.push([1000 * stream.normal(), 3 * stream.normal()]);
  const [x, y] = [0, 1].map((side) => Float32Array.from(pairs, (pair) => pair[side]));
  const actual = await ofTwo('mod', x, y);
  for (let k = 0; k < x.length; k++) {
    const rest = x[k] % y[k];
    const expected = Math.fround(rest !== 0 && rest < 0 !== y[k] < 0 ? rest + y[k] : rest);
    if (Number.isNaN(expected) ? !Number.isNaN(actual[k]) : actual[k] !== expected) {
      expect.fail(`${x[k]} mod ${y[k]} gives ${actual[k]}, not ${expected}`);
    }
  }
});

test('random numbers are those of the reference, bit for bit', async () => {
  const b = new GraphBuilder('random');
  const seed = b.input('seed', index(5), 'seed');
  const step = b.input('step', index(7), 'step');
  b.output('u', b.call('uniform', [seed, step], { name: 'low.dropout', shape: [3, 11] }));
  const seeds = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
  const steps = [0, 1, 2, 1000, -5, 123456789, 7];
  const { data } = (await compile(b.finish()))
    .execute(
      new Map([
        ['seed', indexTensor([5], seeds)],
        ['step', indexTensor([7], steps)],
      ]),
    )
    .get('u')!;
  const key = fnv1a32('low.dropout');
  let k = 0;
  for (const t of steps) {
    for (const s of seeds) for (let i = 0; i < 33; i++) expect(data[k++]).toBe(uniform24(s, key, t, i));
  }
});
