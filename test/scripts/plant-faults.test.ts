// The command that plants faults: bundled, started, and what it says.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function plant(...words: readonly string[]) {
  return spawnSync(process.execPath, ['scripts/plant-faults.mjs', ...words], {
    cwd: root,
    encoding: 'utf8',
  });
}

test('plants what it is asked for, and says what came of it', () => {
  const { status, stdout } = plant('derivatives', '--only', 'tanh by a: all of it', '--programs', '2');
  expect(stdout).toMatch(/^ {2}negated +1 +0 +0 +1 +1 +0$/m);
  expect(stdout).toMatch(/^ {2}forward and reverse mode agree +4$/m);
  expect(status).toBe(0);
});

test('a name that is no group is told, and what there is', () => {
  const { status, stdout, stderr } = plant('derivations');
  expect(`${stdout}${stderr}`).toContain('there is no group derivations');
  expect(status).toBe(1);
});
