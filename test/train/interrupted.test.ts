// Runs that end at any moment: whatever was being written when the process was killed, the run goes on from its last
// checkpoint, and comes out as if nothing had happened.
import { describe, expect, it } from 'vitest';
import { FileFault } from '../../src/runtime/files.ts';
import { loadProgramFile } from '../../src/study/program-file.ts';
import { readSafetensors, writeSafetensors } from '../../src/tensor/safetensors.ts';
import type { Experiment } from '../../src/train/experiment.ts';
import { prepare } from '../../src/train/experiment.ts';
import { type TrainEvent, type TrainOptions, train } from '../../src/train/loop.ts';
import { openRun, resumeRun } from '../../src/train/open-run.ts';
import { MemoryFiles, memoryHost } from './memory-host.ts';
import { compileReference, experimentOf } from './programs.ts';

const language = `
model LM(v, m = 2) {
  input  x: index(v)
  target y: index(v)
  param h0: [m]
  state h: [m] = h0
  h = tanh(affine(Embedding(2)(x), prev h))
  logits = Dense(v)(h)
  loss   cross_entropy(logits, y)
  generate x ~ categorical(logits)
}
train LM { data text("a.txt", holdout: 0.2)  window 5  batch 2  optimizer adam(lr: 0.05)  steps 9  validate 4 }`;

const text = 'the quick brown fox jumps over the lazy dog. '.repeat(4);

class Killed extends Error {}

/** Files of a process that is killed at its `left`-th change: a whole file is then not there, an appended one has half. */
class DyingFiles extends MemoryFiles {
  left = Number.POSITIVE_INFINITY;

  #die(): boolean {
    if (this.left-- > 0) return false;
    throw new Killed();
  }

  override async create(path: string, bytes: Uint8Array): Promise<boolean> {
    this.#die();
    return super.create(path, bytes);
  }

  override async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#die();
    return super.write(path, bytes);
  }

  override async append(path: string, bytes: Uint8Array): Promise<void> {
    if (this.left === 0) await super.append(path, bytes.subarray(0, bytes.length / 2));
    this.#die();
    return super.append(path, bytes);
  }
}

