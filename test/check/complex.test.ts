// Complex values: a meaning of their own, with complex arithmetic that knows nothing of pairs of graphs, for expressions of
// all kinds; the models in closed form; and the names under which both parts are seen.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/vjp.ts';
import { RandomStream } from '../../src/base/random.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { showSizes } from '../../src/check/size.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { TIME } from '../../src/graph/type.ts';
import { realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { complaints, equations, good, goodCell, instances, weights } from './checking.ts';

type Complex = readonly [re: number, im: number];

interface Value {
  readonly shape: readonly number[];
  readonly entries: readonly Complex[];
}

const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const subtract = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d];
const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const exp = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
/** In polar form, unlike the program. */
const divide = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const size = Math.hypot(a, b) / Math.hypot(c, d);
  const angle = Math.atan2(b, a) - Math.atan2(d, c);
  return [size * Math.cos(angle), size * Math.sin(angle)];
};
const power = (z: Complex, k: number): Complex => {
  const [size, angle] = [Math.hypot(...z) ** k, k * Math.atan2(z[1], z[0])];
  return [size * Math.cos(angle), size * Math.sin(angle)];
};

function map({ shape, entries }: Value, f: (z: Complex) => Complex): Value {
  return { shape, entries: entries.map((z) => f(z)) };
}

function zip(f: (a: Complex, b: Complex) => Complex, a: Value, b: Value): Value {
  const [shape, count] = a.shape.length === 0 ? [b.shape, b.entries.length] : [a.shape, a.entries.length];
  const at = ({ shape: own, entries }: Value, i: number): Complex => entries[own.length === 0 ? 0 : i];
  return { shape, entries: Array.from({ length: count }, (_, i) => f(at(a, i), at(b, i))) };
}

function sum(entries: readonly Complex[]): Complex {
  return entries.reduce(add, [0, 0]);
}

function product(a: Value, b: Value): Value {
  const shape = [...a.shape.slice(0, -1), ...b.shape.slice(1)];
  const columns = b.shape[1] ?? 1;
  const inner = b.shape[0];
  const entries = Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const terms = Array.from({ length: inner }, (_, k) =>
      multiply(a.entries[row * inner + k], b.entries[k * columns + column]),
    );
    return sum(terms);
  });
  return { shape, entries };
}

/** What the program is given, each at three steps. */
const GIVEN: Readonly<Record<string, { readonly shape: readonly number[]; readonly complex: boolean }>> = {
  s: { shape: [], complex: true },
  u: { shape: [2], complex: true },
  v: { shape: [2], complex: true },
  x: { shape: [2], complex: false },
  A: { shape: [2, 2], complex: true },
  B: { shape: [2, 2], complex: true },
  R: { shape: [2, 2], complex: false },
};

type Scope = ReadonlyMap<string, Value>;

/** A text, and what it means for what is given. Its absolute value is kept small. */
interface Grown {
  readonly text: string;
  readonly complex: boolean;
  readonly of: (scope: Scope) => Value;
}

const name = (text: string): Grown => ({
  text,
  complex: GIVEN[text].complex,
  of: (scope) => scope.get(text)!,
});

