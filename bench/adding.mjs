// The adding problem at length 100: the LSTM solves it, the simple RNN does not, in the same number of steps, three
// seeds each. Runs the command as a person would, one run after the other, and writes the table to standard output.
//
//   npm run build && node bench/adding.mjs            (some fifteen minutes)

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adding-'));

console.log('| command | last validation loss | best | at step |\n| --- | --- | --- | --- |');
for (const file of ['models/adding.rnn', 'models/adding-rnn.rnn']) {
  for (const seed of ['1', '2', '3']) {
    const out = join(folder, `${seed}-${file.replaceAll('/', '-')}`);
    const words = ['dist/rnn.js', 'train', file, '--seed', seed, '--out', out];
    execFileSync(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    const validations = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((line) => line.validation !== undefined);
    const best = validations.reduce((a, b) => (b.validation.loss < a.validation.loss ? b : a));
    const last = validations.at(-1);
    const command = `rnn train ${file} --seed ${seed}`;
    console.log(
      `| \`${command}\` | ${last.validation.loss.toFixed(4)} | ${best.validation.loss.toFixed(4)} | ${best.step} |`,
    );
  }
}
