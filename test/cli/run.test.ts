// `rnn run`: arrays in, arrays out, and every way in which arrays do not fit.
import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/tensor/safetensors.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import type { MemoryFiles } from '../train/memory-host.ts';
import { modelFiles, type Outcome, rnn } from './rig.ts';

const sum = 'cell Sum(n) {\n  input x: [n]\n  state s: [n]\n  s = prev s + x\n  output s\n}\n';
const tagger = `
model Tagger(v, m) {
  input word: index(v)
  target tag: once index(2)
  param E: [v, m]
  logits = Dense(2)(last E[word])
  loss cross_entropy(logits, tag)
  metric right = argmax(logits) == tag
}
`;

type Arrays = Readonly<Record<string, Tensor>>;

function filesWith(arrays: Arrays): MemoryFiles {
  const files = modelFiles({ 'sum.rnn': sum, 'tagger.rnn': tagger });
  files.contents.set('in.safetensors', writeSafetensors(new Map(Object.entries(arrays))));
  return files;
}

async function run(program: string, arrays: Arrays, ...more: readonly string[]): Promise<Outcome> {
  const words = ['run', program, '--in', 'in.safetensors', '--out', 'out.safetensors', ...more];
  return rnn(words, { files: filesWith(arrays) });
}

function results({ files, code, err }: Outcome): Record<string, Tensor> {
  expect(err).toBe('');
  expect(code).toBe(0);
  return Object.fromEntries(readSafetensors(files.contents.get('out.safetensors')!).tensors);
}

const numbers = (tensor: Tensor): number[] => Array.from(tensor.data);
const count = (...shape: readonly number[]): Tensor =>
  realTensor(
    shape,
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i + 1),
  );

