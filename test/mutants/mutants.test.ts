// Faults planted in sources: what is planted, that nothing changes while none is, and who notices some of them.
// (All of them take hours: scripts/plant-mutants.mjs.)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AREAS, type Bundle, bundleMutants } from './bundle.ts';
import type { Stage } from './judge.ts';
import { mutate } from './points.ts';
import { WorkerProcess } from './process.ts';
import { plannedPrograms } from './programs.ts';

const INSTRUCTIONS = new Set(['f32x4.add', 'f32x4.sub', 'f32x4.mul']);

function planted(text: string, file = 'src/passes/some.ts'): readonly string[] {
  const settings = { file, first: 0, from: './switch.ts', instructions: INSTRUCTIONS };
  return mutate(text, settings).mutants.map(({ kind, what }) => `${kind}: ${what}`);
}

describe('what is planted', () => {
  test('conditions: each true and false, operands where they decide, comparisons with their neighbours', () => {
    expect(planted('if (a < b && isFine) go();')).toEqual([
      'condition: true for a < b && isFine',
      'condition: false for a < b && isFine',
      'condition: true for a < b',
      'comparison: <= for < in a < b',
      'condition: true for isFine',
      'statement: without go()',
    ]);
    expect(planted('const all = xs.filter((x) => good(x)).sort();')).toEqual([
      'link: without .sort()',
      'link: without .filter((x) => good(x))',
      'condition: true for good(x)',
      'condition: false for good(x)',
    ]);
    expect(planted('function isIt(x: T): boolean { return f(x); }')).toHaveLength(2);
  });

  test('numbers, arguments, elements, defaults', () => {
    expect(planted('total += w * f(x, y);')).toEqual([
      'statement: without total += w * f(x, y)',
      'arithmetic: - for + in total += w * f(x, y)',
      'arithmetic: + for * in w * f(x, y)',
      'order: y before x for f',
    ]);
    expect(planted('const all = [x, ...rest, 0];')).toEqual([
      'element: without x',
      'element: without ...rest',
      'element: without 0',
      'number: 1 for 0',
    ]);
    expect(planted("const y = known ?? b.apply('sub', x, z);")).toEqual([
      'default: without known before ??',
      "instruction: 'add' for 'sub'",
    ]);
  });

  test('instructions and the calls that emit them', () => {
    expect(planted("code.get(a, b).op('f32x4.mul').set(c);", 'src/codegen/wasm/some.ts')).toEqual([
      "statement: without code.get(a, b).op('f32x4.mul').set(c)",
      'link: without .set(c)',
      "link: without .op('f32x4.mul')",
      'link: without .get(a, b)',
      'order: b before a for get',
      "instruction: 'f32x4.add' for 'f32x4.mul'",
    ]);
  });

  test('no types, no messages, no invariants', () => {
    expect(planted('invariant(x === 1, "it is one");')).toEqual([]);
    expect(planted('throw new RangeError(f(x + 1, 2));')).toEqual([]);
    expect(planted('type One = 0 | 1; interface Two { readonly two: 2 }')).toEqual([]);
  });
});

describe('planting', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-mutants-'));
  const program = plannedPrograms(0).findIndex(({ name }) => name === 'rnn, narrow');
  let bundle: Bundle;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    bundle = await bundleMutants(root, 'test/mutants/worker.ts', Object.keys(AREAS));
    worker = new WorkerProcess(folder, bundle, 0);
  });
  afterAll(() => {
    worker.stop();
    rmSync(folder, { recursive: true });
  });

  test('nothing changes while nothing is planted', async () => {
    const mutant = bundle.mutants.length;
    const answer = await worker.ask({ kind: 'judge', mutant, program, stage: 'run' }, 60_000);
    expect(answer).toEqual({ kind: 'judged', outcome: { kind: 'unchanged' } });
  });

  test.each<[string, string, Stage, string]>([
    ['src/codegen/wasm/tile.ts', "'f32x4.sub' for 'f32x4.add'", 'code', 'WebAssembly is the reference'],
    ['src/codegen/wasm/emit.ts', 'without code.advance(done, { bytes: 1 })', 'code', 'goes on for ever'],
    [
      'src/passes/dead.ts',
      'without draft.output(name, placeOf(values, node), mean)',
      'optimised',
      'optimised is plain',
    ],
    ['src/autodiff/unroll.ts', 'false for scan.reverse', 'graphs', 'unrolled is scanned'],
  ])('%s: %s', async (file, what, stage, by) => {
    const mutant = bundle.mutants.findIndex((known) => known.file === file && known.what === what);
    expect(mutant).toBeGreaterThanOrEqual(0);
    const answer = await worker.ask({ kind: 'judge', mutant, program, stage }, 60_000);
    expect(answer).toMatchObject({ kind: 'judged', outcome: { kind: 'caught', by } });
  });

  test('a fault at the top level of a module', async () => {
    const what = '5 for 4';
    const mutant = bundle.mutants.findIndex(
      (known) => known.file === 'src/loops/memory.ts' && known.what === what,
    );
    const answer = await worker.ask({ kind: 'judge at load', mutant, program, stage: 'run' }, 60_000);
    expect(answer).toMatchObject({ kind: 'judged', outcome: { kind: 'caught' } });
  });
});
