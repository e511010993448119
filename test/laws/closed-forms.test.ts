// Gradients that are on paper: programs whose loss can be written down as a formula of everything that goes in, each with
// the derivation beside it. What is compared is worked out here by these formulas, never by a recurrence.
//
// Steps are counted from 1, h0 is the start, s(t) stands for s at step t, and L = sum of w(t) h(t), w the cotangents.
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { runProgram } from '../../src/study/run.ts';
import { indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkText } from '../check/programs.ts';
import { distance } from './distance.ts';

type Arrays = Readonly<Record<string, Tensor>>;

/** Float64 as scan and unrolled; float32, where some hundred roundings of 6e-8 come together. */
const WAYS = [
  { way: 'scanned', options: { unroll: false, target: 'reference' }, bound: 1e-13 },
  { way: 'unrolled', options: { unroll: true, target: 'reference' }, bound: 1e-13 },
  { way: 'wasm', options: { unroll: false, target: 'wasm' }, bound: 1e-5 },
] as const;

/** Runs a program with gradients in all ways, and holds what comes out against what is on paper. */
async function onPaper(text: string, given: Arrays, expected: Arrays): Promise<void> {
  const file = checkText(makeSource('closed-form.rnn', text));
  for (const { way, options, bound } of WAYS) {
    const { outputs, diagnostics } = await runProgram(file, file.blocks[0], new Map(Object.entries(given)), {
      ...options,
      gradient: true,
    });
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    for (const [name, tensor] of Object.entries(expected)) {
      expect(distance(outputs!.get(name)!, tensor), `${name}, ${way}`).toBeLessThanOrEqual(bound);
    }
  }
}

/** One sequence of scalars, [1, T]. */
const sequence = (numbers: readonly number[]): Tensor => realTensor([1, numbers.length], numbers);
const scalar = (number: number): Tensor => realTensor([], [number]);
/** Of one sequence a scalar: a start, its gradient. */
const single = (number: number): Tensor => realTensor([1], [number]);

/** `term(1) + ... + term(n)`. */
function sum(n: number, term: (t: number) => number): number {
  let total = 0;
  for (let t = 1; t <= n; t++) total += term(t);
  return total;
}

/** Numbers of no pattern between -1 and 1, exact in float32. */
const someNumbers = (n: number, phase: number): number[] =>
  Array.from({ length: n }, (_, k) => Math.fround(Math.sin(1.7 * k * k + phase)));

describe('a scalar linear recurrence: h = a prev h + b x', () => {
  const text = `cell Linear() {
    input x: []
    state h: []
    param a, b: []
    h = a * prev h + b * x
    output h
  }`;

  // h(t) = a^t h0 + b sum over s <= t of a^(t-s) x(s). So
  //   dL/dh0   = sum over t of w(t) a^t
  //   dL/dx(s) = b sum over t >= s of w(t) a^(t-s)
  //   dL/db    = sum over t of w(t) sum over s <= t of a^(t-s) x(s)
  //   dL/da    = sum over t of w(t) (t a^(t-1) h0 + b sum over s < t of (t-s) a^(t-s-1) x(s))
  const cases = [1, 2, 9, 50].flatMap((T) => [0.75, -0.5, 1, 0].map((a) => [T, a] as const));
  test.each(cases)('%i steps, a = %f', async (T, a) => {
    const [b, h0] = [1.25, -0.5];
    const [x, w] = [someNumbers(T, 1), someNumbers(T, 2)];
    await onPaper(
      text,
      {
        a: scalar(a),
        b: scalar(b),
        x: sequence(x),
        'state.h': single(h0),
        'cotangent.h': sequence(w),
      },
      {
        'grad.state.h': single(sum(T, (t) => w[t - 1] * a ** t)),
        'grad.x': sequence(x.map((_, i) => b * sum(T, (t) => (t > i ? w[t - 1] * a ** (t - 1 - i) : 0)))),
        'grad.b': scalar(sum(T, (t) => w[t - 1] * sum(t, (s) => a ** (t - s) * x[s - 1]))),
        'grad.a': scalar(
          sum(
            T,
            (t) =>
              w[t - 1] *
              (t * a ** (t - 1) * h0 + b * sum(t - 1, (s) => (t - s) * a ** (t - s - 1) * x[s - 1])),
          ),
        ),
      },
    );
  });

  // x = 1, h0 = 0 and L = h(T): a geometric series. L = b (1 - a^T) / (1 - a),
  //   dL/da = b ((1 - a^T) / (1 - a)^2 - T a^(T-1) / (1 - a)).
  test.each([3, 20, 50])('a geometric series of %i terms', async (T) => {
    const [a, b] = [0.75, 1.25];
    await onPaper(
      text,
      {
        a: scalar(a),
        b: scalar(b),
        x: sequence(new Array(T).fill(1)),
        'cotangent.h': sequence([...new Array(T - 1).fill(0), 1]),
      },
      {
        'state.h': single((b * (1 - a ** T)) / (1 - a)),
        'grad.b': scalar((1 - a ** T) / (1 - a)),
        'grad.a': scalar(b * ((1 - a ** T) / (1 - a) ** 2 - (T * a ** (T - 1)) / (1 - a))),
      },
    );
  });
});

