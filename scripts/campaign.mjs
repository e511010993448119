// The long campaign: generated programs by the thousand, held to all laws (test/generate).
//
//   node scripts/campaign.mjs                            1000 programs of seed 1; a further call goes on where this ends
//   node scripts/campaign.mjs --seed 7 --programs 20000  as many of another seed
//   node scripts/campaign.mjs --jobs 1                   in one process instead of two
//   node scripts/campaign.mjs --add                      what all campaigns in runs/campaigns/ have found together
//
// The dear laws are held by turns: the table tells how many programs each has seen. `npm test` holds its programs to all.
// What is known is written to runs/campaigns/SEED.json after each share. Ctrl-C stops; the same call goes on. Exit code
// 1: there was a mismatch, which is printed as the smallest program that shows it.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

/**
 * @typedef {import('../test/generate/campaign.ts').Answer} Answer
 * @typedef {import('../test/generate/hold.ts').Tally} Tally
 * @typedef {Answer['mismatches'][number]} Mismatch
 * @typedef {{ seed: number, done: number[], milliseconds: number, tally: Tally, mismatches: Mismatch[] }} Campaign
 *   `done`: the first numbers of the shares that are done
 */

const SHARE = 50;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'runs', 'campaigns');

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    programs: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '2' },
    add: { type: 'boolean', default: false },
  },
});

/** @param {string} name @param {string} text */
function countOf(name, text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`--${name} is a whole number from 1 on, and this is ${text}`);
  process.exit(2);
}

/** @param {number} seed @returns {Campaign} */
function readCampaign(seed) {
  try {
    return JSON.parse(readFileSync(join(folder, `${seed}.json`), 'utf8'));
  } catch {
    return { seed, done: [], milliseconds: 0, tally: { programs: 0, finite: 0, laws: {} }, mismatches: [] };
  }
}

/** @param {Campaign} campaign */
function writeCampaign(campaign) {
  const path = join(folder, `${campaign.seed}.json`);
  writeFileSync(`${path}.new`, `${JSON.stringify(campaign, null, 1)}\n`);
  renameSync(`${path}.new`, path);
}

/** @param {Tally} a @param {Tally} b @returns {Tally} */
function added(a, b) {
  /** @type {Record<string, Tally['laws'][string]>} */
  const laws = { ...a.laws };
  for (const [name, { programs, entries, leftOut }] of Object.entries(b.laws)) {
    const known = laws[name] ?? { programs: 0, entries: 0, leftOut: 0 };
    laws[name] = {
      programs: known.programs + programs,
      entries: known.entries + entries,
      leftOut: known.leftOut + leftOut,
    };
  }
  return { programs: a.programs + b.programs, finite: a.finite + b.finite, laws };
}

/** @param {number} milliseconds */
function clock(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** @param {Campaign} campaign @param {string} about */
function report({ tally, mismatches, milliseconds }, about) {
  const width = Math.max(...Object.keys(tally.laws).map((name) => name.length), 0);
  for (const [name, { programs, entries, leftOut }] of Object.entries(tally.laws)) {
    const left = leftOut === 0 ? '' : `, ${leftOut} left out`;
    console.log(`${name.padEnd(width)}  ${programs} programs, ${entries} comparisons${left}`);
  }
  console.log(
    `${about}: ${tally.programs} programs, ${tally.finite} with finite numbers, ${mismatches.length} mismatches, ` +
      `${clock(milliseconds)} of one core`,
  );
}

if (given.add) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  if (names.length === 0) {
    console.error('there is no campaign to add up');
    process.exit(2);
  }
  const campaigns = names.map((name) => readCampaign(Number(name.slice(0, -'.json'.length))));
  const total = {
    ...readCampaign(0),
    milliseconds: campaigns.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    tally: campaigns.map(({ tally }) => tally).reduce(added),
    mismatches: campaigns.flatMap(({ mismatches }) => mismatches),
  };
  report(total, `seeds ${campaigns.map(({ seed }) => seed).join(', ')}`);
  process.exit(total.mismatches.length > 0 ? 1 : 0);
}

const seed = countOf('seed', given.seed);
const programs = countOf('programs', given.programs);
const jobs = countOf('jobs', given.jobs);
mkdirSync(folder, { recursive: true });
// Two folders below the root, as the tests are: from there they find the programs of the repository.
const bundle = join(root, 'node_modules', '.cache', 'campaign.mjs');
const build = await rolldown({ input: join(root, 'test/generate/campaign.ts'), platform: 'node' });
await build.write({ file: bundle, format: 'esm', codeSplitting: false });
await build.close();

let campaign = readCampaign(seed);
const shares = Array.from({ length: Math.ceil(programs / SHARE) }, (_, k) => k * SHARE);
const waiting = shares.filter((from) => !campaign.done.includes(from));
const start = performance.now();
let finished = 0;
const many = waiting.length;

/** @param {Answer} answer */
function take({ task, tally, mismatches, milliseconds }) {
  campaign = {
    seed,
    done: [...campaign.done, task.from].sort((a, b) => a - b),
    milliseconds: campaign.milliseconds + milliseconds,
    tally: added(campaign.tally, tally),
    mismatches: [...campaign.mismatches, ...mismatches],
  };
  writeCampaign(campaign);
  for (const { number, law, text } of mismatches) console.log(`\nnumber ${number} breaks: ${law}\n${text}\n`);
  finished++;
  const left = ((performance.now() - start) / finished) * (many - finished);
  const line = `${campaign.tally.programs} of ${programs} programs, ${campaign.mismatches.length} mismatches, ${clock(left)} left`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (finished % 10 === 0) console.error(line);
}

/** One process, which takes shares as long as there are some. */
function run() {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const child = fork(bundle, {
        env: { ...process.env, LAWS_BY_TURNS: 'yes' },
        // All cores have work: a collector in threads of its own would only take turns with it.
        execArgv: ['--single-threaded', '--max-semi-space-size=64'],
      });
      const next = () => {
        const from = waiting.shift();
        if (from === undefined) {
          child.disconnect();
          resolve();
        } else child.send({ seed, from, to: from + SHARE });
      };
      child.on('message', (answer) => {
        take(/** @type {Answer} */ (answer));
        next();
      });
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`a process of the campaign ended with ${code}`));
      });
      next();
    })
  );
}

await Promise.all(Array.from({ length: jobs }, run));
if (process.stderr.isTTY) process.stderr.write('\n');
report(campaign, `seed ${seed}`);
process.exitCode = campaign.mismatches.length > 0 ? 1 : 0;
