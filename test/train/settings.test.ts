import { describe, expect, it } from 'vitest';
import { render } from '../../src/base/render.ts';
import { type Overrides, readSettings } from '../../src/train/settings.ts';
import { checked } from './programs.ts';

const model = `
model M(v, m = 8, decay: real = 0.5) {
  input  x: index(v)
  target y: index(v)
  h: [m] = decay * Embedding(m)(x)
  logits = Dense(v)(h)
  loss   cross_entropy(logits, y)
}
`;

function read(entries: string, overrides: Partial<Overrides> = {}, folder = '') {
  const [train] = checked(`${model}train M {\n${entries}\n}\n`).trains;
  return readSettings(train, { set: [], data: [], ...overrides }, folder);
}

function messages(entries: string, overrides: Partial<Overrides> = {}): readonly string[] {
  const { settings, diagnostics } = read(entries, overrides);
  expect(settings).toBeUndefined();
  expect(render(diagnostics, { colour: false })).not.toBe('');
  return diagnostics.map((d) => `${d.code} ${d.message}${d.help === undefined ? '' : ` (${d.help})`}`);
}

const text = 'data text("a.txt")\n';

describe('settings', () => {
  it('have defaults', () => {
    expect(read(`${text}steps 10`).settings).toMatchObject({
      model: 'M',
      data: { kind: 'text', by: 'char', holdout: 0.1, files: [{ path: 'a.txt' }] },
      window: 64,
      batch: 32,
      optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
      rate: 0.001,
      schedule: { kind: 'constant', warmup: 0 },
      clip: undefined,
      duration: { unit: 'steps', count: 10 },
      seed: 1,
      validate: undefined,
    });
  });

  it('are what the block says', () => {
    const { settings, diagnostics } = read(
      `data lines("a", "/b", by: char, holdout: 0)
       batch 2  optimizer sgd(lr: 0.5, momentum: 0.9, nesterov: true)
       schedule cosine(warmup: 3, floor: 0.1)  clip 1.5  epochs 4  seed 7  validate 9`,
      {},
      'models',
    );
    expect(diagnostics).toEqual([]);
    expect(settings).toMatchObject({
      data: { kind: 'lines', by: 'char', holdout: 0, files: [{ path: 'models/a' }, { path: '/b' }] },
      batch: 2,
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
      rate: 0.5,
      schedule: { kind: 'cosine', warmup: 3, floor: 0.1 },
      clip: 1.5,
      duration: { unit: 'epochs', count: 4 },
      seed: 7,
      validate: 9,
    });
    expect(read('data adding(length: 7) steps 1 optimizer adamw(decay: 0.5)').settings).toMatchObject({
      data: { kind: 'adding', length: 7 },
      optimizer: { kind: 'adamw', decay: 0.5 },
      rate: 0.001,
    });
  });

  it('are changed by the command line', () => {
    const set = [
      'steps=5',
      'optimizer=adamw(lr: 0.1)',
      'optimizer.lr=0.25',
      'data.by=word',
      'm=16',
      'decay=-2',
    ];
    const { settings, diagnostics } = read(`${text}epochs 3`, { set, data: ['b.txt', 'c.txt'] }, 'models');
    expect(diagnostics).toEqual([]);
    expect(settings).toMatchObject({
      data: { kind: 'text', by: 'word', files: [{ path: 'b.txt' }, { path: 'c.txt' }] },
      optimizer: { kind: 'adamw' },
      rate: 0.25,
      duration: { unit: 'steps', count: 5 },
    });
    expect(settings?.sizes).toEqual(
      new Map([
        ['m', 16],
        ['decay', -2],
      ]),
    );
  });
});

