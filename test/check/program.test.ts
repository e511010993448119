// What a program says of itself, what its modes leave out, its noise, and what cannot be made into a program.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gradient } from '../../src/autodiff/vjp.ts';
import { render } from '../../src/base/render.ts';
import { makeSource } from '../../src/base/source.ts';
import { elaborationCodes } from '../../src/check/codes.ts';
import { type ElaborateOptions, elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { complaints } from './checking.ts';
import { checkText, elaborateText } from './programs.ts';

function make(text: string, options: Partial<ElaborateOptions> & { readonly given?: object } = {}): Program {
  const { given = {}, ...rest } = options;
  const sizes = new Map<string, number>(Object.entries(given));
  const program = elaborateText(text, { sizes, mode: 'train', startingStates: false, ...rest });
  expect(verify(program.graph)).toEqual([]);
  return program;
}

function inputNames({ graph }: Program): readonly string[] {
  return graph.nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : []));
}

function scans({ graph }: Program): number {
  return graph.nodes.filter((node) => node.kind === 'scan').length;
}

const RNN = `cell RNN(n, m) {
  input x: [n]
  state h: [m]
  h = tanh(affine(x, prev h))
  output h
}
`;

describe('what a program says of itself', () => {
  test('weights in the order of the text, each before its bias', () => {
    const text = `${RNN}
      cell C(n, m) {
        output concat(y, z)
        b: [m] = affine(x, sum(prev s))
        top = RNN(m: m)
        input x: [n]
        a: [m] = linear(x) + affine(b)
        param w: [m]
        y = top(a * w)
        z = Dense(m)(stack(2, bidirectional(RNN(m: m)))(y))
        state s: [m]
        s = prev s * dot(x, x)
      }`;
    const program = make(text, { given: { n: 2, m: 3 } });
    const names = program.parameters.map(({ name }) => name);
    expect(names).toEqual([
      ...['b.W_x', 'b.W_2', 'b.b', 'top.h.W_x', 'top.h.W_h', 'top.h.b'],
      ...['a.W_x', 'a.2.W_b', 'a.2.b', 'w', 'z.Dense.W', 'z.Dense.b'],
      ...['1.forward', '1.backward', '2.forward', '2.backward'].flatMap((copy) =>
        ['W_x', 'W_h', 'b'].map((weight) => `z.stack.${copy}.h.${weight}`),
      ),
    ]);
    expect(inputNames(program)).toEqual(['x', ...names]);
  });

  test('states: how they start, and which run backwards', () => {
    const program = make(
      `${RNN}cell C(n, m) {
        input x: [n]
        input c: once [m]
        state s: [m] = c
        s = prev s * sum(x)
        h = bidirectional(RNN(m: m))(x)
        output concat(s, h)
      }`,
      { given: { n: 2, m: 3 } },
    );
    expect(program.states.map(({ name, start, reverse, shape }) => [name, start, reverse, ...shape])).toEqual(
      [
        ['s', 'declared', false, 3],
        ['h.bidirectional.forward.h', 'zero', false, 3],
        ['h.bidirectional.backward.h', 'zero', true, 3],
      ],
    );
    expect(program.outputs.map(({ name, rate, kind, shape }) => [name, rate, kind, ...shape])).toEqual([
      ['output', 'step', 'real', 9],
    ]);
  });

  test('some starts handed in: only those are inputs, and what they stand for is not computed', () => {
    const text = `cell C(n) {
      input x: [n]
      state s: [n] = last x
      s = prev s + x
      state r: [n] = max over time x
      r = prev r * x
      output r + s
    }`;
    const made = (startingStates: ElaborateOptions['startingStates']) =>
      make(text, { given: { n: 2 }, startingStates });
    expect(inputNames(made(new Set(['r'])))).toEqual(['x', 'state.r']);
    expect(scans(made(new Set(['r'])))).toBe(2);
    expect(inputNames(made(true))).toEqual(['x', 'state.s', 'state.r']);
    expect(scans(made(true))).toBe(1);
    expect(inputNames(made(false))).toEqual(['x']);
  });

  test('sizes, hyperparameters and starts as numbers', () => {
    const { sizes, hyperparameters, parameters } = make(
      `cell C(n, m = 2 * n, decay: real = 1 / m, other: real = decay + n) {
        input x: [n]
        param W: [m, n]
        param v: [m] = other
        param u: [m] ~ uniform(-decay, decay)
        param q: [m, m] ~ normal(sqrt(decay))
        a: [m] = affine(x, sum(x))
        output dot(W @ x, v + u * a + q @ a)
      }`,
      { given: { n: 3 }, hyperparameters: new Map([['decay', 0.25]]) },
    );
    expect([...sizes]).toEqual([
      ['n', 3],
      ['m', 6],
    ]);
    expect([...hyperparameters]).toEqual([
      ['decay', 0.25],
      ['other', 3.25],
    ]);
    expect(parameters.map(({ name, shape, start }) => [name, shape, start])).toEqual([
      ['W', [6, 3], { kind: 'glorot', fanIn: 3, fanOut: 6 }],
      ['v', [6], { kind: 'value', value: 3.25 }],
      ['u', [6], { kind: 'uniform', low: -0.25, high: 0.25 }],
      ['q', [6, 6], { kind: 'normal', deviation: 0.5 }],
      ['a.W_x', [6, 3], { kind: 'glorot', fanIn: 3, fanOut: 6 }],
      ['a.W_2', [6], { kind: 'glorot', fanIn: 1, fanOut: 6 }],
      ['a.b', [6], { kind: 'zeros' }],
    ]);
  });

  test('a cell by its name, imported or not; else the last model, else the last cell', () => {
    const text = `import GRU from "./gru.rnn"
      model M(n) {
        input x: [n]
        target y: [n]
        loss sum(GRU(m: n)(x) * y)
      }
      cell C(n) {
        input x: [n]
        output x
      }`;
    expect(make(text, { given: { n: 2 } }).name).toBe('M');
    expect(make(text, { given: { n: 2 }, name: 'C' }).name).toBe('C');
    const imported = make(text, { given: { n: 2, m: 3 }, name: 'GRU' });
    expect(imported.parameters[0]).toMatchObject({ name: 'Wr', shape: [3, 2] });
    expect(make(RNN, { given: { n: 2, m: 3 } }).name).toBe('RNN');
  });
});