describe('a matrix linear recurrence: h = A prev h + B x, L = c . h(T)', () => {
  const text = `cell Linear(n, m) {
    input x: [n]
    state h: [m]
    param A: [m, m]
    param B: [m, n]
    h = A @ prev h + B @ x
    y = last h
    output y
  }`;

  type Matrix = readonly (readonly number[])[];
  const times = (P: Matrix, Q: Matrix): Matrix =>
    P.map((row) => Q[0].map((_, j) => sum(Q.length, (k) => row[k - 1] * Q[k - 1][j])));
  const transposed = (P: Matrix): Matrix => P[0].map((_, j) => P.map((row) => row[j]));
  const plus = (P: Matrix, Q: Matrix): Matrix => P.map((row, i) => row.map((p, j) => p + Q[i][j]));
  const column = (v: readonly number[]): Matrix => v.map((p) => [p]);
  const tensor = (P: Matrix): Tensor => realTensor([P.length, P[0].length], P.flat());
  /** A column, as a batch of one. */
  const only = (P: Matrix): Tensor => realTensor([1, P.length], P.flat());

  // h(t) = A^t h0 + sum over s <= t of A^(t-s) B x(s). A changed by dA changes A^k by the sum over i + j = k - 1 of
  // A^i dA A^j; so with ' for transposed
  //   dL/dA    = sum over t of (A')^(T-t) c h(t-1)', which is the double sum
  //              sum over t of (A')^(T-t) c (A^(t-1) h0 + sum over s < t of A^(t-1-s) B x(s))'
  //   dL/dB    = sum over t of (A')^(T-t) c x(t)'
  //   dL/dh0   = (A')^T c
  //   dL/dx(t) = B' (A')^(T-t) c
  async function compare(A: Matrix, T: number, power: (k: number) => Matrix): Promise<void> {
    const [n, m] = [2, A.length];
    const B: Matrix = Array.from({ length: m }, (_, i) => someNumbers(n, 3 + i));
    const x = Array.from({ length: T }, (_, t) => someNumbers(n, 10 + t));
    const [h0, c] = [column(someNumbers(m, 4)), column(someNumbers(m, 5))];
    const back = (t: number): Matrix => times(transposed(power(T - t)), c);
    const past = (t: number): Matrix =>
      x
        .slice(0, t - 1)
        .map((v, s) => times(power(t - 2 - s), times(B, column(v))))
        .reduce(plus, times(power(t - 1), h0));
    const steps = x.map((_, t) => t + 1);
    await onPaper(
      text,
      {
        A: tensor(A),
        B: tensor(B),
        x: realTensor([1, T, n], x.flat()),
        'state.h': only(h0),
        'cotangent.y': only(c),
      },
      {
        'grad.A': tensor(steps.map((t) => times(back(t), transposed(past(t)))).reduce(plus)),
        'grad.B': tensor(steps.map((t) => times(back(t), transposed(column(x[t - 1])))).reduce(plus)),
        'grad.state.h': only(times(transposed(power(T)), c)),
        'grad.x': realTensor(
          [1, T, n],
          steps.flatMap((t) => times(transposed(B), back(t)).flat()),
        ),
      },
    );
  }

  test.each([1, 2, 8, 30])('%i steps', async (T) => {
    const A: Matrix = Array.from({ length: 5 }, (_, i) => someNumbers(5, 20 + i).map((p) => p / 4));
    const identity = A.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
    const powers: Matrix[] = [identity];
    for (let k = 1; k <= T; k++) powers.push(times(A, powers[k - 1]));
    await compare(A, T, (k) => powers[k]);
  });

  // A Jordan block, whose powers are known: [a 1; 0 a]^k = [a^k  k a^(k-1); 0  a^k].
  test.each([0.5, 1, 0])('a Jordan block of %f, 12 steps', async (a) => {
    const power = (k: number): Matrix => [
      [a ** k, k === 0 ? 0 : k * a ** (k - 1)],
      [0, a ** k],
    ];
    await compare(power(1), 12, power);
  });
});

