// The command that plants every fault (scripts/plant-faults.mjs bundles and starts it). The work is divided among
// processes, one for each core: each takes every n-th fault of the list, which all of them know.
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Judged } from './fault.ts';
import { GROUPS } from './groups.ts';
import { report } from './report.ts';

const USAGE = `node scripts/plant-faults.mjs [GROUP...] [options]

  --programs N   plant in the first N generated programs (12), and in all of models/
  --every N      only every N-th fault of the list
  --only TEXT    only those with this text in their kind and place
  --json FILE    write what came of each
  --processes N  how many work at once (2)

groups:
${GROUPS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}
`;

/** Of so many faults of the list, one has all laws asked. */
const THOROUGH = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    programs: { type: 'string', default: '12' },
    every: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    processes: { type: 'string', default: '2' },
    share: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const unknown = positionals.find((name) => !GROUPS.some((group) => group.name === name));
const groups = GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

/** Judges every fault of this process's share, and tells each to the process that started it. */
async function work(share: number, of: number): Promise<void> {
  let n = 0;
  for (const group of groups) {
    for (const fault of group.faults(Number(values.programs))) {
      if (!`${fault.kind}, ${fault.place}`.includes(values.only)) continue;
      const k = n++;
      if (k % Number(values.every) !== 0) continue;
      const number = k / Number(values.every);
      if (number % of !== share) continue;
      const { kind, place } = fault;
      const outcome = await fault.judge(Math.floor(number / of) % THOROUGH === 0);
      process.send?.({ group: group.name, kind, place, outcome } satisfies Judged);
    }
  }
}

/** Starts the processes, listens to them, and tells what came of it all. */
async function lead(count: number): Promise<void> {
  const judged: Judged[] = [];
  const workers: ChildProcess[] = [];
  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
    for (const worker of workers) worker.kill();
  });
  const ends = Array.from({ length: count }, (_, share) => {
    const worker = fork(process.argv[1], [...process.argv.slice(2), '--share', `${share}`]);
    workers.push(worker);
    worker.on('message', (message) => {
      judged.push(message as Judged);
      tell(judged);
    });
    return new Promise<boolean>((resolve) => worker.on('exit', (code) => resolve(code === 0)));
  });
  const areWhole = (await Promise.all(ends)).every((isWhole) => isWhole);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.info(report(groups, judged));
  if (!areWhole)
    console.info(isStopped ? '\nstopped: this is not all' : '\na process failed: this is not all');
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(judged, null, 1)}\n`);
  const escaped = judged.some(({ outcome }) => outcome.result === 'escaped');
  process.exitCode = escaped || !areWhole || judged.length === 0 ? 1 : 0;
}

function tell(judged: readonly Judged[]): void {
  if (!process.stderr.isTTY) return;
  const count = (result: string): number => judged.filter(({ outcome }) => outcome.result === result).length;
  const { group } = judged[judged.length - 1];
  const found = `${count('caught')} caught, ${count('refused')} refused, ${count('unchanged')} without effect`;
  process.stderr.write(
    `\r\x1b[K${judged.length} planted, in ${group}: ${found}, ${count('escaped')} escaped`,
  );
}

if (values.help) console.info(USAGE);
else if (unknown !== undefined) {
  console.error(`there is no group ${unknown}\n\n${USAGE}`);
  process.exitCode = 1;
} else if (values.share !== undefined) await work(Number(values.share), Number(values.processes));
else await lead(Number(values.processes));