/** Complex expressions of a rank, of at most so many levels. */
function grown(rank: number, depth: number): fc.Arbitrary<Grown> {
  const names = Object.keys(GIVEN).filter((key) => GIVEN[key].shape.length === rank && GIVEN[key].complex);
  const leaf = fc.constantFrom(...names).map(name);
  if (depth === 0) return leaf;
  const same = fc.oneof(leaf, grown(rank, depth - 1));
  const real = fc.constantFrom('0.5', ...(rank === 1 ? ['x'] : rank === 2 ? ['R'] : []));
  const realValue = (text: string, scope: Scope): Value =>
    scope.get(text) ?? { shape: [], entries: [[Number(text), 0]] };
  const two = (operator: string, f: (a: Complex, b: Complex) => Complex, half = false): fc.Arbitrary<Grown> =>
    fc.tuple(same, same, real, fc.integer({ min: 0, max: 4 })).map(([a, b, r, which]) => {
      const [left, right] = which === 0 ? [r, b.text] : which === 1 ? [a.text, r] : [a.text, b.text];
      const of = (scope: Scope): Value => {
        const p = which === 0 ? realValue(r, scope) : a.of(scope);
        const q = which === 1 ? realValue(r, scope) : b.of(scope);
        const found = zip(f, p, q);
        return half ? map(found, ([c, d]) => [0.5 * c, 0.5 * d]) : found;
      };
      return {
        text: `(${half ? '0.5 * (' : ''}${left} ${operator} ${right}${half ? ')' : ''})`,
        complex: true,
        of,
      };
    });
  const one = (word: string, f: (z: Complex) => Complex): fc.Arbitrary<Grown> =>
    same.map((z) => ({ text: `(${word}(${z.text}))`, complex: true, of: (scope) => map(z.of(scope), f) }));
  const ways: fc.Arbitrary<Grown>[] = [
    two('+', add, true),
    two('-', subtract, true),
    two('*', multiply),
    one('conj', ([a, b]) => [a, -b]),
    one('-', ([a, b]) => [-a, -b]),
    one('0.3 * exp', (z) => multiply([0.3, 0], exp(z))),
    fc.tuple(same, fc.integer({ min: 1, max: 5 })).map(([z, k]) => ({
      text: `((${z.text}) ^ ${k})`,
      complex: true,
      of: (scope) => map(z.of(scope), (entry) => power(entry, k)),
    })),
    fc.tuple(same, same).map(([a, b]) => ({
      text: `(${a.text} / (3 + ${b.text}))`,
      complex: true,
      of: (scope) =>
        zip(
          divide,
          a.of(scope),
          map(b.of(scope), (z) => add(z, [3, 0])),
        ),
    })),
    same.map((a) => ({
      text: `(0.5 / (3 + ${a.text}))`,
      complex: true,
      of: (scope) => map(a.of(scope), (z) => divide([0.5, 0], add(z, [3, 0]))),
    })),
    fc.tuple(same, same).map(([a, b]) => ({
      text: `(if re(${a.text}) > 0.1 then ${b.text} else 2)`,
      complex: true,
      of: (scope) => zip((p, q) => (p[0] > 0.1 ? q : [2, 0]), a.of(scope), b.of(scope)),
    })),
    fc.tuple(same, same).map(([a, b]) => ({
      text: `complex(im(${a.text}), abs(${b.text}))`,
      complex: true,
      of: (scope) => zip((p, q) => [p[1], Math.hypot(...q)], a.of(scope), b.of(scope)),
    })),
    same.map((a) => ({
      text: `cis(re(${a.text}))`,
      complex: true,
      of: (scope) => map(a.of(scope), ([p]) => [Math.cos(p), Math.sin(p)]),
    })),
    same.map((a) => ({
      text: `modrelu(${a.text}, -0.2)`,
      complex: true,
      of: (scope) =>
        map(a.of(scope), (z) => {
          const size = Math.hypot(...z);
          return size <= 0.2 ? [0, 0] : [((size - 0.2) / size) * z[0], ((size - 0.2) / size) * z[1]];
        }),
    })),
  ];
  if (rank === 0) {
    const vector = grown(1, depth - 1);
    ways.push(
      vector.map((z) => ({
        text: `sum(${z.text})`,
        complex: true,
        of: (scope) => ({ shape: [], entries: [sum(z.of(scope).entries)] }),
      })),
      vector.map((z) => ({
        text: `mean(${z.text})`,
        complex: true,
        of: (scope) => ({ shape: [], entries: [multiply([0.5, 0], sum(z.of(scope).entries))] }),
      })),
      fc.tuple(vector, fc.oneof(vector, fc.constant(name('x')))).map(([a, b]) => ({
        text: `dot(${b.text}, ${a.text})`,
        complex: true,
        of: (scope) => ({ shape: [], entries: [sum(zip(multiply, a.of(scope), b.of(scope)).entries)] }),
      })),
    );
  } else {
    const matrix = fc.oneof(grown(2, Math.min(1, depth - 1)), fc.constant(name('R')));
    ways.push(
      fc.tuple(matrix, same).map(([m, z]) => ({
        text: `(${m.text} @ ${z.text})`,
        complex: true,
        of: (scope) => product(m.of(scope), z.of(scope)),
      })),
    );
  }
  if (rank === 1) {
    const matrix = fc.oneof(grown(2, Math.min(1, depth - 1)), fc.constant(name('R')));
    ways.push(
      fc.tuple(same, matrix).map(([z, m]) => ({
        text: `(${z.text} @ ${m.text})`,
        complex: true,
        of: (scope) => {
          const row = z.of(scope);
          return { shape: [2], entries: product({ ...row, shape: [1, 2] }, m.of(scope)).entries };
        },
      })),
    );
  }
  if (rank === 2) {
    ways.push(
      fc.tuple(grown(1, depth - 1), fc.oneof(grown(1, depth - 1), fc.constant(name('x')))).map(([a, b]) => ({
        text: `outer(${a.text}, ${b.text})`,
        complex: true,
        of: (scope) => ({
          shape: [2, 2],
          entries: a.of(scope).entries.flatMap((p) => b.of(scope).entries.map((q) => multiply(p, q))),
        }),
      })),
      same.map((m) => ({
        text: `transpose(${m.text})`,
        complex: true,
        of: (scope) => {
          const [a, b, c, d] = m.of(scope).entries;
          return { shape: [2, 2], entries: [a, c, b, d] };
        },
      })),
    );
  }
  return fc.oneof(...ways);
}