describe('a leaky integrator with a learned rate', () => {
  // k = sigmoid(r), x = u at all steps: h(t) = u + (1-k)^t (h0 - u). With L = h(T)
  //   dL/dr = -T (1-k)^(T-1) (h0 - u) k (1-k), as sigmoid' = k (1-k)
  //   dL/dh0 = (1-k)^T,  dL/dx(t) = k (1-k)^(T-t)
  test.each([1, 5, 50])('%i steps', async (T) => {
    const [r, u, h0] = [-3, 0.75, -1];
    const k = 1 / (1 + Math.exp(-r));
    await onPaper(
      `cell Leaky() {
        input x: []
        state h: []
        param r: []
        k = sigmoid(r)
        h = (1 - k) * prev h + k * x
        y = last h
        output y
      }`,
      {
        r: scalar(r),
        x: sequence(new Array(T).fill(u)),
        'state.h': single(h0),
      },
      {
        y: single(u + (1 - k) ** T * (h0 - u)),
        'grad.r': scalar(-T * (1 - k) ** T * (h0 - u) * k),
        'grad.state.h': single((1 - k) ** T),
        'grad.x': sequence(Array.from({ length: T }, (_, t) => k * (1 - k) ** (T - 1 - t))),
      },
    );
  });
});

describe('a product over time', () => {
  // p(t) = x(1) ... x(t): dL/dx(s) = sum over t >= s of w(t) times the product of all x(r), r <= t, but x(s). Where one x is zero
  // this is no quotient p(t) / x(s).
  const cases = [
    ['no zero', [0.5, -1.5, 2, 1.25, -0.75]],
    ['one zero', [0.5, -1.5, 0, 1.25, -0.75]],
    ['two zeros', [0.5, 0, 2, 0, -0.75]],
  ] as const;
  test.each(cases)('%s', async (_, x) => {
    const w = someNumbers(x.length, 6);
    const product = (t: number, but: number): number =>
      x.reduce((p: number, v, r) => (r < t && r !== but ? p * v : p), 1);
    await onPaper(
      `cell Product() {
        input x: []
        state p: [] = 1
        p = prev p * x
        output p
      }`,
      { x: sequence(x), 'cotangent.p': sequence(w) },
      {
        p: sequence(x.map((_, t) => product(t + 1, -1))),
        'grad.x': sequence(x.map((_, s) => sum(x.length, (t) => (t > s ? w[t - 1] * product(t, s) : 0)))),
      },
    );
  });
});

// Of x(1) ... x(l), l the length of the sequence: the sum has the slope 1 everywhere, the mean 1/l, the last 1 at l, the
// largest 1 at the first of the largest; and nothing has a slope beyond l.
test('sum, mean, last and largest of unequal lengths', async () => {
  const [T, lengths] = [4, [4, 1, 3]];
  const x = [...[1, 3, 3, 2], ...[-5, 9, 9, 9], ...[-1, -4, -2, 9]];
  const [ws, wm, wl, wt] = [1, 2, 3, 4].map((k) => someNumbers(3, k));
  const largest = [1, 0, 0];
  const slope = (b: number, t: number): number =>
    t >= lengths[b]
      ? 0
      : ws[b] + wm[b] / lengths[b] + (t === lengths[b] - 1 ? wl[b] : 0) + (t === largest[b] ? wt[b] : 0);
  const perSequence = (numbers: readonly number[]): Tensor => realTensor([3], numbers);
  await onPaper(
    `cell Ends() {
      input x: []
      total = sum over time x
      average = mean over time x
      final = last x
      top = max over time x
      output total
      output average
      output final
      output top
    }`,
    {
      x: realTensor([3, T], x),
      lengths: indexTensor([3], lengths),
      'cotangent.total': perSequence(ws),
      'cotangent.average': perSequence(wm),
      'cotangent.final': perSequence(wl),
      'cotangent.top': perSequence(wt),
    },
    {
      total: perSequence([9, -5, -7]),
      average: perSequence([9 / 4, -5, -7 / 3]),
      final: perSequence([2, -5, -2]),
      top: perSequence([3, -5, -1]),
      'grad.x': realTensor(
        [3, T],
        x.map((_, i) => slope(Math.floor(i / T), i % T)),
      ),
    },
  );
});

