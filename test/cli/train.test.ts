// `rnn train` and `rnn generate`: a small model of a small text, trained in memory.
import { describe, expect, test } from 'vitest';
import type { MemoryFiles } from '../train/memory-host.ts';
import { modelFiles, type Outcome, rnn, type Setting } from './rig.ts';

const program = `
import RNN from "models/rnn.rnn"

## Guesses the next letter.
model Letters(v, m = 8) {
  input  x: index(v)
  target y: index(v)
  h = RNN(m: m)(Embedding(4)(x))
  logits = Dense(v)(h)
  loss cross_entropy(logits, y)
  metric right = argmax(logits) == y
  generate x ~ categorical(logits)
}

train Letters {
  data text("text.txt", by: char, holdout: 0.2)
  window 8
  batch 4
  optimizer adam(lr: 0.02)
  steps 20
  validate 10
}
`;

const text = 'the quick brown fox jumps over the lazy dog. '.repeat(20);

const files = (): MemoryFiles => modelFiles({ 'letters.rnn': program, 'text.txt': text });

const train = (words: readonly string[] = [], setting: Setting = {}): Promise<Outcome> =>
  rnn(['train', 'letters.rnn', ...words], { files: files(), ...setting });

/** What lies in a folder, by name. */
function folder({ files }: Outcome, name: string): Record<string, string> {
  const inside = [...files.contents].filter(([path]) => path.startsWith(`${name}/`));
  return Object.fromEntries(inside.map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]));
}

describe('a run', () => {
  test('in a pipe: the summary, the check, plain lines, where it was saved', async () => {
    const run = await train();
    expect([run.code, run.err]).toEqual([0, '']);
    const lines = run.out.split('\n');
    expect(lines[0]).toMatch(/^model Letters \(v = \d+, m = 8\)$/);
    expect(run.out).toContain('Guesses the next letter.');
    expect(run.out).toMatch(
      /^the gradients agree with central differences \(\d+ tensors, 3 small cases, largest error \de-\d+\)$/m,
    );
    expect(run.out).toMatch(/^training on wasm: 20 steps, validation every 10$/m);
    expect(
      lines.filter((line) =>
        /^step [ \d]\d\/20 {2}loss \d\.\d{4} {2}[\d,.]+ steps\/s, [\d,]+ characters\/s {2}\d+:\d\d left$/.test(
          line,
        ),
      ),
    ).toHaveLength(20);
    expect(run.out).toMatch(/^step 10 {2}validation loss \d\.\d{4} {2}right 0\.\d{4}/m);
    expect(run.out).toMatch(
      /^saved in runs\/letters-1\nits weights are those of step \d+: validation loss \d\.\d{4}, the lowest\nto read more of it: rnn generate runs\/letters-1\n$/m,
    );
    expect(
      Object.keys(folder(run, 'runs/letters-1'))
        .map((path) => path.slice('runs/letters-1/'.length))
        .sort(),
    ).toEqual([
      'checkpoint.safetensors',
      'metrics.jsonl',
      'settings.json',
      'source/letters.rnn',
      'source/models/rnn.rnn',
      'vocabulary.json',
      'weights.safetensors',
    ]);
  });

  test('a sample after each validation: the beginning of it, and all of the last one', async () => {
    const run = await train();
    const samples = run.out.match(/(^ {2}\| .*\n)+/gm)!;
    expect(samples).toHaveLength(2);
    expect(samples[0].length).toBeLessThan(3 * 110);
    expect(samples[1].replaceAll(/^ {2}\| |\n/gm, '')).toMatch(/^[a-z. ]{200}$/);
  });

  test('on a terminal: one line drawn over and over', async () => {
    const run = await train(['--unchecked'], { terminal: true });
    expect(run.code).toBe(0);
    expect(run.err).toContain('\r\u001b[Kstep  1/20  loss ');
    expect(run.out).not.toMatch(/step \d+\/20/);
    expect(run.out).not.toContain('the gradients agree');
  });

  test('--json: a line for every event', async () => {
    const run = await train(['--json', '--set', 'steps=4', '--set', 'validate=2']);
    const events = run.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const kinds = events.map((event) => event.kind);
    expect(kinds.slice(0, 6)).toEqual(['start', 'step', 'step', 'validation', 'sample', 'saved']);
    expect(kinds.at(-1)).toBe('done');
    expect(events[3]).toMatchObject({ step: 2, metrics: { right: expect.any(Number) } });
    expect(run.err).toBe('');
  });

  test('the same seed gives the same folder, byte for byte; another seed another', async () => {
    const [one, same, other] = await Promise.all([
      train(['--out', 'r', '--seed', '7']),
      train(['--out', 'r', '--seed', '7'], { terminal: true }),
      train(['--out', 'r', '--seed', '8']),
    ]);
    expect(folder(same, 'r')).toEqual(folder(one, 'r'));
    expect(folder(other, 'r')['r/weights.safetensors']).not.toBe(folder(one, 'r')['r/weights.safetensors']);
  });

  test('the next free folder; a folder that holds a run is not written over', async () => {
    const place = files();
    await rnn(['train', 'letters.rnn', '--set', 'steps=1'], { files: place });
    const second = await rnn(['train', 'letters.rnn', '--set', 'steps=1'], { files: place });
    expect(second.out).toContain('saved in runs/letters-2');
    const again = await rnn(['train', 'letters.rnn', '--out', 'runs/letters-1'], { files: place });
    expect([again.code, again.out]).toEqual([1, '']);
    expect(again.err).toContain('holds a run already');
  });

  test('other data, another size, the reference', async () => {
    const place = files();
    place.contents.set('other.txt', new TextEncoder().encode('abcabcabd'.repeat(60)));
    const words = [
      'train',
      'letters.rnn',
      '--data',
      'other.txt',
      '--set',
      'm=3',
      '--set',
      'steps=2',
      '--target',
      'reference',
    ];
    const run = await rnn(words, { files: place });
    expect(run.out).toContain('model Letters (v = 4, m = 3)');
    expect(run.out).toContain('training on reference');
    expect(run.code).toBe(0);
  });
});

