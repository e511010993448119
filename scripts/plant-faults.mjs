// Plants every fault that the generators of test/faults know, and tells which law caught it (docs/faults.md).
//
//   node scripts/plant-faults.mjs                 all of them: three minutes of one core
//   node scripts/plant-faults.mjs scans           one group; --help lists them, and the options
//
// Node does not run TypeScript: the command is bundled first. The bundle lies as deep in the project as the files of
// test/faults, which look for models/ from where they are.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, `node_modules/.cache/plant-faults-${process.pid}.js`);

const build = await rolldown({
  input: join(root, 'test/faults/main.ts'),
  platform: 'node',
  external: ['chevrotain', 'fast-check'],
});
await build.write({ file, format: 'esm', codeSplitting: false });
await build.close();

process.on('exit', () => rmSync(file));
// The command forks itself: what was started is the bundle.
process.argv[1] = file;
await import(pathToFileURL(file).href);