describe('mistakes in a train block', () => {
  it.each<readonly [string, readonly string[]]>([
    [`${text}stepz 3`, ['RNN6001 a train block has no entry stepz (did you mean steps?)']],
    [`${text}iterations 3`, ['RNN6001 a train block has no entry iterations (did you mean steps?)']],
    ['dataset text("a.txt") steps 3', ['RNN6001 a train block has no entry dataset (did you mean data?)']],
    [
      `${text}steps 3 lr 0.01`,
      [
        'RNN6001 a train block has no entry lr (the rate is an argument of the optimizer: optimizer adam(lr: 0.001))',
      ],
    ],
    [
      `${text}steps 3 m 16`,
      [
        'RNN6001 a train block has no entry m (m belongs to M: give it in its brackets, m = 16, or on the command line, --set m=16)',
      ],
    ],
    [
      text,
      [
        'RNN6003 the experiment with M does not say how long it takes (write steps 1000 (updates of the weights) or epochs 5 (times through the data))',
      ],
    ],
    [`${text}steps 3 steps 4`, ['RNN6002 steps stands twice']],
    [`${text}steps 3 epochs 4`, ['RNN6002 steps and epochs both say how long the run takes']],
    [
      'steps 3',
      [
        'RNN6003 the experiment with M does not say what it learns from (for example data text("book.txt", by: char, holdout: 0.1))',
      ],
    ],
    [`${text}steps many`, ['RNN6004 steps takes a number (write a whole number from 1 up)']],
    [
      'data "a.txt" steps 1',
      [
        'RNN6004 a source of data is expected here (for example text("book.txt", by: char, holdout: 0.1), or lines("against.txt", "for.txt", by: word, holdout: 0.1), or adding(length: 100))',
      ],
    ],
    [
      `${text}steps 1.5 batch 0 seed -1 clip 0`,
      [
        'RNN6005 batch cannot be 0',
        'RNN6005 clip cannot be 0',
        'RNN6005 steps cannot be 1.5',
        'RNN6005 seed cannot be -1',
      ],
    ],
    [`${text}steps 1 optimizer adamm(lr: 1)`, ['RNN6006 adamm is not an optimizer (did you mean adam?)']],
    [
      `${text}steps 1 schedule step(1)`,
      ['RNN6006 step is not a schedule (there are constant, linear and cosine)'],
    ],
    [`${text}steps 1 optimizer adam(rate: 1)`, ['RNN6007 adam has no argument rate (did you mean lr?)']],
    [
      `${text}steps 1 optimizer adam(weight_decay: 1)`,
      [
        'RNN6007 adam has no argument weight_decay (it takes lr, beta1, beta2 and eps; decay is an argument of adamw)',
      ],
    ],
    [
      `${text}steps 1 optimizer sgd`,
      ['RNN6008 sgd is not told lr (write sgd(lr: 0.1, momentum: 0.9, nesterov: true))'],
    ],
    [
      `${text}steps 1 optimizer adam(0.1)`,
      ['RNN6008 adam does not take this argument (did you mean lr: 0.1?)'],
    ],
    [`${text}steps 1 optimizer adam(lr: 1, lr: 2)`, ['RNN6008 adam is given lr twice']],
    [
      'data text(book, by: letter) steps 1',
      [
        'RNN6008 text does not take this argument (a file\'s name stands in quotes: "book")',
        'RNN6004 by is char or word',
      ],
    ],
    [
      'data text(book.txt) steps 1',
      ['RNN6008 text does not take this argument (a file\'s name stands in quotes: "book.txt")'],
    ],
    [
      'data lines("a") steps 1',
      [
        'RNN6008 lines takes at least 2 files, one for each class (write lines("against.txt", "for.txt", by: word, holdout: 0.1))',
      ],
    ],
    ['data text("a", holdout: 1) steps 1', ['RNN6005 holdout cannot be 1']],
    [
      'data adding(length: 10) window 5 epochs 1',
      [
        'RNN6001 adding gives whole sequences, which are not cut into windows (leave it out)',
        'RNN6001 adding makes new sequences at every step, so there are no epochs (write steps 5000)',
      ],
    ],
  ])('%s', (entries, expected) => {
    expect(messages(entries)).toEqual(expected);
  });
});

describe('mistakes on the command line', () => {
  it.each<readonly [string, string]>([
    [
      'steps',
      'RNN6009 an override is written name=value (for example steps=500, optimizer.lr=0.01, or a size of the model: m=128)',
    ],
    [
      'step=5',
      'RNN6009 neither an entry of the train block nor a size of M is called step (did you mean steps?)',
    ],
    [
      'steps=',
      'RNN6009 nothing is not a value (a value is written as in the file: 500, adam(lr: 0.01), word)',
    ],
    [
      'steps=5 batch 3',
      'RNN6009 5 batch 3 is not a value (a value is written as in the file: 500, adam(lr: 0.01), word)',
    ],
    [
      'steps=} cell X(n) { }',
      'RNN6009 } cell X(n) { } is not a value (a value is written as in the file: 500, adam(lr: 0.01), word)',
    ],
    ['batch.size=5', 'RNN6009 batch has no arguments that could be set (give it whole: batch=...)'],
    ['m=2.5', 'RNN6005 m cannot be 2.5'],
    ['data.holdout=20', 'RNN6005 holdout cannot be 20 (for 20 % write 0.2)'],
    ['m.x=1', 'RNN6009 m has no arguments that could be set (give it whole: m=...)'],
  ])('--set %s', (set, expected) => {
    expect(messages(`${text}steps 1`, { set: [set] })).toEqual([expected]);
  });

  it('--data where the data makes itself', () => {
    expect(messages('data adding(length: 9) steps 1', { data: ['a'] })).toEqual([
      'RNN6009 adding makes its own data',
    ]);
  });
});