const STEPS = 3;

/** The inputs that a text names. */
function declarationsFor(text: string): string {
  return Object.entries(GIVEN)
    .filter(([key]) => new RegExp(`\\b${key}\\b`).test(text))
    .map(([key, { shape, complex }]) => `input ${key}: ${complex ? 'complex ' : ''}[${shape.join(', ')}]\n`)
    .join('');
}

/** Runs a program of one cell for three steps. */
function run(
  text: string,
  inputs: ReadonlyMap<string, Tensor>,
  sizes: Readonly<Record<string, number>> = {},
) {
  const file = good(text);
  const { program, diagnostics } = elaborate(file, {
    sizes: new Map(Object.entries(sizes)),
    mode: 'evaluate',
    startingStates: false,
  });
  expect(diagnostics).toEqual([]);
  const { graph } = program!;
  const names = new Set(graph.nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : [])));
  const taken = new Map([...inputs].filter(([key]) => names.has(key)));
  return { graph, found: evaluate(graph, taken, new Map([[TIME, STEPS]])) };
}

const numbers = (count: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: -1000, max: 1000 }), { minLength: count, maxLength: count })
    .map((all) => all.map((n) => n / 1000));

test('a complex expression means what complex arithmetic says', () => {
  const drawn = fc.record(
    Object.fromEntries(
      Object.entries(GIVEN).flatMap(([key, { shape, complex }]) => {
        const count = STEPS * shape.reduce((a, b) => a * b, 1);
        return (complex ? [`${key}.re`, `${key}.im`] : [key]).map((part) => [part, numbers(count)]);
      }),
    ),
  );
  const expression = fc.oneof(grown(0, 3), grown(1, 3), grown(2, 3));
  const property = fc.property(expression, drawn, (e, given) => {
    const shapeOf = (key: string): readonly number[] => GIVEN[key.replace(/\..*/, '')].shape;
    const inputs = new Map(
      Object.entries(given).map(([key, data]) => [key, realTensor([STEPS, ...shapeOf(key)], data)]),
    );
    const { found } = run(`cell C() {\n${declarationsFor(e.text)}z = ${e.text}\noutput z\n}`, inputs);
    for (let t = 0; t < STEPS; t++) {
      const scope = new Map(
        Object.entries(GIVEN).map(([key, { shape, complex }]): [string, Value] => {
          const size = shape.reduce((a, b) => a * b, 1);
          const at = (part: string, i: number): number => given[part][t * size + i];
          const entries = Array.from(
            { length: size },
            (_, i): Complex => (complex ? [at(`${key}.re`, i), at(`${key}.im`, i)] : [at(key, i), 0]),
          );
          return [key, { shape, entries }];
        }),
      );
      const { entries } = e.of(scope);
      const scale = 1e-12 * (1 + Math.max(...entries.map((z) => Math.hypot(...z))) ** 2);
      for (const [i, [re, im]] of entries.entries()) {
        const place = t * entries.length + i;
        expect(Math.abs(found.get('z.re')!.data[place] - re)).toBeLessThanOrEqual(100 * scale);
        expect(Math.abs(found.get('z.im')!.data[place] - im)).toBeLessThanOrEqual(100 * scale);
      }
    }
  });
  fc.assert(property, { numRuns: 300, seed: 1 });
});

