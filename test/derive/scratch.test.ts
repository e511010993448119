import { readdirSync } from 'node:fs';
import { test } from 'vitest';
import { deriveProgram } from '../../src/derive/derivation.ts';
import { readBack } from '../../src/derive/check.ts';
import { writeDerivation } from '../../src/derive/text-document.ts';
import { PRIMES } from '../../src/derive/sizes.ts';
import { checkFile } from '../check/programs.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
const all = ['models', 'test/laws/programs'].flatMap((f) => readdirSync(f).filter((n) => n.endsWith('.rnn')).map((n) => `${f}/${n}`));
test('x', () => {
  for (const path of process.env.P ? process.env.P.split(',') : all) {
    const file = checkFile(path);
    const cell = file.blocks.findLast((b) => b.kind === 'model') ?? file.blocks.at(-1)!;
    const at = (f: (k: number) => number) => elaborate(file, { name: cell.name, sizes: new Map(cell.sizes.map((s, k) => [s.name, f(k)])), mode: 'train', startingStates: false }).program!;
    try {
      const eqs = deriveProgram(at((k) => PRIMES[k]), cell.sizes.map((s) => s.name));
      const text = writeDerivation(eqs);
      if (process.env.P) console.log(text);
      console.log(path, readBack(text, eqs, at((k) => k + 2), 5)?.error);
    } catch (e) { console.log(path, e); }
  }
});
