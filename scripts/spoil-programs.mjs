// Spoils the programs of models/ by the thousand, one mistake in each, and tells how well `rnn check` answers
// (docs/errors.md has the numbers).
//
//   node scripts/spoil-programs.mjs                 2500 of each kind: dropped, doubled, swapped, misspelt
//   node scripts/spoil-programs.mjs --each 100      fewer
//     --show misspelt    and those of one kind that were answered poorly, with their messages
//
// Exit code 1: one of them broke the checker.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
// The bundle lies as deep in the project as the files of test/mistakes, which look for models/ from where they are.
const file = join(root, `node_modules/.cache/spoil-programs-${process.pid}.js`);

const build = await rolldown({
  input: join(root, 'test/mistakes/main.ts'),
  platform: 'node',
  external: ['chevrotain', 'fast-check'],
});
await build.write({ file, format: 'esm', codeSplitting: false });
await build.close();

process.on('exit', () => rmSync(file));
await import(pathToFileURL(file).href);
