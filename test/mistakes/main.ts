// The command that spoils programs by the thousand (scripts/spoil-programs.mjs bundles and starts it).
import { parseArgs } from 'node:util';
import { render } from '../../src/base/render.ts';
import { type Judged, judge } from './judge.ts';
import type { Kind } from './mistakes.ts';

const { values } = parseArgs({
  options: { each: { type: 'string', default: '2500' }, show: { type: 'string' } },
});

const share = (part: number, of: number): string =>
  `${((100 * part) / Math.max(1, of)).toFixed(1).padStart(5)} %`;

/** Whether a person who made the mistake would be ill served. */
function isPoor({ mistake, checks, suggested, diagnostics }: Judged): boolean {
  if (mistake.kind === 'misspelt') return !checks && !suggested;
  return diagnostics.length > 3;
}

let broken = 0;
console.info('mistake    programs  still check  suggested  at most 3 messages  slowest');
for (const kind of ['dropped', 'doubled', 'swapped', 'misspelt'] satisfies Kind[]) {
  const all: Judged[] = [];
  for (let number = 0; all.length < Number(values.each); number++) {
    try {
      const judged = judge(kind, number);
      if (judged !== undefined) all.push(judged);
    } catch (error) {
      broken++;
      console.error(`${kind} ${number}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const wrong = all.filter(({ checks }) => !checks);
  const suggested = wrong.filter((judged) => judged.suggested).length;
  const few = all.filter(({ diagnostics }) => diagnostics.length <= 3).length;
  const slowest = Math.max(...all.map(({ milliseconds }) => milliseconds));
  console.info(
    `${kind.padEnd(9)}  ${String(all.length).padStart(8)}  ${share(all.length - wrong.length, all.length).padStart(11)}  ` +
      `${(kind === 'misspelt' ? share(suggested, wrong.length) : '').padStart(9)}  ` +
      `${share(few, all.length).padStart(18)}  ${slowest.toFixed(0).padStart(4)} ms`,
  );
  if (kind !== values.show) continue;
  for (const judged of all.filter(isPoor)) {
    const { file, mistake, diagnostics } = judged;
    console.info(`\n=== ${file}: ${JSON.stringify(mistake.was)} is now ${JSON.stringify(mistake.is)}`);
    console.info(render(diagnostics, { colour: false }));
  }
}
process.exitCode = broken > 0 ? 1 : 0;