const MODEL = `model Noisy(n, p: real = 0.5) {
  input x: [n]
  target y: [n]
  h = dropout(x, p)
  error = sum((h - y) ^ 2)
  loss error
  metric right = sum(h) > 0
  output h
}`;

describe('modes', () => {
  test('targets, loss, metrics and noise where they belong', () => {
    const [train, check, generate] = (['train', 'evaluate', 'generate'] as const).map((mode) =>
      make(MODEL, { mode, given: { n: 2 } }),
    );
    expect(inputNames(train)).toEqual(['x', 'y', 'seed', 'offset']);
    expect(train).toMatchObject({ hasNoise: true, usesStepNumber: true, loss: { rate: 'step' } });
    expect(train.graph.outputs.map(({ name, mean }) => [name, mean])).toEqual([
      ['h', undefined],
      ['loss', 'steps'],
      ['right', 'steps'],
    ]);
    expect(inputNames(check)).toEqual(['x', 'y']);
    expect(check).toMatchObject({ hasNoise: false, usesStepNumber: false, metrics: [{ name: 'right' }] });
    expect(inputNames(generate)).toEqual(['x']);
    expect(generate).toMatchObject({ targets: [], loss: undefined, metrics: [] });
    expect(generate.graph.outputs.map(({ name }) => name)).toEqual(['h']);
  });

  test('what is generated from, beside an output of the same value', () => {
    const text = `model M(v) {
      input x: index(v)
      target y: index(v)
      logits: [v] = Embedding(v)(x)
      loss cross_entropy(logits, y)
      output logits
      generate x ~ categorical(logits)
    }`;
    const program = make(text, { mode: 'generate', given: { v: 3 } });
    expect(program.graph.outputs.map(({ name }) => name)).toEqual(['logits', 'generate']);
    expect(program.generate).toMatchObject({ input: 'x', categories: 3 });
  });
});