describe('Ctrl-C', () => {
  test('saves and stops; --resume goes on to the same end', async () => {
    const stopped = await train(['--out', 'r', '--json'], {
      onWrite(line, press) {
        if (line.startsWith('{"kind":"step","step":7,')) press();
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.exited).toBeUndefined();
    expect(stopped.err).toContain('stopping after this step');
    expect(stopped.out).toContain('"kind":"done","step":7,"finished":false');

    const resumed = await rnn(['train', '--resume', 'r'], { files: stopped.files });
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('going on after step 7');
    expect(resumed.out).toContain('done at step 20');
    const whole = await train(['--out', 'r']);
    expect(folder(resumed, 'r')).toEqual(folder(whole, 'r'));
  });

  test('in the last step: the run is finished all the same', async () => {
    const run = await train(['--json', '--set', 'steps=3'], {
      onWrite(line, press) {
        if (line.startsWith('{"kind":"step","step":3,')) press();
      },
    });
    expect(run.code).toBe(0);
    expect(run.out).toContain('"finished":true');
  });

  test('twice: at once', async () => {
    const run = await train(['--out', 'r', '--json'], {
      onWrite(line, press) {
        if (!line.includes('"kind":"step"')) return;
        press();
        press();
      },
    });
    expect(run.exited).toBe(130);
  });
});

describe('what is wrong', () => {
  test('no data: at the line that names it', async () => {
    const { code, err } = await rnn(['train', 'letters.rnn'], {
      files: modelFiles({ 'letters.rnn': program }),
    });
    expect(code).toBe(1);
    expect(err).toContain('letters.rnn:16:');
    expect(err).toContain('text.txt');
  });

  test('an override that cannot be', async () => {
    const { code, err } = await train(['--set', 'stepps=3']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean steps?');
  });

  test('a program with a mistake, a file without an experiment', async () => {
    const place = files();
    place.contents.set('bad.rnn', new TextEncoder().encode(program.replace('logits, y)', 'logit, y)')));
    expect(await rnn(['train', 'bad.rnn'], { files: place })).toMatchObject({ code: 1, out: '' });
    const none = await rnn(['train', 'models/lstm.rnn']);
    expect(none.code).toBe(1);
    expect(none.err).toContain('no train block');
  });

  test('a rate that blows up: a diagnostic, and the last good weights', async () => {
    const run = await train(['--out', 'r', '--set', 'optimizer=sgd(lr: 1e30)']);
    expect(run.code).toBe(1);
    expect(run.err).toContain('RNN6030');
    expect(folder(run, 'r')['r/weights.safetensors']).toBeDefined();
  });

  test.each([
    [['train'], 'rnn train needs FILE, or --resume DIR'],
    [['train', '--resume', 'r', '--seed', '3'], '--seed does not go with --resume'],
    [['train', 'letters.rnn', '--resume', 'r'], '--resume takes no FILE'],
    [['train', 'letters.rnn', '--target', 'gpu'], '--target is wasm or reference'],
    [['train', 'letters.rnn', '--seed', '-1'], '--seed is a whole number'],
  ])('wrong use: %j', async (words, message) => {
    const { code, err } = await rnn(words, { files: files() });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('a folder that is no run', async () => {
    const { code, err } = await rnn(['train', '--resume', 'nowhere']);
    expect(code).toBe(1);
    expect(err).toContain('nowhere is not a run');
  });
});

describe('rnn generate', () => {
  const place = train(['--out', 'r', '--unchecked', '--set', 'steps=60']).then((run) => run.files);
  const generate = async (...words: readonly string[]) =>
    rnn(['generate', 'r', ...words], { files: await place });

  test('continues the prompt; the same seed writes the same', async () => {
    const words = ['--prompt', 'the ', '--length', '30', '--seed', '2'];
    const { code, out, err } = await generate(...words);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^the [a-z. ]{30}\n$/);
    expect((await generate(...words)).out).toBe(out);
    expect((await generate(...words.slice(0, 4), '--seed', '3')).out).not.toBe(out);
  });

  test('at temperature 0 the seed does not count', async () => {
    const out = (await generate('--temperature', '0', '--length', '20', '--seed', '1')).out;
    expect((await generate('--temperature', '0', '--length', '20', '--seed', '9')).out).toBe(out);
  });

  test('a prompt that it cannot read, a folder that is no run, wrong use', async () => {
    const unknown = await generate('--prompt', 'the ÿ');
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('has never seen the character "ÿ"');
    expect((await rnn(['generate', 'nowhere'])).err).toContain('nowhere is not a run');
    expect((await generate('--length', '0')).code).toBe(2);
    expect((await generate('--temperature', '-1')).code).toBe(2);
    expect((await generate('--promt', 'x')).err).toContain('did you mean --prompt?');
  });
});

test('two runs that begin at once have folders of their own', async () => {
  const place = files();
  const words = ['train', 'letters.rnn', '--unchecked'];
  const both = await Promise.all([
    rnn(words, { files: place }),
    rnn([...words, '--seed', '2'], { files: place }),
  ]);
  expect(both.map((run) => run.code)).toEqual([0, 0]);
  const settings = [1, 2].map((number) => JSON.parse(place.text(`runs/letters-${number}/settings.json`)));
  expect(settings.map((one) => one.settings.seed).sort()).toEqual([1, 2]);
});