/** Two ways to say the same: the equations of z, once at each step or once for the sequence. */
const SAME: readonly (readonly [string, string])[] = [
  ['z[i] = sum over j: A[i, j] * u[j]', 'z = A @ u'],
  ['z[i, k] = sum over j: A[i, j] * (B[j, k] + R[j, k])', 'z = A @ (B + R)'],
  ['z = mean over i, j: A[i, j] * B[i, j]', 'z = dot(A, B) / 4'],
  ['z[i] = exp(u[i]) / (2 + v[i]) - conj(u[i]) * x[i]', 'z = exp(u) / (2 + v) - conj(u) * x'],
  ['z[i, j] = u[i] * v[j] * s', 'z = outer(u, v) * s'],
  ['z[i] = complex(abs(u[i]), i * x[i])', 'z = complex(abs(u), concat(0 * x[0:1], x[1:2]))'],
  ['z[i]: complex [2] = u[i + 1]', 'z = concat(u[1:2], 0 * u[0:1])'],
  ['z[i] = if x[i] > 0 then u[i] * v[i] else x[i]', 'z = if x > 0 then u * v else x'],
  ['z[i]: complex [2, 2] = A[i]', 'z = A'],
  ['z[i]: complex [2, 2] = A[i, :] * 2', 'z = 2 * A'],
  ['z = sum over i: A[i, 1] * u[0]', 'z = u[0] * (A[0, 1] + A[1, 1])'],
  ['z = u[argmax(x)] * v[argmax(x)]', 'z = if x[0] >= x[1] then u[0] * v[0] else u[1] * v[1]'],
  ['z = transpose(A)[0]', 'z = concat(A[0:1, 0], A[1:2, 0])'],
  ['z = reshape(reshape(A * B, [4]), [2, 2])', 'z = A * B'],
  ['w = all over time (u * v)\nz = sum(w)', 'z = sum over time sum(u * v)'],
  ['w = all over time u\nz = sum(complex(abs(w), 0) * (w + 1))', 'z = sum over time sum(abs(u) * (u + 1))'],
  [
    'w = all over time u\nz = each step (transpose(w) @ w) @ v',
    'w = sum over time outer(u, u)\nz = each step w @ v',
  ],
  [
    'w = all over time u\nk: [time] = each step abs(w[:, 0])\nz = k @ each step w',
    'w = sum over time (abs(u[0]) * u)\nz = each step w',
  ],
  ['z = each step (mean over time (u * s)) * v', 'm = mean over time (u * s)\nz = v * each step m'],
  ['z[i] = last u[i] * last v[i]', 'z = last (u) * last (v)'],
  ['z = delay(u, 1) * delay(u, 1)', 'z = delay(u, 1) ^ 2'],
  [
    'state h: complex [2]\nh[i] = 0.5 * cis(x[i]) * prev h[i] + u[i]\nz = h',
    'state h: complex [2]\nh = 0.5 * cis(x) * prev h + u\nz = h',
  ],
  [
    'state k: index(3) = 1\nk = if prev k == 2 then 0 else 2\nz = if k == 2 then u else 2 * v',
    'state c: []\nc = 1 - prev c\nz = if c > 0 then u else 2 * v',
  ],
  [
    'fn turned(a: complex [n], b: complex, c: []) = b * a + c\nz = turned(u, s, sum(x))',
    'z = s * u + sum(x)',
  ],
  [
    'fn f(a) = abs(complex(a, 1) ^ 2)\nz[i] = complex(repeat(f, x[i], 2), 0) * u[i]',
    'a = (x * x + 1) ^ 2 + 1\nz = a * u',
  ],
];