describe('what comes out', () => {
  test('outputs and last states, batch first, zero after the end', async () => {
    const x = realTensor([2, 3, 1], [1, 2, 3, 10, Number.NaN, Number.NaN]);
    const out = results(await run('sum.rnn', { x, lengths: indexTensor([2], [3, 1]) }));
    expect(Object.keys(out).sort()).toEqual(['s', 'state.s']);
    expect(out.s.shape).toEqual([2, 3, 1]);
    expect(numbers(out.s)).toEqual([1, 3, 6, 10, 0, 0]);
    expect(numbers(out['state.s'])).toEqual([6, 10]);
  });

  test('a given state, cotangents, gradients', async () => {
    const arrays = {
      x: count(1, 2, 1),
      'state.s': realTensor([1, 1], [100]),
      'cotangent.s': realTensor([1, 2, 1], [1, 10]),
    };
    const out = results(await run('sum.rnn', arrays, '--grad'));
    expect(numbers(out.s)).toEqual([101, 103]);
    expect(numbers(out['grad.x'])).toEqual([11, 10]);
    expect(numbers(out['grad.state.s'])).toEqual([11]);
  });

  test('cotangents are ones where not given', async () => {
    const out = results(await run('sum.rnn', { x: count(1, 3, 1) }, '--grad'));
    expect(numbers(out['grad.x'])).toEqual([3, 2, 1]);
    expect(out['grad.state.s']).toBeUndefined();
  });

  const model: Arrays = {
    word: indexTensor([2, 3], [0, 1, 2, 1, -5, 99]),
    tag: indexTensor([2], [1, 0]),
    lengths: indexTensor([2], [3, 1]),
    E: count(3, 2),
    'logits.Dense.W': realTensor([2, 2], [0.1, -0.2, 0.3, 0.05]),
    'logits.Dense.b': realTensor([2], [0.5, -0.5]),
  };

  test('a model: its loss, metrics, and the gradient of the loss; categories in the padding are not looked at', async () => {
    const out = results(await run('tagger.rnn', model, '--grad'));
    expect(out.loss.shape).toEqual([]);
    expect(out.right.shape).toEqual([]);
    expect(Object.keys(out)).toEqual(
      expect.arrayContaining(['grad.E', 'grad.logits.Dense.W', 'grad.logits.Dense.b']),
    );
    // E[0] is read by no last step.
    expect(numbers(out['grad.E']).slice(0, 2)).toEqual([0, 0]);
    expect(
      numbers(out['grad.E'])
        .slice(2)
        .every((g) => g !== 0),
    ).toBe(true);
  });

  test('unrolled: the same to 1e-12; wasm: to 1e-5; whole numbers for reals are taken', async () => {
    const plain = results(
      await run('tagger.rnn', { ...model, E: indexTensor([3, 2], [1, 2, 3, 4, 5, 6]) }, '--grad'),
    );
    const unrolled = results(await run('tagger.rnn', model, '--grad', '--unroll'));
    const wasm = results(await run('tagger.rnn', model, '--grad', '--target', 'wasm'));
    expect(Object.keys(unrolled).sort()).toEqual(Object.keys(plain).sort());
    expect(wasm.loss.data).toBeInstanceOf(Float32Array);
    for (const [name, tensor] of Object.entries(plain)) {
      tensor.data.forEach((value, i) => {
        expect(Math.abs(unrolled[name].data[i] - value), name).toBeLessThanOrEqual(1e-12);
        expect(Math.abs(wasm[name].data[i] - value), name).toBeLessThanOrEqual(1e-5);
      });
    }
  });

  test('each sequence of a batch is what it is alone', async () => {
    const arrays = lstmArrays(3, 5, 2, 4);
    const lengths = [5, 2, 4];
    const together = results(await run('models/lstm.rnn', { ...arrays, lengths: indexTensor([3], lengths) }));
    for (const [b, length] of lengths.entries()) {
      const x = realTensor([1, length, 2], arrays.x.data.slice(b * 10, b * 10 + length * 2));
      const alone = results(await run('models/lstm.rnn', { ...arrays, x }));
      expect(numbers(together.h).slice(b * 20, b * 20 + length * 4)).toEqual(numbers(alone.h));
      expect(numbers(together['state.c']).slice(b * 4, b * 4 + 4)).toEqual(numbers(alone['state.c']));
    }
  });

  test('a table of what was written, on a terminal', async () => {
    const files = filesWith({ x: count(1, 2, 1) });
    const words = ['run', 'sum.rnn', '--in', 'in.safetensors', '--out', 'out.safetensors'];
    const { out } = await rnn(words, { files, terminal: true });
    expect(out).toBe('s        [1, 2, 1]\nstate.s  [1, 1]\n\nwritten to out.safetensors\n');
  });
});

function lstmArrays(batch: number, steps: number, n: number, m: number): Record<string, Tensor> {
  let k = 0;
  const draw = (...shape: readonly number[]): Tensor => {
    const tensor = realTensor(shape);
    return realTensor(
      shape,
      Array.from(tensor.data, () => Math.sin(++k)),
    );
  };
  const gates = ['i', 'f', 'o', 'g'].flatMap((gate) => [
    [`${gate}.W_x`, draw(m, n)] as const,
    [`${gate}.W_h`, draw(m, m)] as const,
    [`${gate}.b`, draw(m)] as const,
  ]);
  return { x: draw(batch, steps, n), ...Object.fromEntries(gates) };
}

