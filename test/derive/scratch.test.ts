import { test } from 'vitest';
import { derive } from '../../src/derive/derive.ts';
import { writeEquations } from '../../src/derive/text.ts';
import { PRIMES } from '../../src/derive/sizes.ts';
import { checkFile } from '../check/programs.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
test('x', () => {
  for (const path of (process.env.P ?? 'models/lstm.rnn').split(',')) {
    const file = checkFile(path);
    const cell = file.blocks.findLast((b) => b.kind === 'model') ?? file.blocks.at(-1)!;
    const sizes = new Map(cell.sizes.map((s, k) => [s.name, PRIMES[k]]));
    const { program, diagnostics } = elaborate(file, { name: cell.name, sizes, mode: 'train', startingStates: false });
    if (program === undefined) throw new Error(JSON.stringify(diagnostics.map((d) => d.message)));
    const eqs = derive(program);
    const lines = [path, eqs.given.map((g) => g.name).join(' ')];
    for (const g of eqs.groups) lines.push(`${g.kind} ${g.order}`, ...writeEquations(g.equations, 4));
    console.log(lines.join('\n'));
  }
});