test.each(SAME)('%s', (one, other) => {
  const random = new RandomStream(7, 'complex values');
  const inputs = new Map(
    Object.entries(GIVEN).flatMap(([key, { shape, complex }]) =>
      (complex ? [`${key}.re`, `${key}.im`] : [key]).map((part) => {
        const count = STEPS * shape.reduce((a, b) => a * b, 1);
        return [
          part,
          realTensor(
            [STEPS, ...shape],
            Array.from({ length: count }, () => 2 * random.uniform() - 1),
          ),
        ] as const;
      }),
    ),
  );
  const [p, q] = [one, other].map(
    (text) => run(`cell C() {\n${declarationsFor(text)}${text}\noutput z\n}`, inputs).found,
  );
  for (const part of ['z.re', 'z.im']) {
    const [a, b] = [p, q].map((found) => found.get(part)!);
    expect(a.shape).toEqual(b.shape);
    for (const [i, value] of b.data.entries()) expect(a.data[i]).toBeCloseTo(value, 12);
  }
});

function file(path: string): string {
  return readFileSync(new URL(`../../models/${path}`, import.meta.url), 'utf8');
}

test('the LRU is the sum of its past, in closed form', () => {
  const [n, m] = [2, 3];
  const drawn = fc.record({
    nu: numbers(m),
    theta: numbers(m),
    'B.re': numbers(m * n),
    'B.im': numbers(m * n),
    'C.re': numbers(n * m),
    'C.im': numbers(n * m),
    D: numbers(n),
    x: numbers(STEPS * n),
  });
  const shapes = { nu: [m], theta: [m], B: [m, n], C: [n, m], D: [n], x: [STEPS, n] };
  const property = fc.property(drawn, (given) => {
    const inputs = new Map(
      Object.entries(given).map(([key, data]) => {
        return [key, realTensor(shapes[key.replace(/\..*/, '') as keyof typeof shapes], data)];
      }),
    );
    const { found } = run(file('lru.rnn'), inputs, { n, m });
    const { nu, theta, D, x } = given;
    for (let t = 0; t < STEPS; t++) {
      // h_t is the sum over s of lambda^(t - s) gamma B x_s.
      const h = Array.from({ length: m }, (_, j) => {
        const size = Math.exp(-Math.exp(nu[j]));
        const gamma = Math.sqrt(1 - size * size);
        const terms = Array.from({ length: t + 1 }, (_, s) => {
          const turned = [size ** (t - s), (t - s) * Math.exp(theta[j])];
          const kept: Complex = [turned[0] * Math.cos(turned[1]), turned[0] * Math.sin(turned[1])];
          const taken = sum(
            Array.from({ length: n }, (_, i): Complex => {
              return [given['B.re'][j * n + i] * x[s * n + i], given['B.im'][j * n + i] * x[s * n + i]];
            }),
          );
          return multiply(kept, multiply([gamma, 0], taken));
        });
        return sum(terms);
      });
      for (let i = 0; i < n; i++) {
        const read = h.map((z, j) => multiply([given['C.re'][i * m + j], given['C.im'][i * m + j]], z)[0]);
        const y = read.reduce((a, b) => a + b, 0) + D[i] * x[t * n + i];
        expect(Math.abs(found.get('y')!.data[t * n + i] - y)).toBeLessThanOrEqual(1e-12);
      }
    }
  });
  fc.assert(property, { numRuns: 50, seed: 2 });
});

