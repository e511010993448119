import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { makeSource } from '../../../src/base/source.ts';
import { openText, textDataset } from '../../../src/train/datasets/text.ts';
import { Vocabulary } from '../../../src/train/datasets/vocabulary.ts';
import { MemoryFiles } from '../memory-host.ts';

const source = makeSource('a.rnn', 'data text("a.txt")');
const span = { source, start: 5, end: 18 };
const settings = (window: number, batch: number) => ({ window, batch });

function dataset(text: string, window: number, batch: number, holdout: number, by: 'char' | 'word' = 'char') {
  const found: Diagnostic[] = [];
  const made = textDataset(text, { by, holdout, span }, settings(window, batch), (d) => found.push(d));
  return { made, found };
}

describe('a text', () => {
  it('is cut into streams, and these into windows', () => {
    // 23 characters, of which 2 are held out: two streams of (21 - 1) / 2 = 10 steps, three windows of 3.
    const { made } = dataset('abcdefghijklmnopqrstuvw', 3, 2, 0.1);
    expect(made?.stepsPerEpoch).toBe(3);
    const letters = (data: ArrayLike<number>) => made?.vocabulary?.decode(Array.from(data));
    const first = made?.trainingBatch(0);
    expect(first?.input.shape).toEqual([3, 2]);
    expect(letters(first?.input.data ?? [])).toBe('akblcm');
    expect(letters(first?.target.data ?? [])).toBe('blcmdn');
    expect(first).toMatchObject({ continues: false, offset: 0, realSteps: 6, steps: 3, sequences: 2 });
    const second = made?.trainingBatch(1);
    expect(letters(second?.input.data ?? [])).toBe('dneofp');
    expect(second).toMatchObject({ continues: true, offset: 3 });
    expect(made?.trainingBatch(3)).toEqual(first);
    expect(made?.trainingBatch(5)).toEqual(made?.trainingBatch(2));
  });

  it('holds its end out, all of it but a rest smaller than a step', () => {
    const { made } = dataset('abcdefghijklmnopqrstuvwxyz', 4, 1, 0.5);
    expect(made?.validationBatches).toBe(3);
    const seen = [0, 1, 2].map((k) => made?.validationBatch(k));
    expect(seen.map((b) => b?.steps)).toEqual([4, 4, 4]);
    expect(seen.map((b) => b?.continues)).toEqual([false, true, true]);
    const all = seen.flatMap((b) => [...(b?.target.data ?? [])]);
    expect(made?.vocabulary?.decode(all)).toBe('opqrstuvwxyz');
    const short = dataset('abcdefghijklmnopqrstuvwxyz', 5, 1, 0.5).made;
    expect(short?.validationBatch(2).steps).toBe(2);
  });

  it('without a held-out part has no validation', () => {
    expect(dataset('abcdefgh', 2, 2, 0).made?.validationBatches).toBe(0);
  });

  it('knows every character of the whole text, by code point', () => {
    const { made } = dataset('baba baba \u{1F600}z', 2, 2, 0.2);
    expect(made?.vocabulary?.entries).toEqual([' ', 'a', 'b', 'z', '\u{1F600}']);
  });

  it('by word: what was met once is unknown', () => {
    const { made } = dataset('the cat  the\ndog the end\tcat the bird', 2, 2, 0, 'word');
    expect(made?.vocabulary?.entries).toEqual(['<unknown>', 'the', 'cat']);
    expect(made?.stepsPerEpoch).toBe(2);
    expect([...(made?.trainingBatch(0).input.data ?? [])]).toEqual([1, 1, 2, 0]);
  });

  it('too short is told with what a step needs', () => {
    const { made, found } = dataset('abcdefghij', 4, 3, 0.1);
    expect(made).toBeUndefined();
    expect(found.map((d) => [d.code, d.message])).toEqual([
      ['RNN6023', '9 characters are too few to train on'],
    ]);
    expect(found[0].notes[0]).toContain('13');
    expect(dataset('abcdefghij', 1, 1, 0.1).found.map((d) => d.message)).toEqual([
      '1 held-out characters are too few to validate on',
    ]);
  });
});

describe('text files', () => {
  const open = async (files: MemoryFiles, ...paths: readonly string[]) => {
    const found: Diagnostic[] = [];
    const data = {
      kind: 'text' as const,
      files: paths.map((path) => ({ path, span })),
      by: 'char' as const,
      holdout: 0,
      span,
    };
    const made = await openText(data, settings(2, 1), files, (d) => found.push(d));
    return { made, found };
  };

  it('are joined in order, without their byte order marks', async () => {
    const files = new MemoryFiles({ 'a.txt': '\uFEFFabc', 'b.txt': '\uFEFFdef' });
    const { made } = await open(files, 'b.txt', 'a.txt');
    expect(made?.vocabulary?.entries.join('')).toBe('abcdef');
    expect(made?.vocabulary?.decode(made.trainingBatch(1).target.data)).toBe('ab');
  });

  it('that are missing, empty or no text are told, all of them', async () => {
    const files = new MemoryFiles({ 'empty.txt': ' \n' });
    files.contents.set('bad.txt', new Uint8Array([97, 10, 98, 10, 0xff, 10, 99]));
    const { made, found } = await open(files, 'none.txt', 'empty.txt', 'bad.txt');
    expect(made).toBeUndefined();
    expect(found.map((d) => [d.code, d.message])).toEqual([
      ['RNN6020', 'cannot read none.txt: there is no such file'],
      ['RNN6022', 'there is no text in empty.txt'],
      ['RNN6021', 'bad.txt is not a UTF-8 text'],
    ]);
    expect(found[2].notes[0]).toContain('line 3');
  });
});

it('a vocabulary says what it does not know', () => {
  expect([...new Vocabulary('char', ['a', 'b']).encode('abc')]).toEqual([0, 1, -1]);
  expect([...new Vocabulary('word', ['<unknown>', 'a']).encode('a b')]).toEqual([1, 0]);
  expect(new Vocabulary('word', ['<unknown>', 'a']).decode([1, 0])).toBe('a <unknown>');
});
