// A failure as a file: written, read and repeated it is the same failure; a damaged one gets words with a place, whatever
// is in it, and never a crash.
import { describe, expect, test } from 'vitest';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { RandomStream } from '../../src/base/random.ts';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { checkLaws } from '../../src/study/check-laws.ts';
import { type Failure, firstFailure, repeatFailure, sourcesWithin } from '../../src/study/failure.ts';
import { type FailureFile, readFailure, writeFailure } from '../../src/study/failure-file.ts';
import { checkGradients, type GradientCheck } from '../../src/study/gradcheck.ts';
import { LAWS, SECOND_ORDER } from '../../src/study/laws/all.ts';
import { checkSource } from '../../src/study/program-file.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import { modelFiles } from '../cli/rig.ts';

const wrongTanh: DerivativeTable = {
  ...derivatives,
  tanh: [({ dy, y, times, sub, number }) => times(dy, sub(number(1), y))],
};
const slightlyWrong: DerivativeTable = {
  ...derivatives,
  tanh: [({ dy, y, times, sub, mul, number }) => times(dy, sub(number(1 + 1e-9), mul(y, y)))],
};

/** Two files; the imported cell has the tanh. */
const files = modelFiles({
  'home/lib/cell.rnn':
    'cell Inner(n, m) {\n  input x: [n]\n  state h: [m]\n  h = tanh(affine(x, prev h))\n  output h\n}\n',
  'home/outer.rnn':
    'import Inner from "./lib/cell.rnn"\nmodel Outer(n, k) {\n  input x: [n]\n  input word: index(k)\n  target y: index(k)\n  h = Inner(m: 2)(concat(x, Dense(1)(Embedding(2)(word))))\n  loss cross_entropy(Dense(k)(h), y)\n}\n',
});

async function fail(rules: DerivativeTable, law?: string): Promise<FailureFile> {
  const path = 'home/outer.rnn';
  const { checked, source, sources } = await checkSource(makeSource(path, files.text(path)), files);
  const check: GradientCheck = {
    sizes: ['n', 'k'],
    programOf: (sizes, startingStates) =>
      elaborate(checked!, { sizes, mode: 'train', startingStates }).program,
    cases: 2,
    seed: 1,
    elements: 3,
    rules,
  };
  const laws = [...LAWS, ...SECOND_ORDER].filter(({ name }) => name === law);
  const gradients = checkGradients(law === undefined ? check : { ...check, cases: 1, rules: derivatives });
  const failure: Failure | undefined = firstFailure({ gradients, laws: await checkLaws(laws, check) }, check);
  return {
    ...failure!,
    version: '1.2.3',
    program: 'Outer',
    ...sourcesWithin(source, sources),
    hyperparameters: new Map(),
  };
}

const read = (text: string): ReturnType<typeof readFailure> =>
  readFailure(makeSource('a.gradcheck.json', text));

