// The laws: they hold where nothing is wrong, each finds a fault that is planted for it, and says what it does not apply to.
import { describe, expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { makeSource } from '../../src/base/source.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { compile } from '../../src/compile.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { BATCH, index, real, TIME } from '../../src/graph/type.ts';
import { checkLaws, holdLaw, type LawReport } from '../../src/study/check-laws.ts';
import { type Forms, makeForms } from '../../src/study/forms.ts';
import { LAWS, SECOND_ORDER } from '../../src/study/laws/all.ts';
import type { Law, Place } from '../../src/study/laws/law.ts';
import type { Case } from '../../src/study/random-case.ts';
import { indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkFile, checkText } from '../check/programs.ts';

const ALL = [...LAWS, ...SECOND_ORDER];

function check(
  file: ReturnType<typeof checkFile>,
  laws: readonly Law[],
  rules?: DerivativeTable,
): Promise<readonly LawReport[]> {
  const cell = file.blocks.at(-1)!;
  return checkLaws(laws, {
    sizes: cell.sizes.map((size) => size.name),
    programOf: (sizes, startingStates) =>
      elaborate(file, { name: cell.name, sizes, mode: 'train', startingStates }).program,
    // One case with the starts of the states, and one without.
    cases: 2,
    seed: 6,
    ...(rules && { rules }),
  });
}

const text = (source: string) => checkText(makeSource('models/test.rnn', source));
const law = (name: string): Law => ALL.find((one) => one.name === name)!;

describe('they hold', () => {
  test('for a simple cell, all of them, and each has compared something', async () => {
    for (const report of await check(checkFile('models/rnn.rnn'), ALL)) {
      expect(report.failure).toBeUndefined();
      expect(report).toMatchObject({ passed: true, exempt: undefined, cases: 2, skipped: 0, leftOut: 0 });
      expect(report.compared).toBeGreaterThan(0);
      expect(report.error).toBeLessThanOrEqual(report.law.bound);
    }
  });

  test.each([
    ['nothing but time', 'cell Count { state n: []  n = prev n + 1  output n }'],
    [
      'the number of the step',
      'cell Step(n) { input x: [n]  state h: [n]  h = prev h * 0.5 + x * t  output h }',
    ],
    ['noise', 'cell Noisy(n) { input x: [n]  state h: [n]  h = tanh(dropout(x, 0.5) + prev h)  output h }'],
    ['surrogates', 'cell S(n) { input x: [n]  s = tanh(x) + stop(floor(x) - tanh(x))  output s * s }'],
    [
      'noise in the start of a state alone',
      'cell Start(n) { input x: [n]  input who: once [n]  state h: [n] = dropout(who, 0.5)  h = tanh(x + prev h)  output h }',
    ],
    ['no states', 'cell No(n, m) { input x: [n]  y: [m] = affine(x, x)  output tanh(y) }'],
    ['the end', 'cell End(n) { input x: [n]  state h: [n]  h = tanh(x + prev h)  o = h * 2  output last o }'],
  ])('%s', async (_, source) => {
    const reports = await check(text(source), ALL);
    expect(reports.filter((report) => !report.passed)).toEqual([]);
    expect(reports.filter((report) => report.exempt !== undefined)).toEqual([]);
  });

  test.each([
    [
      'both directions',
      'h = bidirectional(RNN(m: 2))(x)  output h',
      'it runs backwards over the sequence too',
    ],
    [
      'a mean over time',
      'state h: [n]  h = tanh(x + prev h)  output mean over time h',
      'it takes something over all steps of the sequence',
    ],
    ['the largest over time', 'output max over time x', 'it takes something over all steps of the sequence'],
    [
      'the end at each step',
      'y = last x  output x * each step y',
      'its steps use what is known at the end of the sequence',
    ],
  ])('%s: no chunks, and why', async (_, body, reason) => {
    const source = `import RNN from "./rnn.rnn"\ncell Whole(n) { input x: [n]  ${body} }`;
    const reports = await check(
      text(source.includes('RNN(') ? source : source.slice(source.indexOf('\n') + 1)),
      [law('chunks'), law('steps')],
    );
    for (const report of reports) expect(report).toMatchObject({ passed: true, exempt: reason, cases: 0 });
  });
});

const wrongTanh: DerivativeTable = {
  ...derivatives,
  tanh: [({ dy, y, times, sub, number }) => times(dy, sub(number(1), y))],
};

describe('a planted fault', () => {
  const file = checkFile('models/rnn.rnn');
  const drawn: Case = {
    sizes: { n: 2, m: 2 },
    lengths: [3, 2],
    steps: 3,
    startingStates: false,
    numbers: 7,
  };
  const formsOf = (startingStates: boolean, rules?: DerivativeTable): Forms => {
    const sizes = new Map(Object.entries(drawn.sizes));
    return makeForms(elaborate(file, { sizes, mode: 'train', startingStates }).program!, rules);
  };
  const place: Place = { forms: formsOf(false), continuing: formsOf(true), drawn };
  const wrong = formsOf(false, wrongTanh);
  // Not by a spread, which would make all forms, and compile.
  const withForms = (other: Partial<Forms>): Place => {
    const [all, some] = [place.forms, other].map(Object.getOwnPropertyDescriptors);
    return { ...place, forms: Object.defineProperties({} as Forms, { ...all, ...some }) };
  };

  const faults: readonly (readonly [name: string, place: Place, what: string])[] = [
    ['unrolled', withForms({ rules: wrongTanh }), 'unrolled before it is differentiated'],
    ['optimised', withForms({ optimised: wrong.backward }), 'grad.'],
    ['wasm', withForms({ compiled: compile(wrong.backward, { target: 'wasm' }) }), 'grad.'],
    ['alone', withForms({ rules: wrongTanh }), 'grad.'],
    [
      'chunks',
      { ...place, drawn: { ...drawn, lengths: [4, 3], steps: 4 }, continuing: formsOf(true, wrongTanh) },
      'grad.',
    ],
    ['hessian', withForms({ rules: wrongTanh }), 'reverse over reverse'],
    ['symmetric', { ...place, forms: wrong }, 'u H v'],
  ];

  test.each(faults)('%s', async (name, broken, what) => {
    const found = await holdLaw(law(name), broken);
    expect(found?.failure?.what).toContain(what);
    expect(found?.failure?.gap.error).toBeGreaterThan(1e-3);
  });

  test('steps: a state that is not taken up', async () => {
    const source =
      'cell RNN(n, m) { input x: [n]  state h: [m]  param W: [m, n]  param U: [m, m]  param b: [m]  h = tanh(W @ x + b + 0 * (U @ prev h))  output h }';
    const sizes = new Map(Object.entries(drawn.sizes));
    const { program } = elaborate(text(source), { sizes, mode: 'train', startingStates: true });
    const found = await holdLaw(law('steps'), { ...place, continuing: makeForms(program!) });
    expect(found?.failure?.what).toMatch(/ of sequence 0$/);
  });

  test('hessian differences: the slope of a slope', async () => {
    // 1 - y^2 where one y has no slope of its own: the gradient is right to 1e-13, and its derivative is not.
    const flat: DerivativeTable = {
      ...derivatives,
      tanh: [
        ({ dy, y, times, sub, mul, div, floor, number }) =>
          times(dy, sub(number(1), mul(y, div(floor(mul(y, number(1e13))), number(1e13))))),
      ],
    };
    const found = await holdLaw(law('hessian differences'), { ...place, forms: formsOf(false, flat) });
    expect(found?.failure?.gap.error).toBeGreaterThan(1e-3);
  });

  /** x [T, B, 2] and lengths; `make` gives y. */
  function handMade(make: (b: GraphBuilder, x: ReturnType<GraphBuilder['input']>) => number): Place {
    const b = new GraphBuilder('hand');
    const x = b.input('x', real(TIME, BATCH, 2), 'input');
    b.input('lengths', index(BATCH), 'lengths');
    b.output('y', make(b, x) as typeof x);
    const backward = b.finish();
    return withForms({ backward, compiled: compile(backward, { target: 'wasm' }) });
  }
  const inputs = new Map<string, Tensor>([
    ['x', realTensor([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Number.NaN, Number.NaN])],
    ['lengths', indexTensor([2], [3, 2])],
  ]);

  test('order: the first sequence is taken for all', async () => {
    const mixing = handMade((b, x) => {
      const positions = b.call('convert', [b.call('iota', [], { extent: BATCH })], { element: 'real' });
      return b.apply('mul', x, b.broadcast(positions, b.shapeOf(x), [1]));
    });
    const full = new Map(inputs).set(
      'x',
      realTensor(
        [3, 2, 2],
        Array.from({ length: 12 }, (_, i) => i + 1),
      ),
    );
    expect((await holdLaw(law('order'), mixing, full))?.failure?.what).toBe('y');
    expect(
      (
        await holdLaw(
          law('order'),
          handMade((b, x) => b.apply('mul', x, x)),
          full,
        )
      )?.failure,
    ).toBeUndefined();
  });

  test('padding: it is added up with the rest', async () => {
    const leaking = handMade((b, x) => b.sum(x, [0, 1]));
    expect((await holdLaw(law('padding'), leaking, inputs))?.failure).toMatchObject({ what: 'y' });
  });
});

test('a failure is shrunk to its smallest case', async () => {
  const [{ passed, failure, law: broken }] = await check(
    checkFile('models/rnn.rnn'),
    [law('symmetric')],
    wrongTanh,
  );
  expect([passed, broken.name]).toEqual([false, 'symmetric']);
  expect(failure?.drawn).toMatchObject({ sizes: { n: 1, m: 1 }, lengths: [2], steps: 2 });
});

test('what was never finite is not passed', async () => {
  const [report] = await check(text('cell Logs(n) { input x: [n]  output log(-1 - x * x) }'), [law('order')]);
  expect(report).toMatchObject({ passed: false, cases: 0, skipped: 2, failure: undefined });
});

test('where rounding decides too much, other cases are drawn, and then it is not passed', async () => {
  // Differences of large equal numbers: nothing is left but their rounding.
  const cell = text(
    'cell Lost(n) { input x: [n]  param w: [n]  output (w * 1e9 * x * 3 - w * 3e9 * x) * 1e7 }',
  );
  const [report] = await check(cell, [law('wasm')]);
  expect(report).toMatchObject({ passed: false, failure: undefined });
  expect(report.illConditioned).toBeGreaterThan(1);
});

test('a crash goes to the caller as it is', async () => {
  const crashing: Law = {
    name: 'crash',
    says: '',
    bound: 0,
    hold() {
      throw new Error('no law today');
    },
  };
  await expect(check(checkFile('models/rnn.rnn'), [crashing])).rejects.toThrow('no law today');
});
