// Runs a measurement of this folder: bundles `bench/NAME.ts` and starts it in this process.
//
//   node bench/run.mjs lstm-step
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const [name] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'rnn-bench-'));
const build = await rolldown({
  input: fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
  platform: 'node',
});
const file = join(folder, 'bench.mjs');
await build.write({ file, format: 'esm', codeSplitting: false });
await build.close();
try {
  await import(pathToFileURL(file).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
