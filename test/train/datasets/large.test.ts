// Data of real sizes: what is held whole is held in typed arrays, and nothing is handed over as arguments.
import { expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { makeSource } from '../../../src/base/source.ts';
import { linesDataset } from '../../../src/train/datasets/lines.ts';
import { readText } from '../../../src/train/datasets/read-text.ts';
import { padded } from '../../../src/train/datasets/sequences.ts';
import { textDataset } from '../../../src/train/datasets/text.ts';
import { MemoryFiles } from '../memory-host.ts';

const span = { source: makeSource('a.rnn', 'data'), start: 0, end: 4 };

it('hundreds of thousands of lines', () => {
  const found: Diagnostic[] = [];
  const text = 'good line\n'.repeat(300_000);
  const made = linesDataset(
    [text, text],
    ['a', 'b'],
    { by: 'word', holdout: 0.5, span },
    { batch: 200_000, seed: 1 },
    (d) => found.push(d),
  );
  expect(found).toEqual([]);
  expect(made?.trainingBatch(0).sequences).toBe(200_000);
  expect(made?.validationBatches).toBe(2);
});

it('a batch of hundreds of thousands of sequences', () => {
  const sequences = Array.from({ length: 200_000 }, () => ({ steps: [1, 2], target: 0 }));
  expect(padded(sequences, undefined, 'index').steps).toBe(2);
});

it.each(['char', 'word'] as const)('a text of millions of %ss is cut', (by) => {
  const found: Diagnostic[] = [];
  const text = 'in a hole in the ground there lived a thing\n'.repeat(by === 'char' ? 400_000 : 200_000);
  const made = textDataset(text, { by, holdout: 0.1, span }, { window: 64, batch: 32 }, (d) => found.push(d));
  expect(found).toEqual([]);
  expect(made?.vocabulary?.decode(made.trainingBatch(0).input.data.filter((_, i) => i % 32 === 0))).toMatch(
    /^in a hole in the/,
  );
});

it('a file that no text can be made of says how much it is', async () => {
  const found: Diagnostic[] = [];
  const files = new MemoryFiles();
  files.contents.set('huge.txt', new Uint8Array(2 ** 29));
  expect(await readText({ path: 'huge.txt', span }, files, (d) => found.push(d))).toBeUndefined();
  expect(found.map((d) => `${d.code} ${d.message}`)).toEqual([
    'RNN6031 huge.txt has 512 MiB, and a text may have 511 MiB',
  ]);
});

it('more lines than can be held are told', () => {
  const found: Diagnostic[] = [];
  const settings = { batch: 2, seed: 1 };
  const texts = ['a\n'.repeat(3_000_000), 'b\n'.repeat(3_000_000)];
  const made = linesDataset(texts, ['a', 'b'], { by: 'word', holdout: 0.5, span }, settings, (d) =>
    found.push(d),
  );
  expect(made).toBeUndefined();
  expect(found.map((d) => `${d.code} ${d.message}`)).toEqual([
    'RNN6031 6,000,002 lines are too many: 5,000,000 can be held at once',
  ]);
});
