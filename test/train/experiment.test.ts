// From a request to an experiment: which train block, which sizes, and whether the data fits the model.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/base/render.ts';
import { trainCodes } from '../../src/train/codes.ts';
import { prepare } from '../../src/train/experiment.ts';
import type { Overrides } from '../../src/train/settings.ts';
import { MemoryFiles } from './memory-host.ts';
import { checked } from './programs.ts';

const files = () =>
  new MemoryFiles({
    'a.txt': 'abcdefghij'.repeat(20),
    'b.txt': 'to be or not to be\n'.repeat(20),
    'c.txt': 'that is the question\n'.repeat(20),
  });

async function prepared(text: string, overrides: Partial<Overrides> = {}, name?: string) {
  const file = checked(text);
  const request = {
    checked: file,
    sources: [file.source],
    name,
    overrides: { set: [], data: [], ...overrides },
  };
  const { experiment, diagnostics } = await prepare(request, files());
  expect(render(diagnostics, { colour: false })).not.toContain('undefined');
  return { experiment, messages: diagnostics.map((d) => `${d.code} ${d.message}`) };
}

const model = (header: string, input: string, target: string, body: string) => `
model M(${header}) {
  input  x: ${input}
  target y: ${target}
  ${body}
}
`;

const characters = model('v', 'index(v)', 'index(v)', 'loss cross_entropy(Dense(v)(Embedding(2)(x)), y)');
const classes = (k: string) =>
  model(
    k === 'k' ? 'v, k' : 'v',
    'index(v)',
    `once index(${k})`,
    `
  h = Embedding(2)(x)
  loss cross_entropy(Dense(${k})(max over time h), y)`,
  );
const adding = (n: string) =>
  model(
    n === 'n' ? 'n' : 'm = 2',
    `[${n}]`,
    'once []',
    `
  h: [2] = affine(x)
  answer: [] = Dense()(last h)
  loss (answer - y) ^ 2`,
  );
const train = (entries: string) => `train M { ${entries} window 4 batch 2 steps 25 }`;
const whole = (entries: string) => `train M { ${entries} batch 2 steps 25 }`;

describe('an experiment', () => {
  it('takes the sizes that nothing else gives from the data', async () => {
    const sizes = async (text: string, set: readonly string[] = []) =>
      Object.fromEntries((await prepared(text, { set })).experiment?.training.continuing.sizes ?? []);
    expect(await sizes(characters + train('data text("a.txt")'))).toEqual({ v: 10 });
    expect(await sizes(characters + train('data text("a.txt")'), ['v=12'])).toEqual({ v: 12 });
    expect(await sizes(classes('k') + whole('data lines("b.txt", "c.txt")'))).toEqual({ v: 9, k: 2 });
    expect(await sizes(adding('n') + whole('data adding(length: 5)'))).toEqual({ n: 2 });
  });

  it('knows how long it takes and when it validates', async () => {
    const of = async (entries: string) => {
      const { experiment } = await prepared(
        `${characters}train M { data text("a.txt") window 4 batch 5 ${entries} }`,
      );
      return [experiment?.steps, experiment?.validateEvery, experiment?.dataset.stepsPerEpoch];
    };
    expect(await of('steps 25')).toEqual([25, 3, 8]);
    expect(await of('epochs 3')).toEqual([24, 8, 8]);
    expect(await of('epochs 3 validate 5')).toEqual([24, 5, 8]);
  });

  it('is chosen by the name of its model', async () => {
    const two = `${characters}${characters.replace('model M', 'model N')}
      ${train('data text("a.txt")')}
      ${train('data text("a.txt")').replace('train M', 'train N')}`;
    expect((await prepared(two, {}, 'N')).experiment?.settings.model).toBe('N');
    expect((await prepared(two)).messages).toEqual(['RNN6010 there are 2 experiments here: with M and N']);
    expect((await prepared(two, {}, 'O')).messages).toEqual(['RNN6010 there is no experiment with O here']);
    expect((await prepared(characters)).messages).toEqual(['RNN6010 there is no train block here']);
    const twice = characters + train('data text("a.txt")') + train('data text("a.txt")');
    expect((await prepared(twice)).messages).toEqual(['RNN6010 there are 2 experiments with M here']);
  });

  it.each([
    ['data text("none.txt")', 'RNN6020 cannot read none.txt: there is no such file'],
    [
      'data lines("b.txt", "c.txt")',
      "RNN6024 the target y is index(v), and this data gives once index(2): the number of the line's file",
    ],
    [
      'data adding(length: 5)',
      'RNN6024 the input x is index(v), and this data gives [2]: a value and its marker',
    ],
  ])('a model of characters with %s', async (entries, message) => {
    const { experiment, messages } = await prepared(characters + whole(entries));
    expect(experiment).toBeUndefined();
    expect(messages).toContain(message);
  });

  it('sizes that do not fit the data', async () => {
    const few = await prepared(characters + train('data text("a.txt")'), { set: ['v=9'] });
    expect(few.messages).toEqual([
      'RNN6024 the input x is index(9), and this data gives index(10): a character',
      'RNN6024 the target y is index(9), and this data gives index(10): the next character',
    ]);
    expect((await prepared(adding('3') + whole('data adding(length: 5)'))).messages).toEqual([
      'RNN6024 the input x is [3], and this data gives [2]: a value and its marker',
    ]);
    const one = await prepared(classes('1') + whole('data lines("b.txt", "c.txt")'));
    expect(one.messages).toEqual([
      "RNN6024 the target y is once index(1), and this data gives once index(2): the number of the line's file",
    ]);
    const open = model('v, m', 'index(v)', 'index(v)', 'loss cross_entropy(Dense(v)(Embedding(m)(x)), y)');
    expect((await prepared(open + train('data text("a.txt")'))).messages).toEqual([
      'RNN5902 the size m of M has no value',
    ]);
  });

  it('a model with other inputs than one, or no target', async () => {
    const twoInputs = `model M(v) {
      input x, z: index(v)
      target y: index(v)
      loss cross_entropy(Dense(v)(Embedding(2)(x) + Embedding(2)(z)), y)
    }`;
    expect((await prepared(twoInputs + train('data text("a.txt")'))).messages).toEqual([
      'RNN6024 M has 2 inputs, and this data gives one: a character',
    ]);
    const noTarget = `model M(v) {
      input x: index(v)
      loss log_sum_exp(Dense(v)(Embedding(2)(x)))
    }`;
    expect((await prepared(noTarget + train('data text("a.txt")'))).messages).toEqual([
      'RNN6024 M has no target, and this data gives one: the next character',
    ]);
  });

  it('a state that runs backwards through a text', async () => {
    const backwards = `
      cell Sum(n, m) {
        input x: [n]
        state h: [m]
        h = tanh(affine(x, prev h))
        output h
      }
      model M(v) {
        input  x: index(v)
        target y: index(v)
        loss   cross_entropy(Dense(v)(bidirectional(Sum(m: 3))(Embedding(2)(x))), y)
      }`;
    const { messages } = await prepared(backwards + train('data text("a.txt")'));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(
      /^RNN6025 \S+\.h runs from the end of the sequence to its start, and a text is read window by window$/,
    );
  });
});

it('every code has a section in the docs', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const sections = [...page.matchAll(/^### (RNN6\d\d\d): (.*)$/gm)].map(([, code, title]) => [code, title]);
  expect(sections).toEqual(Object.entries(trainCodes));
});