describe('noise', () => {
  const ones = (steps: number, n: number): Tensor => realTensor([steps, n], new Array(steps * n).fill(1));
  const run = ({ graph }: Program, x: Tensor, seed: number, offset: number): readonly number[] => {
    const inputs = new Map([
      ['x', x],
      ['y', x],
      ['seed', indexTensor([], [seed])],
      ['offset', indexTensor([], [offset])],
    ]);
    const taken = new Map([...inputs].filter(([name]) => inputNamesOf(graph).includes(name)));
    return Array.from(evaluate(graph, taken).get('h')!.data);
  };
  const inputNamesOf = (graph: Program['graph']): readonly string[] => inputNames({ graph } as Program);

  test('what is kept is scaled up, another part at each step', () => {
    const program = make(MODEL, {
      given: { n: 40 },
      hyperparameters: new Map([['p', 0.25]]),
    });
    const h = run(program, ones(50, 40), 7, 0);
    expect(new Set(h)).toEqual(new Set([0, 1 / 0.75]));
    // 2000 draws: a part of 0.25 is left out, give or take four deviations.
    const left = h.filter((value) => value === 0).length / h.length;
    expect(Math.abs(left - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / h.length));
    expect(h.slice(0, 40)).not.toEqual(h.slice(40, 80));
    expect(run(program, ones(50, 40), 8, 0)).not.toEqual(h);
    // The rest of the sequence as a chunk of its own, counted on, draws the same.
    expect(run(program, ones(30, 40), 7, 20)).toEqual(h.slice(20 * 40));
  });

  test('is named by the equation and its place in it, within its copy', () => {
    const text = `cell Half(n) {
      input x: [n]
      h = dropout(x, 0.5)
      output h + dropout(x, 0.5) * dropout(x, 0.5)
    }
    cell C(n) {
      input x: [n]
      low = Half()
      y = low(x)
      z = Half()(last y)
      output y
      output z
    }`;
    const { graph } = make(text, { given: { n: 2 } });
    const bodies = graph.nodes.flatMap((node) => (node.kind === 'scan' ? node.body.nodes : [node]));
    const names = bodies.flatMap((node) =>
      node.kind === 'call' && node.op === 'uniform' && 'name' in node.attributes
        ? [node.attributes.name]
        : [],
    );
    const places = ['h.dropout', 'output.dropout', 'output.dropout2'];
    expect(names).toEqual(['low.', 'z.Half.'].flatMap((copy) => places.map((place) => copy + place)));
  });

  test('of nothing is no noise', () => {
    const program = make(MODEL, {
      given: { n: 2 },
      hyperparameters: new Map([['p', 0]]),
    });
    expect(program).toMatchObject({ hasNoise: false, usesStepNumber: false });
    expect(inputNames(program)).toEqual(['x', 'y']);
  });

  test('of a once value is drawn once, whatever the first step', () => {
    const text = `cell C(n) {
      input x: [n]
      h = dropout(last x, 0.5)
      output h
    }`;
    const program = make(text, { given: { n: 64 } });
    const h = run(program, ones(3, 64), 1, 0);
    expect(new Set(h)).toEqual(new Set([0, 2]));
    expect(run(program, ones(3, 64), 1, 9)).toEqual(h);
  });
});

describe('the largest over time', () => {
  /** The gradient of the largest of equals, over three steps. */
  const slopes = (text: string): readonly number[] => {
    const { graph } = make(text, { given: { n: 1 } });
    const wrt = gradient(graph, { output: 'loss', wrt: ['x'] });
    const x = realTensor([3, 1], [2, 2, 2]);
    return Array.from(evaluate(wrt, new Map([['x', x]])).get('grad.x')!.data);
  };

  test('of equals is the first', () => {
    expect(slopes('model M(n) {\n input x: [n]\n loss sum(max over time x)\n}')).toEqual([1, 0, 0]);
  });

  test('of what runs backwards is the first in time, where it is asked for outside', () => {
    const text = `cell Same(n) {
      input x: [n]
      state s: [n]
      s = prev s * 0 + x
      output s
    }
    model M(n) {
      input x: [n]
      forward, backward = split(bidirectional(Same())(x), 2)
      loss sum(max over time backward) + 0 * sum(last forward)
    }`;
    expect(slopes(text)).toEqual([1, 0, 0]);
  });

  test('inside a cell that runs backwards is the first that it sees', () => {
    const text = `cell Peak(n) {
      input x: [n]
      output x * 0 + each step max over time x
    }
    model M(n) {
      input x: [n]
      forward, backward = split(bidirectional(Peak())(x), 2)
      loss sum(last backward) + 0 * sum(last forward)
    }`;
    expect(slopes(text)).toEqual([0, 0, 1]);
  });
});