describe('arrays that do not fit', () => {
  let lstm: Record<string, Tensor>;
  beforeAll(() => {
    lstm = lstmArrays(3, 5, 2, 4);
  });

  const told = async (program: string, arrays: Arrays): Promise<string> => {
    const { code, err, files } = await run(program, arrays);
    expect(code).toBe(1);
    expect(files.contents.has('out.safetensors')).toBe(false);
    return err;
  };

  test('two axes where three are wanted: the batch axis is missing', async () => {
    expect(await told('models/lstm.rnn', { ...lstm, x: count(5, 2) })).toMatchInlineSnapshot(`
      "error[RNN7004]: x is [5, 2], and [batch, time, n] is wanted: the batch axis is missing
        --> models/lstm.rnn:4:9
         |
       4 |   input x: [n]
         |         ^ declared here
         |
         = a cell is written for one step of one sequence; arrays hold a batch of sequences
         = help: a batch of one sequence is [1, 5, 2] (NumPy: a[None])
      "
    `);
  });

  test('with as many rows as sequences: the time axis is missing', async () => {
    const lengths = indexTensor([3], [1, 1, 1]);
    const err = await told('models/lstm.rnn', { ...lstm, x: count(3, 2), lengths });
    expect(err).toContain('the time axis is missing');
    expect(err).toContain('[3, 1, 2]');
  });

  test('with one feature: the axis of features is missing', async () => {
    const err = await told('models/lstm.rnn', { ...lstmArrays(3, 5, 1, 4), x: count(3, 5) });
    expect(err).toContain('the axis of features is missing');
    expect(err).toContain('[3, 5, 1]');
  });

  test('where nothing else says n, both readings are offered', async () => {
    const err = await told('sum.rnn', { x: count(3, 5) });
    expect(err).toContain('[1, 3, 5]');
    expect(err).toContain('[3, 5, 1]');
  });

  test('one axis too many, none at all, nothing in it', async () => {
    expect(await told('sum.rnn', { x: count(3, 5, 2, 1) })).toContain('Without it: [3, 5, 2]');
    expect(await told('sum.rnn', { x: count() })).toContain('x is [], and [batch, time, n] is wanted');
    expect(await told('sum.rnn', { x: count(0, 5, 2) })).toContain('there is nothing in it');
  });

  test('a name that is misspelt, told once', async () => {
    const { 'f.b': bias, ...rest } = lstm;
    const err = await told('models/lstm.rnn', { ...rest, f_b: bias });
    expect(err).toContain('LSTM does not take an array "f_b"');
    expect(err).toContain('did you mean f.b?');
    expect(err).not.toContain('missing');
  });

  test('other names for the only array that is missing, and for a state', async () => {
    const { 'f.b': bias, ...rest } = lstm;
    const err = await told('models/lstm.rnn', { ...rest, bias_of_f: bias });
    expect(err).toContain('did you mean f.b?');
    expect(err).not.toContain('missing');
    expect(await told('models/lstm.rnn', { ...lstm, h0: count(3, 4) })).toContain('did you mean state.h?');
  });

  test('arrays of another program are told in one message', async () => {
    const err = await told('sum.rnn', { x: count(1, 2, 3), alpha: count(1), beta: count(1) });
    expect(err).toContain('Sum does not take the arrays "alpha", "beta"');
  });

  test('one matrix that is turned is told, not all that it meets', async () => {
    const err = await told('models/lstm.rnn', { ...lstm, 'i.W_x': count(2, 4) });
    expect(err.match(/error/g)).toHaveLength(1);
    expect(err).toContain('i.W_x is given as [2, 4]');
    expect(err).toContain('is it the wrong way round? Turned it is [4, 2]');
  });

  test('time before batch, beside a state', async () => {
    const x = count(5, 3, 2);
    const err = await told('models/lstm.rnn', { ...lstm, x, 'state.h': count(3, 4) });
    expect(err).toContain('are batch and time swapped in x?');
  });

  test('everything that is missing, at once, with the shapes', async () => {
    const err = await told('tagger.rnn', {});
    expect(err).toContain('the input word is missing: whole numbers below v [batch, time] are wanted');
    expect(err).toContain('the target tag is missing: whole numbers below 2 [batch] are wanted');
    expect(err).toContain('3 weights are missing');
    expect(err).toContain('wanted are E [v, m], logits.Dense.W [2, m], logits.Dense.b [2]');
    const { 'i.b': _, 'o.b': __, ...most } = lstm;
    const few = await told('models/lstm.rnn', most);
    expect(few).toContain('the weight i.b is missing: reals [m] are wanted');
    expect(few).toContain('the weight o.b is missing: reals [m] are wanted');
  });

  test('a cell with none of its weights is one mistake', async () => {
    const err = await told('models/lstm.rnn', { x: lstm.x });
    expect(err.match(/error\[/g)).toHaveLength(1);
    expect(err).toContain('12 weights are missing');
  });

  test('sizes that disagree say where each comes from', async () => {
    const err = await told('models/lstm.rnn', { ...lstm, 'i.b': count(7) });
    expect(err).toContain('i.b is given as [7]');
    expect(err).toContain('m is 4');
  });

  test('batches and steps that disagree', async () => {
    const err = await told('models/lstm.rnn', { ...lstm, 'state.h': count(2, 4) });
    expect(err).toContain('state.h is [2, 4], 2 sequences, and x is [3, 5, 2], 3 sequences');
  });

  test('lengths: too many, too long, empty, not whole', async () => {
    const x = count(3, 5, 1);
    const lengths = (...values: number[]) => indexTensor([values.length], values);
    expect(await told('sum.rnn', { x, lengths: lengths(1, 2) })).toContain(
      'lengths is [2], and x has 3 sequences',
    );
    expect(await told('sum.rnn', { x, lengths: lengths(1, 2, 3, 4, 5) })).toContain(
      'are batch and time swapped?',
    );
    expect(await told('sum.rnn', { x, lengths: lengths(1, 6, 1) })).toContain(
      'the length of sequence 1 is 6',
    );
    expect(await told('sum.rnn', { x, lengths: lengths(0, 1, 1) })).toContain('no sequence is empty');
    expect(await told('sum.rnn', { x, lengths: count(3) })).toContain('lengths holds reals');
    expect(await told('sum.rnn', { x, lengths: boolTensor([3], [1, 1, 1]) })).toContain(
      'lengths holds bools',
    );
  });

  test('categories: reals, and out of range', async () => {
    const tag = indexTensor([1], [2]);
    const rest = { E: count(3, 2), 'logits.Dense.W': count(2, 2), 'logits.Dense.b': count(2) };
    const word = indexTensor([1, 2], [0, 3]);
    const reals = await told('tagger.rnn', { ...rest, tag, word: count(1, 2) });
    expect(reals).toContain('word holds reals, and categories are wanted');
    const err = await told('tagger.rnn', { ...rest, tag, word });
    expect(err).toContain('word holds 3 at step 1 of sequence 0, and categories are 0 to 2');
    expect(err).toContain('tag holds 2 at sequence 0, and categories are 0 to 1');
    expect(err).toContain('categories are counted from 0');
  });
});

describe('files and options', () => {
  const words = ['run', 'sum.rnn', '--in', 'in.safetensors', '--out', 'out.safetensors'];

  test('a file that is missing, and one that is no safetensors', async () => {
    const files = modelFiles({ 'sum.rnn': sum });
    const missing = await rnn(words, { files });
    expect([missing.code, missing.err]).toEqual([
      1,
      'error: cannot read in.safetensors: there is no such file\n',
    ]);
    files.contents.set('in.safetensors', new TextEncoder().encode('{"hello": "world"}'));
    const other = await rnn(words, { files });
    expect(other.code).toBe(1);
    expect(other.err).toContain('cannot read in.safetensors as safetensors');
  });

  test('--in and --out must be there, --target must be known', async () => {
    expect(await rnn(words.slice(0, 4))).toMatchObject({ code: 2 });
    expect((await rnn(words.slice(0, 4))).err).toContain('--out FILE is missing');
    const { code, err } = await rnn([...words, '--target', 'gpu']);
    expect(code).toBe(2);
    expect(err).toContain('--target is wasm or reference, and not "gpu"');
  });

  test('--set gives a size that no array gives, and must not contradict them', async () => {
    const files = filesWith({ x: count(1, 2, 3) });
    files.contents.set(
      'pad.rnn',
      new TextEncoder().encode('cell Pad(n, k) {\n  input x: [n]\n  output x * k\n}\n'),
    );
    const pad = ['run', 'pad.rnn', ...words.slice(2)];
    expect((await rnn(pad, { files })).err).toContain('how large k is');
    expect((await rnn([...pad, '--set', 'k=2'], { files })).code).toBe(0);
    const wrong = await rnn([...pad, '--set', 'k=2', '--set', 'n=5'], { files });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('n is given as 5, and the arrays say 3');
    expect((await rnn([...pad, '--set', 'q=2'], { files })).code).toBe(2);
  });
});