async function run(
  experiment: Experiment,
  files: MemoryFiles,
  more: Partial<TrainOptions> = {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const host = memoryHost(files);
  const options = { folder: 'run', host, compile: compileReference, target: 'reference', sample: 0, ...more };
  for await (const event of train(experiment, options)) events.push(event);
  return events;
}

const filesWith = (left = Number.POSITIVE_INFINITY) => {
  const files = new DyingFiles({ 'a.txt': text });
  files.left = left;
  return files;
};

const folder = (files: MemoryFiles) =>
  Object.fromEntries([...files.contents].filter(([path]) => path.startsWith('run/')).sort());

/** Takes the run up, after giving the process so many changes to live. False: it was killed again. */
async function goOn(files: DyingFiles, left = Number.POSITIVE_INFINITY): Promise<boolean> {
  const { run: stopped, diagnostics } = await resumeRun('run', files);
  if (stopped === undefined) throw new Error(diagnostics.map((d) => d.message).join());
  files.left = left;
  try {
    await run(stopped.experiment, files, { resume: stopped.checkpoint, target: stopped.target });
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}

describe('a run that is killed', () => {
  it('at any of its writes, and again at a later one, comes to the same end', async () => {
    const straight = filesWith();
    await run(await experimentOf(language, straight), straight);
    let goneOn = 0;
    for (let left = 0; ; left++) {
      const files = filesWith(left);
      const finished = await run(await experimentOf(language, files), files).then(
        () => true,
        (error) => {
          if (error instanceof Killed) return false;
          throw error;
        },
      );
      if (finished) break;
      files.left = Number.POSITIVE_INFINITY;
      const begun = files.contents.has('run/checkpoint.safetensors');
      if (!begun) {
        const { run: none, diagnostics } = await resumeRun('run', files);
        expect(none).toBeUndefined();
        expect(diagnostics[0].code).toBe('RNN6040');
        continue;
      }
      goneOn++;
      if (!(await goOn(files, left % 5))) expect(await goOn(files)).toBe(true);
      expect(folder(files)).toEqual(folder(straight));
    }
    expect(goneOn).toBeGreaterThan(8);
  });

  it('is stopped before its first step', async () => {
    const controller = new AbortController();
    controller.abort();
    const files = filesWith();
    const events = await run(await experimentOf(language, files), files, { signal: controller.signal });
    expect(events.at(-1)).toMatchObject({ kind: 'done', step: 0, finished: false });
    const straight = filesWith();
    await run(await experimentOf(language, straight), straight);
    expect(await goOn(files)).toBe(true);
    expect(folder(files)).toEqual(folder(straight));
  });
});

describe('a folder', () => {
  it('takes one of two runs that begin at once', async () => {
    const files = filesWith();
    const [one, two] = await Promise.all([
      run(await experimentOf(language, files, ['seed=1']), files),
      run(await experimentOf(language, files, ['seed=2']), files),
    ]);
    const ends = [one, two].map((events) => events.at(-1));
    expect(ends.map((event) => event?.kind).sort()).toEqual(['done', 'failed']);
    expect(ends.find((event) => event?.kind === 'failed')).toMatchObject({ diagnostic: { code: 'RNN6041' } });
    const alone = filesWith();
    const seed = ends[0]?.kind === 'done' ? 1 : 2;
    await run(await experimentOf(language, alone, [`seed=${seed}`]), alone);
    expect(folder(files)).toEqual(folder(alone));
  });
});

describe('a run whose folder is damaged', () => {
  async function stopped(): Promise<DyingFiles> {
    const files = filesWith();
    const experiment = await experimentOf(language, files);
    const controller = new AbortController();
    const host = memoryHost(files);
    const options = { folder: 'run', host, compile: compileReference, target: 'reference', sample: 0 };
    for await (const event of train(experiment, { ...options, signal: controller.signal })) {
      if (event.kind === 'step' && event.step === 6) controller.abort();
    }
    return files;
  }
  const told = async (files: MemoryFiles) => {
    const { diagnostics } = await resumeRun('run', files);
    return diagnostics.map((d) => `${d.severity} ${d.code} ${d.message}`);
  };

  it('goes on without its metrics', async () => {
    const files = await stopped();
    files.contents.delete('run/metrics.jsonl');
    expect(await goOn(files)).toBe(true);
    expect(files.text('run/metrics.jsonl')).toMatch(/^\{"step":7,/);
  });

  it('makes its vocabulary anew', async () => {
    const files = await stopped();
    const before = files.text('run/vocabulary.json');
    files.contents.set('run/vocabulary.json', new Uint8Array([1, 2, 3]));
    expect(await goOn(files)).toBe(true);
    expect(files.text('run/vocabulary.json')).toBe(before);
  });

  it('warns where its best weights are lost, and finds new ones', async () => {
    for (const damage of [
      (files: MemoryFiles) => files.contents.delete('run/weights.safetensors'),
      (files: MemoryFiles) => files.contents.set('run/weights.safetensors', new Uint8Array(5)),
    ]) {
      const files = await stopped();
      damage(files);
      expect(await told(files)).toEqual([
        expect.stringMatching(
          /^warning RNN6040 the best weights of the run in run, those of step 4, are lost: /,
        ),
      ]);
      expect(await goOn(files)).toBe(true);
      expect((await openRun('run', files)).run).toBeDefined();
    }
  });

  it('does not go on with other data, were it only in another order', async () => {
    const files = await stopped();
    files.contents.set('a.txt', new TextEncoder().encode([...text].reverse().join('')));
    expect(await told(files)).toEqual([
      'error RNN6042 the run in run cannot go on: its data is no longer what it was',
    ]);
  });

  it('says where its data is looked for', async () => {
    const files = await stopped();
    files.contents.delete('a.txt');
    const { diagnostics } = await resumeRun('run', files);
    expect(diagnostics.map((d) => d.code)).toEqual(['RNN6020']);
    expect(diagnostics[0].notes.slice(1)).toEqual([
      'a run is taken up in the working folder in which it was started, with its data where it was',
    ]);
  });

  it.each([
    [
      'an older format',
      '"format": 2',
      '"format": 1',
      'settings.json has format 1, and this version of rnn reads format 2',
    ],
    ['no format', '"format": 2', '"format": "x"', 'its settings.json is not one that rnn train has written'],
    [
      'no target',
      '"target": "reference"',
      '"target": "abacus"',
      'its settings.json is not one that rnn train has written',
    ],
  ])('tells %s', async (_, from, to, message) => {
    const files = await stopped();
    const changed = files.text('run/settings.json').replace(from, to);
    files.contents.set('run/settings.json', new TextEncoder().encode(changed));
    expect(await told(files)).toEqual([`error RNN6040 run is not a run: ${message}`]);
    expect((await openRun('run', files)).run).toBeUndefined();
  });

  it.each(['', ' 6', '6.0', '-1', 'x', '1e1'])('tells a checkpoint of step %j', async (step) => {
    const files = await stopped();
    const bytes = files.contents.get('run/checkpoint.safetensors')!;
    const { tensors, metadata } = readSafetensors(bytes);
    files.contents.set(
      'run/checkpoint.safetensors',
      writeSafetensors(tensors, new Map([...metadata, ['step', step]])),
    );
    expect(await told(files)).toEqual([
      'error RNN6040 run is not a run: its checkpoint does not say after which step it was made',
    ]);
  });

  it.each([
    ['the same entry twice', { by: 'char', entries: ['a', 'a'] }],
    ['several characters', { by: 'char', entries: ['ab', 'c'] }],
    ['words without the unknown one', { by: 'word', entries: ['to', 'be'] }],
  ])('tells a vocabulary with %s', async (_, vocabulary) => {
    const files = await stopped();
    files.contents.set('run/vocabulary.json', new TextEncoder().encode(JSON.stringify(vocabulary)));
    const { diagnostics } = await openRun('run', files);
    expect(diagnostics.map((d) => d.message)).toEqual([
      'run is not a run: its vocabulary.json is not one that rnn train has written',
    ]);
  });

  it('tells a vocabulary that cannot be read', async () => {
    const files = await stopped();
    const { read } = files;
    files.read = async (path) => {
      if (path === 'run/vocabulary.json') throw new FileFault('it is a folder');
      return read.call(files, path);
    };
    const { diagnostics } = await openRun('run', files);
    expect(diagnostics.map((d) => d.message)).toEqual([
      'run is not a run: cannot read vocabulary.json: it is a folder',
    ]);
  });
});

describe('where the sources of a run lie', () => {
  const cell = 'cell Copy(n) { input x: [n]  output x }';
  const importing = (path: string) =>
    `import Copy from "${path}"\n${language.replace('Embedding(2)(x)', 'Copy()(Embedding(2)(x))')}`;

  it.each([
    ['../shared/cell.rnn', 'm.rnn', '../shared/cell.rnn'],
    ['../cell.rnn', 'a/b/m.rnn', 'a/cell.rnn'],
    ['/lib/cell.rnn', 'm.rnn', '/lib/cell.rnn'],
    ['../../cell.rnn', '../x/m.rnn', '../../cell.rnn'],
    ['C:\\\\lib\\\\cell.rnn', 'm.rnn', 'C:\\lib\\cell.rnn'],
  ])('import %s in %s', async (written, main, imported) => {
    const files = filesWith();
    const folderOfMain = main.slice(0, main.lastIndexOf('/') + 1);
    files.contents.set(`${folderOfMain}a.txt`, new TextEncoder().encode(text));
    files.contents.set(main, new TextEncoder().encode(importing(written)));
    files.contents.set(imported.replaceAll('\\', '/'), new TextEncoder().encode(cell));
    const { checked, sources, diagnostics } = await loadProgramFile(main, files);
    expect(diagnostics.map((d) => d.message)).toEqual([]);
    if (checked === undefined) throw new Error('does not check');
    const { experiment } = await prepare({ checked, sources, overrides: { set: [], data: [] } }, files);
    if (experiment === undefined) throw new Error('cannot be prepared');
    await run(experiment, files);
    const stored = Object.keys(folder(files)).filter((path) => path.endsWith('.rnn'));
    expect(stored).toHaveLength(2);
    for (const path of stored) expect(path).toMatch(/^run\/source\/(?:[\w.-]+\/)*[\w-]+\.rnn$/);
    expect(stored.join()).not.toContain('..');
    expect((await openRun('run', files)).diagnostics).toEqual([]);
  });
});