test('the steps of S4D are those of its differential equation', () => {
  const m = 2;
  const [decay, frequency, rate] = [[-0.7, 0.2], [3, 1], -1];
  const [bre, bim, cre, cim] = [
    [1, -0.5],
    [0.25, 2],
    [0.3, -1],
    [2, 0.7],
  ];
  const inputs = new Map([
    ['decay', realTensor([m], decay)],
    ['frequency', realTensor([m], frequency)],
    ['B.re', realTensor([m], bre)],
    ['B.im', realTensor([m], bim)],
    ['C.re', realTensor([m], cre)],
    ['C.im', realTensor([m], cim)],
    ['D', realTensor([], [0.5])],
    ['rate', realTensor([], [rate])],
    ['u', realTensor([STEPS], [1, 1, 1])],
  ]);
  const { found } = run(file('s4d.rnn'), inputs, { m });
  for (let t = 0; t < STEPS; t++) {
    // x' = A x + B from 0: x = (exp(A time) - 1) B / A, at the end of the step.
    const time = (t + 1) * Math.exp(rate);
    const terms = Array.from({ length: m }, (_, j) => {
      const a: Complex = [-Math.exp(decay[j]), frequency[j]];
      const grownBy = subtract(exp(multiply([time, 0], a)), [1, 0]);
      return multiply([cre[j], cim[j]], divide(multiply(grownBy, [bre[j], bim[j]]), a));
    });
    expect(Math.abs(found.get('y')!.data[t] - (2 * sum(terms)[0] + 0.5))).toBeLessThanOrEqual(1e-12);
  }
});