// L = -(1/N) sum over all real steps of log p[y], p = softmax(a), a = W x + c, N their number. Since log p[y] = a[y] - log sum e^a,
// dL/da = (p - e_y) / N, e_y being 1 at y and 0 elsewhere; and so
//   dL/dW = sum of dL/da x',  dL/dc = sum of dL/da,  dL/dx = W' dL/da.
test('a softmax with cross entropy, unequal lengths: p - y', async () => {
  const [T, n, v, lengths] = [3, 2, 4, [3, 1]];
  const W = Array.from({ length: v }, (_, i) => someNumbers(n, i));
  const c = someNumbers(v, 7);
  const x = Array.from({ length: 2 * T }, (_, i) => someNumbers(n, 30 + i));
  const y = [3, 0, 2, 1, 3, 3];
  const N = 4;
  const slopes = x.map((at, i) => {
    if (i % T >= lengths[Math.floor(i / T)]) return new Array<number>(v).fill(0);
    const powers = W.map((row, k) => Math.exp(sum(n, (j) => row[j - 1] * at[j - 1]) + c[k]));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((power, k) => (power / total - (k === y[i] ? 1 : 0)) / N);
  });
  const over = (term: (i: number) => number): number => sum(2 * T, (i) => term(i - 1));
  await onPaper(
    `model ReadOut(n, v) {
      input  x: [n]
      target y: index(v)
      param W: [v, n]
      param c: [v]
      loss cross_entropy(W @ x + c, y)
    }`,
    {
      W: realTensor([v, n], W.flat()),
      c: realTensor([v], c),
      x: realTensor([2, T, n], x.flat()),
      y: indexTensor([2, T], y),
      lengths: indexTensor([2], lengths),
    },
    {
      'grad.c': realTensor(
        [v],
        c.map((_, k) => over((i) => slopes[i][k])),
      ),
      'grad.W': realTensor(
        [v, n],
        W.flatMap((row, k) => row.map((_, j) => over((i) => slopes[i][k] * x[i][j]))),
      ),
      'grad.x': realTensor(
        [2, T, n],
        x.flatMap((at, i) => at.map((_, j) => sum(v, (k) => slopes[i][k - 1] * W[k - 1][j]))),
      ),
    },
  );
});

// h(1) = tanh(u h0 + w x(1)), h(2) = tanh(u h(1) + w x(2)), L = h(2). With d(t) = 1 - h(t)^2, the slope of tanh there:
//   dL/du    = d(2) (h(1) + u d(1) h0)        dL/dx(2) = d(2) w
//   dL/dw    = d(2) (x(2) + u d(1) x(1))      dL/dx(1) = d(2) u d(1) w
//   dL/dh0   = d(2) u d(1) u
test('two steps of tanh', async () => {
  const [u, w, h0, x1, x2] = [0.75, -1.25, 0.5, 0.25, -0.875];
  const h1 = Math.tanh(u * h0 + w * x1);
  const h2 = Math.tanh(u * h1 + w * x2);
  const [d1, d2] = [1 - h1 ** 2, 1 - h2 ** 2];
  await onPaper(
    `cell Tanh() {
      input x: []
      state h: []
      param u, w: []
      h = tanh(u * prev h + w * x)
      y = last h
      output y
    }`,
    {
      u: scalar(u),
      w: scalar(w),
      x: sequence([x1, x2]),
      'state.h': single(h0),
    },
    {
      y: single(h2),
      'grad.u': scalar(d2 * (h1 + u * d1 * h0)),
      'grad.w': scalar(d2 * (x2 + u * d1 * x1)),
      'grad.state.h': single(d2 * u * d1 * u),
      'grad.x': sequence([d2 * u * d1 * w, d2 * w]),
    },
  );
});