describe('what is no program', () => {
  const cases: readonly (readonly [
    title: string,
    text: string,
    options: Partial<ElaborateOptions> & { readonly given?: object },
  ])[] = [
    ['RNN5901 a cell', RNN, { name: 'RRN' }],
    ['RNN5901 a size', RNN, { given: { n: 2, k: 3 } }],
    ['RNN5901 a hyperparameter', MODEL, { given: { n: 2 }, hyperparameters: new Map([['part', 0.1]]) }],
    ['RNN5902 a size', RNN, { given: { n: 2 } }],
    ['RNN5902 a hyperparameter', MODEL.replace('real = 0.5', 'real'), { given: { n: 2 } }],
    ['RNN5903 a fraction', RNN, { given: { n: 2.5, m: 1 } }],
    ['RNN5903 beyond all', RNN, { given: { n: 2 ** 31, m: 1 } }],
    [
      'RNN5903 a difference',
      'cell C(n, m) {\n  input x: [n]\n  param w: [n - m]\n  output sum(w) * x\n}',
      { given: { n: 2, m: 2 } },
    ],
    ['RNN5903 a default', 'cell C(n, m = n - 3) {\n  input x: [n]\n  output x * m\n}', { given: { n: 2 } }],
    [
      'RNN5903 a size of a copy',
      `${RNN}cell C(n, m) {\n  input x: [n]\n  output RNN(m: n - m)(x)\n}`,
      { given: { n: 2, m: 3 } },
    ],
    ['RNN5904 dropout', MODEL, { given: { n: 2 }, hyperparameters: new Map([['p', 1]]) }],
    ['RNN5904 given', MODEL, { given: { n: 2 }, hyperparameters: new Map([['p', Number.NaN]]) }],
    [
      'RNN5904 a default',
      'cell C(n, q: real = log(n - 1)) {\n  input x: [n]\n  output x * q\n}',
      { given: { n: 1 } },
    ],
    [
      'RNN5904 a start',
      'cell C(n) {\n  input x: [n]\n  param w: [n] ~ normal(2 - n)\n  output x * w\n}',
      { given: { n: 3 } },
    ],
    [
      'RNN5904 two ends',
      'cell C(n) {\n  input x: [n]\n  param w: [n] ~ uniform(n, 2)\n  output x * w\n}',
      { given: { n: 3 } },
    ],
    [
      'RNN5905',
      `model M(v) {
  input x: index(v)
  target y: index(v)
  state seen: [v]
  seen = prev seen + Embedding(v)(y)
  logits: [v] = affine(prev seen)
  loss cross_entropy(logits, y)
  generate x ~ categorical(logits)
}`,
      { given: { v: 2 }, mode: 'generate' },
    ],
    [
      'RNN5908',
      'cell C(n, depth) {\n  input x: [n]\n  output repeat(tanh, x, depth ^ 2)\n}',
      { given: { n: 2, depth: 50 } },
    ],
    [
      'RNN5908 rounds in rounds',
      'cell C(n, depth) {\n  input x: [n]\n  fn some(v) = repeat(tanh, v, depth)\n  output repeat(some, x, depth)\n}',
      { given: { n: 2, depth: 50 } },
    ],
    [
      'RNN5907 offset',
      'cell C(n) {\n  input x: [n]\n  param offset: [n]\n  output x * t + offset\n}',
      { given: { n: 2 } },
    ],
    [
      'RNN5907 seed, in evaluation too',
      'cell C(n) {\n  input seed: [n]\n  output dropout(seed, 0.5)\n}',
      { given: { n: 2 }, mode: 'evaluate' },
    ],
    ['RNN5907 lengths', 'cell C(n) {\n  input lengths: [n]\n  output lengths * 2\n}', { given: { n: 2 } }],
    [
      'RNN5907 a state beside a weight',
      `cell In(n) {
  input x: [n]
  param h: [n]
  output x * h
}
cell C(n) {
  input x: [n]
  state h: [n]
  state = In()
  h = state(x) + prev h
  output h
}`,
      { given: { n: 2 }, startingStates: true },
    ],
    [
      'RNN5903 a quotient',
      `cell Heads(n, heads) {
  input x: [n]
  q = reshape(x, [heads, n / heads])
  output q
}`,
      { given: { n: 6, heads: 4 } },
    ],
    [
      'RNN5903 a place',
      `cell Middle(n) {
  input x: [n]
  output x * x[(n - 1) / 2]
}`,
      { given: { n: 4 } },
    ],
    [
      'RNN5911 an entry',
      `cell Before(n) {
  input x: [n]
  output x * x[n - 2]
}`,
      { given: { n: 1 } },
    ],
    [
      'RNN5911 a slice',
      `cell Part(n, k) {
  input x: [n]
  output x[1:k + 1]
}`,
      { given: { n: 3, k: 3 } },
    ],
    [
      'RNN5911 an empty slice',
      `cell Middle(n) {
  input x: [n]
  output x[1:n - 1]
}`,
      { given: { n: 2 } },
    ],
  ];

  test.each(cases)('%s', (title, text, { given = {}, ...options }) => {
    const { program, diagnostics } = elaborate(checkText(makeSource('test.rnn', text)), {
      sizes: new Map<string, number>(Object.entries(given)),
      mode: 'train',
      startingStates: false,
      ...options,
    });
    expect(program).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual([title.slice(0, 7)]);
    expect(render(diagnostics, { colour: false })).toMatchSnapshot();
  });

  test('cells in cells, too deep or too many', () => {
    const inner = 'cell C0(n) {\n  input x: [n]\n  output x * 2\n}\n';
    const nested = (levels: number, body: (i: number) => string): string =>
      inner +
      Array.from(
        { length: levels },
        (_, i) => `cell C${i + 1}(n) {\n  input x: [n]\n  output ${body(i)}\n}`,
      ).join('\n');
    const once = (i: number): string => `C${i}()(x)`;
    expect(complaints(nested(999, once))).toEqual([]);
    make(nested(999, once), { given: { n: 2 } });
    expect(complaints(nested(1200, once))).toEqual(['RNN5016 C1000 has cells in cells, more than 1000 deep']);
    expect(complaints(nested(60, (i) => `C${i}()(C${i}()(x))`))).toEqual([
      'RNN5016 C13 opens up to more than 10000 copies of cells',
    ]);
  });

  test('names that others take elsewhere are free', () => {
    const text = `cell C(n) {
      input x: [n]
      param offset, seed: [n]
      output x * offset + seed
    }
    cell D(n) {
      input x: [n]
      c = C()
      output c(x) * t
    }`;
    expect(inputNames(make(text, { given: { n: 2 }, name: 'C' }))).toEqual(['x', 'offset', 'seed']);
    expect(inputNames(make(text, { given: { n: 2 } }))).toEqual(['x', 'c.offset', 'c.seed', 'offset']);
  });

  test('every code is provoked, and has a section in the docs', () => {
    const codes = Object.keys(elaborationCodes);
    // RNN5906 is of solve-sizes.test.ts.
    const provoked = new Set([...cases.map(([title]) => title.slice(0, 7)), 'RNN5906']);
    expect([...provoked].sort()).toEqual(codes);
    const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    expect(docs.match(/^### RNN59\d\d: .*$/gm)).toEqual(
      Object.entries(elaborationCodes).map(([code, title]) => `### ${code}: ${title}`),
    );
  });
});

describe('long and deep programs', () => {
  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  const LSTM = readFileSync(new URL('../../models/lstm.rnn', import.meta.url), 'utf8');
  /** Anything that grows as it should takes far less, on a slow machine too. */
  const seconds = 10;

  test.each([
    [
      '3000 equations in a row',
      `input a0: [n]\n${lines(3000, (i) => `a${i + 1} = tanh(a${i})`)}\noutput a3000`,
    ],
    [
      '3000 once values, the last one first',
      `input x: [n]\n${lines(3000, (i) => `a${3000 - i} = tanh(a${2999 - i})`)}\na0 = last x\noutput a3000`,
    ],
    [
      '200 stages',
      `input a0: [n]\n${lines(200, (i) => `a${i + 1} = a${i} - each step mean over time a${i}`)}\noutput a200`,
    ],
    ['brackets in brackets', `input x: [n]\noutput ${'tanh('.repeat(195)}x${')'.repeat(195)}`],
    ['a sum of 5000', `input x: [n]\noutput ${new Array(5000).fill('x').join(' + ')}`],
    ['a tower of 1000 powers', `input x: [n]\noutput ${new Array(1000).fill('x').join(' ^ ')}`],
    ['100 cells', 'input x: [n]\nh = stack(100, LSTM(m: n))(x)\noutput h'],
    ['100 cells in both directions', 'input x: [n]\nh = stack(100, bidirectional(LSTM(m: n)))(x)\noutput h'],
  ])('%s', { timeout: 1000 * seconds }, (_, body) => {
    make(`${LSTM}\ncell Main(n) {\n${body}\n}`, { given: { n: 2 }, startingStates: true });
  });
});

describe('cells in a header', () => {
  const around = `${RNN}
    cell Around(n, C: cell = RNN(m: n)) {
      input x: [n]
      inner = C()
      y = inner(x)
      output sigmoid(affine(x)) * y + prev inner.h
    }
    `;

  test('weights are named by what the header says, whatever is given', () => {
    const program = make(
      `${around}cell Top(n) {
        input x: [n]
        a = Around()(x)
        b = Around(C: RNN(m: n))(a)
        c = stack(2, residual(Around(C: RNN(m: n))))(b)
        d = highway(stack(2, RNN(m: n)))(c)
        output d
      }`,
      { given: { n: 2 } },
    );
    const states = program.states.map(({ name }) => name);
    expect(states).toEqual([
      ...['a.Around.inner.h', 'b.Around.inner.h'],
      ...['c.stack.1.inner.h', 'c.stack.2.inner.h'],
      ...['d.highway.output.C.1.h', 'd.highway.output.C.2.h'],
    ]);
  });

  test('a cell around another is the same equations written out', () => {
    const written = `${RNN}cell Top(n) {
      input x: [n]
      param W: [n, n]
      param b: [n]
      gate = sigmoid(W @ x + b)
      output gate * RNN()(x) + (1 - gate) * x
    }`;
    const given = `${RNN}cell Top(n) { input x: [n]  y = highway(RNN)(x)  output y }`;
    const [a, b] = [written, given].map((text) => {
      const { graph, parameters } = make(text, { given: { n: 2 } });
      const weights = parameters.map(({ name, shape }) => {
        const key = name.split('.').at(-1) ?? '';
        const size = shape.reduce((product, axis) => product * axis, 1);
        return [
          name,
          realTensor(
            shape,
            Array.from({ length: size }, (_, i) => Math.sin(i + key.length)),
          ),
        ] as const;
      });
      const x = realTensor([3, 2], [0.1, 0.2, -0.3, 0.4, 0.5, -0.6]);
      const found = evaluate(graph, new Map<string, Tensor>([['x', x], ...weights]));
      return Array.from([...found.values()][0].data);
    });
    expect(a.length).toBe(6);
    expect(b).toEqual(a);
  });

  test('what the equations leave open is a size of the use', () => {
    const text = `${RNN}
      cell Pair(n, C: cell) { input x: [n]  output concat(C()(x), C()(x)) }
      cell Top(n, k) { input x: [n]  output Pair(C: RNN(m: 2 * k))(x) }`;
    const program = make(text, { given: { n: 2, k: 3 } });
    expect(program.outputs.map(({ shape }) => shape)).toEqual([[12]]);
  });

  test('hyperparameters go in with the argument', () => {
    const text = `cell Leaky(n, decay: real) { input x: [n]  state h: [n]  h = decay * prev h + x  output h }
      cell Pair(n, C: cell) { input x: [n]  output C()(x) + C()(x) }
      cell Top(n, slow: real = 0.5) { input x: [n]  output Pair(C: Leaky(decay: slow))(x) }`;
    const { graph } = make(text, { given: { n: 1 } });
    const found = evaluate(graph, new Map([['x', realTensor([2, 1], [1, 1])]]));
    expect(Array.from([...found.values()][0].data)).toEqual([2, 3]);
  });

  test('templates in templates end, however many they are', () => {
    const doubled = Array.from({ length: 12 }, (_, k) => {
      const inner = k === 0 ? 'C()(x)' : `D${k - 1}(C: D${k - 1}(C: C))(x)`;
      return `cell D${k}(n, C: cell) { input x: [n]  output ${inner} }\n`;
    });
    const found = complaints(
      `${RNN}${doubled.join('')}cell Top(n) { input x: [n]  output D11(C: RNN(m: n))(x) }`,
    );
    expect(found.length).toBe(1);
    expect(found[0]).toMatch(/^RNN5016/);
  });
});

describe('what delay keeps', () => {
  test('once, however often the same is written; the names of the others stay', () => {
    const program = make(
      `cell C(n) {
        input x: [n]
        b = delay(x, 2) - delay(x, 1)
        a = delay(x, 2) * delay(x, 2) + delay(x, 2, 1) + delay(b, 1)
        output a
      }`,
      { given: { n: 1 } },
    );
    expect(program.states.map(({ name }) => name)).toEqual(['b.delay', 'b.delay2', 'a.delay3', 'a.delay4']);
    const x = realTensor([4, 1], [1, 2, 3, 4]);
    const found = evaluate(program.graph, new Map([['x', x]]));
    expect(Array.from(found.get('a')!.data)).toEqual([1, 1, 1 + 1 - 1, 4 + 2 - 1]);
  });

  test('categories, too', () => {
    const text = `cell C(v) {
      input x: index(v)
      y = delay(x, 2, 1)
      same = y == x
      output y
      output same
    }`;
    const { graph, states } = make(text, { given: { v: 4 } });
    const found = evaluate(graph, new Map([['x', indexTensor([4], [3, 0, 3, 0])]]));
    expect(Array.from(found.get('y')!.data)).toEqual([1, 1, 3, 0]);
    expect(states.map(({ kind, categories, shape }) => [kind, categories, ...shape])).toEqual([
      ['index', 4, 2],
    ]);
  });
});

describe('states of categories', () => {
  test('a counter, a choice kept, and a number that says which', () => {
    const text = `cell C(n, v) {
      input x: []
      input c: index(v)
      state k: index(3) = 2
      state kept: index(v)
      k = if prev k == 2 then 0 else if prev k == 0 then 1 else 2
      kept = if x > 0 then c else prev kept
      at = to_index(x, v)
      output k
      output kept
      output at
    }`;
    const { graph } = make(text, { given: { n: 1, v: 4 } });
    const inputs = new Map<string, Tensor>([
      ['x', realTensor([5], [-1, 1.5, -0.5, 7, 0])],
      ['c', indexTensor([5], [3, 2, 1, 0, 3])],
    ]);
    const found = evaluate(graph, inputs);
    expect(Array.from(found.get('k')!.data)).toEqual([0, 1, 2, 0, 1]);
    expect(Array.from(found.get('kept')!.data)).toEqual([0, 2, 2, 0, 0]);
    expect(Array.from(found.get('at')!.data)).toEqual([3, 1, 3, 3, 0]);
    expect(Array.from(found.get('state.kept')!.data)).toEqual([0]);
  });
});

test('a weight with the name of its cell is the weight, not the cell', () => {
  expect(
    complaints(
      'cell A(n, m) {\n  input x: [n]\n  param A: [m, n]\n  y[i] = sum over j: A[i, j] * x[j]\n  output y\n}\n',
    ),
  ).toEqual([]);
});
