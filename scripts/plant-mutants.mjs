// Plants faults in the sources of the compiler, one at a time, and shows which law notices each (docs/mutants.md).
//
//   node scripts/plant-mutants.mjs                     every area: passes, loops, wasm, autodiff
//   node scripts/plant-mutants.mjs passes wasm         some of them
//     --only TEXT        files whose path contains it
//     --programs N       how many generated programs there are beside those of the folders
//     --most N           how many programs a mutant is tried on at most
//     --again KIND       once more those of one verdict: on more programs
//     --processes N      how many at a time
//     --json FILE        keeps what is found there, and goes on from it
//     --list KIND        the mutants of one verdict, a line each: 'not reached', 'not felt', same, unchanged, caught
//
// Ctrl-C ends it with what is known. The exit code is 1 where a fault changes answers and no law notices.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    programs: { type: 'string', default: '100' },
    most: { type: 'string', default: '8' },
    again: { type: 'string' },
    processes: { type: 'string', default: '1' },
    json: { type: 'string' },
    list: { type: 'string' },
  },
});

// In node_modules, so that it finds the bundler; it says where the root is by itself.
const folder = mkdtempSync(join(root, 'node_modules/.mutants-'));
const file = join(folder, 'main.mjs');
const build = await rolldown({
  input: join(root, 'test/mutants/main.ts'),
  platform: 'node',
  external: /^rolldown/,
});
await build.write({ file, format: 'esm', codeSplitting: false });
await build.close();

let isStopped = false;
process.once('SIGINT', () => {
  isStopped = true;
  process.once('SIGINT', () => process.exit(130));
});

let told = 0;
try {
  const { AREAS, escapes, lines, runCampaign, tables } = await import(pathToFileURL(file).href);
  const areas = positionals.length === 0 ? Object.keys(AREAS) : positionals;
  const unknown = areas.find((area) => !(area in AREAS));
  if (unknown !== undefined)
    throw new Error(`there is no area ${unknown}; there are ${Object.keys(AREAS).join(', ')}`);
  const findings = await runCampaign({
    root,
    areas,
    only: values.only,
    generated: Number(values.programs),
    most: Number(values.most),
    processes: Number(values.processes),
    again: values.again,
    file: values.json,
    /** @param {string} line */
    tell(line) {
      const isNews = line.startsWith('ESCAPED');
      if (process.stderr.isTTY && !isNews) process.stderr.write(`\r\x1b[K${line}`);
      else if (isNews || Date.now() - told > 15_000) {
        if (!isNews) told = Date.now();
        process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${line}\n`);
      }
    },
    isStopped: () => isStopped,
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (isStopped) process.stdout.write('Stopped: what is known so far.\n\n');
  if (values.list !== undefined) process.stdout.write(`${lines(findings, values.list)}\n\n`);
  process.stdout.write(`${tables(findings)}\n`);
  if (escapes(findings) > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