test('the transition of the unitary network keeps lengths', () => {
  const m = 3;
  const size = 2 * m;
  const program = file('urnn.rnn').replace(/## The unitary[\s\S]*$/, '');
  expect(program).toContain('cell Unitary(m)');
  const names = ['theta1', 'theta2', 'theta3', 'v1.re', 'v1.im', 'v2.re', 'v2.im'];
  const drawn = fc.record({
    weights: fc.tuple(...names.map(() => numbers(size))).filter((all) => {
      return [3, 5].every((k) => Math.hypot(...all[k], ...all[k + 1]) > 0.1);
    }),
    re: numbers(STEPS * size),
    im: numbers(STEPS * size),
  });
  const property = fc.property(drawn, ({ weights: all, re, im }) => {
    const inputs = new Map([
      ...names.map((key, k) => [key, realTensor([size], all[k])] as const),
      ['z.re', realTensor([STEPS, size], re)] as const,
      ['z.im', realTensor([STEPS, size], im)] as const,
    ]);
    const { found } = run(program, inputs, { m });
    for (let t = 0; t < STEPS; t++) {
      const at = (data: ArrayLike<number>): number[] => Array.from(data).slice(t * size, (t + 1) * size);
      const before = Math.hypot(...at(re), ...at(im));
      const after = Math.hypot(...at(found.get('w.re')!.data), ...at(found.get('w.im')!.data));
      expect(Math.abs(after - before)).toBeLessThanOrEqual(1e-12);
    }
  });
  fc.assert(property, { numRuns: 50, seed: 3 });
});

test('abs is of any size, and its slope at zero is zero', () => {
  const inputs = new Map([
    ['z.re', realTensor([STEPS], [3e200, 0, -3e-200])],
    ['z.im', realTensor([STEPS], [4e200, 0, 4e-200])],
    ['cotangent.r', realTensor([STEPS], [1, 1, 1])],
  ]);
  const { graph, found } = run('cell C() { input z: complex [] r = abs(z) output r }', inputs);
  expect([...found.get('r')!.data].map((x) => x.toPrecision(12))).toEqual([
    '5.00000000000e+200',
    '0.00000000000',
    '5.00000000000e-200',
  ]);
  const backward = vjp(graph, { outputs: ['r'], wrt: ['z.re', 'z.im'] });
  const slopes = evaluate(backward, inputs, new Map([[TIME, STEPS]]));
  const shown = ['z.re', 'z.im'].map((key) => {
    return [...slopes.get(`grad.${key}`)!.data].map((x) => Number(x.toFixed(12)));
  });
  expect(shown).toEqual([
    [0.6, 0, -0.6],
    [0.8, 0, 0.8],
  ]);
});

test('both parts of what is complex have names', () => {
  const cell = goodCell(`
    cell Turn(m) {
      input z: complex [m]
      param lambda: complex [m] ~ normal(0.5)
      state h: complex [m]
      h = lambda * prev h + z
      output h
      output 2 * h
    }
    cell C(n, m) {
      input x: [n]
      param W: complex [m, n]
      low = Turn(m: m)
      h, twice = low(W @ x)
      a = h + prev low.h + low.h + delay(h, 2)
      b, c = split(concat(a, twice), 2)
      output re(b) * im(c) + re(low.output)
    }`);
  expect(weights(cell)).toEqual(['W.re [m, n]', 'W.im [m, n]']);
  expect(cell.parameters.map(({ start }) => start.kind)).toEqual(['glorot', 'glorot']);
  expect(cell.states.map((state) => state.name)).toEqual(['a.delay.re', 'a.delay.im']);
  expect(instances(cell)).toEqual(['low Turn(m: m)']);
  const named = equations(cell).filter((text) => /^(h|a|b|c)\.(re|im)/.test(text));
  expect(named).toEqual(
    ['h', 'a', 'b', 'c'].flatMap((key) => [`${key}.re step 0 [m]`, `${key}.im step 0 [m]`]),
  );
});

test('a complex weight of an instance is read by its name', () => {
  const text = (weight: string): string => `
    cell Turn(m) {
      input z: complex [m]
      param lambda: complex [m] ~ normal(0.5)
      output lambda * z
    }
    cell C(m) {
      input x: [m]
      low = Turn(m: m)
      output low(complex(x, 1)) - ${weight}
    }`;
  good(text('low.lambda'));
  expect(complaints(text('low.lambda.re'))).toEqual([
    'RNN2016 Turn has no output, state or weight lambda.re',
  ]);
});

test('a start by the fans has its variance in both parts together', () => {
  const [real] = goodCell('cell C(n, m) { input x: [n] param W: [m, n] output W @ x }').parameters;
  const [re, im] = goodCell('cell C(n, m) { input x: [n] param W: complex [m, n] output W @ x }').parameters;
  expect(re.start).toEqual(im.start);
  expect(real.start.kind === 'glorot' && showSizes([real.start.fanIn, real.start.fanOut])).toBe('[n, m]');
  expect(re.start.kind === 'glorot' && showSizes([re.start.fanIn, re.start.fanOut])).toBe('[2 * n, 2 * m]');
});

test('complex is a word like any other where no type stands', () => {
  const text = `cell C(n) {
    input x: [n]
    complex = 2 * x
    re = complex + 1
    im: complex [n] = complex(re, complex)
    output abs(im) + re
  }`;
  const warning = (word: string): string =>
    `RNN2025 ${word} is an equation here, and also a function that is built in`;
  expect(complaints(text)).toEqual(['complex', 're', 'im'].map(warning));
});