async function repeated(text: string, rules: DerivativeTable): ReturnType<typeof repeatFailure> {
  const { failure, places, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  return repeatFailure(failure!, places, rules);
}

/** Shrinking takes a while: it is done once. */
const wrong = fail(wrongTanh);

describe('written, read, and repeated', () => {
  test.each([
    ['gradients', wrongTanh, undefined],
    ['forward mode', slightlyWrong, undefined],
    ['symmetric', wrongTanh, 'symmetric'],
    ['hessian', wrongTanh, 'symmetric'],
  ] as const)('%s', async (law, rules, asked) => {
    const made = await (law === 'gradients' ? wrong : fail(rules, asked));
    // The same arrays serve other laws.
    const failure = law === 'hessian' ? { ...made, law: 'order' } : made;
    const text = writeFailure(failure);
    expect(read(text).failure).toEqual(failure);
    const { broken, diagnostics } = await repeated(text, rules);
    expect(diagnostics).toEqual([]);
    if (law === 'hessian') expect(broken).toBeUndefined();
    else {
      const { what, left, right, error, bound } = failure;
      expect(failure.law).toBe(law);
      expect(broken).toEqual({ law, what, left, right, error, bound });
    }
    // What is right now does not fail.
    expect((await repeated(text, derivatives)).broken).toBeUndefined();
  });

  test('it is small, and holds no folder of whoever wrote it', async () => {
    const text = writeFailure(await wrong);
    expect(text.length).toBeLessThan(4000);
    expect(text).not.toContain('home');
    expect(Object.keys(JSON.parse(text).sources)).toEqual(['outer.rnn', 'lib/cell.rnn']);
  });

  test('numbers are exact: the smallest, minus zero, padding', async () => {
    const failure = await wrong;
    const numbers = [5e-324, -0, Number.NaN, 0.1 + 0.2, -1.7976931348623157e308];
    const inputs = new Map([['a', realTensor([5], numbers)]]);
    const again = read(writeFailure({ ...failure, inputs })).failure!;
    expect(Array.from(again.inputs.get('a')!.data).every((x, i) => Object.is(x, numbers[i]))).toBe(true);
  });

  test('sources above the folder of the program', () => {
    const [main, above] = ['/me/here/models/a.rnn', '/me/here/b.rnn'].map((name) => makeSource(name, name));
    const { file, sources } = sourcesWithin(main, [main, above]);
    expect([file, ...sources.keys()]).toEqual(['models/a.rnn', 'models/a.rnn', 'b.rnn']);
  });
});

describe('a file that is damaged', () => {
  const sound = wrong.then(writeFailure);
  const words = async (text: string): Promise<string> => {
    const { failure, places, diagnostics } = read(text);
    if (failure === undefined) return render(diagnostics, { colour: false });
    const found = await repeatFailure(failure, places);
    return render(found.diagnostics, { colour: false });
  };

  const damages: readonly (readonly [what: string, damage: (text: string) => string])[] = [
    ['nothing in it', () => ''],
    ['not JSON', () => 'cell RNN(n) {'],
    ['a list', () => '[1, 2]'],
    ['another file', () => '{"name": "rnn-lang", "version": "1"}'],
    ['another format', (text) => text.replace('gradcheck 1', 'gradcheck 99')],
    ['it ends too early', (text) => text.slice(0, 300)],
    ['a comma too much', (text) => text.replace('"law"', ', "law"')],
    ['a name twice', (text) => text.replace('"law"', '"law": "", "law"')],
    ['a length beyond the steps', (text) => text.replace(/"lengths": \[1/, '"lengths": [9')],
    ['no sequences', (text) => text.replace(/"lengths": \[[\d,]*\]/, '"lengths": []')],
    ['too many steps', (text) => text.replace(/"steps": \d+/, '"steps": 1000000000')],
    ['half a size', (text) => text.replace(/"n":1/, '"n":1.5')],
    ['a size that the arrays do not have', (text) => text.replace(/"n":1/, '"n":9999')],
    ['no size', (text) => text.replace(/"n":1,?/, '')],
    ['a number that is none', (text) => text.replace(/"data":\[[^\]]/, '"data":[1e999,')],
    ['too few numbers', (text) => text.replace(/"data":\[[^\]]*\]/, '"data":[]')],
    ['an extent of zero', (text) => text.replace(/"shape":\[1/, '"shape":[0')],
    ['an array that is missing', (text) => text.replace('"word"', '"world"')],
    ['a category that does not exist', (text) => text.replace(/("word".*"data":\[)\d/, '$19')],
    ['an unknown law', (text) => text.replace('"gradients"', '"gravity"')],
    ['no such program', (text) => text.replace('"program": "Outer"', '"program": "Outre"')],
    ['a source that is missing', (text) => text.replace('"file": "outer.rnn"', '"file": "inner.rnn"')],
    ['an import that is missing', (text) => text.replace('"lib/cell.rnn":', '"lib/sell.rnn":')],
    ['a program with an error', (text) => text.replace('tanh(affine', 'tahn(affine')],
  ];

  test.each(damages)('%s', async (_, damage) => {
    const text = await sound;
    const damaged = damage(text);
    expect(damaged).not.toBe(text);
    const told = await words(damaged);
    expect(told).toMatch(/^error\[RNN/);
    expect(told.replaceAll(/"sources".*/g, '')).toMatchSnapshot();
  });

  test('whatever is cut or changed, it is words or a file', async () => {
    const text = await sound;
    const random = new RandomStream(1, 'damage');
    const symbols = '{}[]",:0-9eE.\\ntrul\u0000\ud800';
    for (let i = 0; i < 60; i++) {
      const at = random.integer(text.length);
      const symbol = symbols[random.integer(symbols.length)];
      const cut = i % 3 === 0 ? text.slice(0, at) : text.slice(0, at) + symbol + text.slice(at + (i % 2));
      expect(typeof (await words(cut))).toBe('string');
    }
    expect(await words('['.repeat(100_000))).toContain('nested too deep');
  });
});
