// All mutants of some areas: which programs can tell them from the original, and what the laws say on those.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threefry2x32 } from '../../src/base/random.ts';
import { bundleMutants } from './bundle.ts';
import type { Outcome, Stage } from './judge.ts';
import type { Mutant } from './points.ts';
import { type Answer, WorkerProcess } from './process.ts';
import type { Planned } from './programs.ts';
import { FELT, REACHED } from './switch.ts';

export interface Settings {
  readonly root: string;
  readonly areas: readonly string[];
  /** Only files whose path contains this. */
  readonly only: string;
  /** How many generated programs there are beside those of the folders. */
  readonly generated: number;
  /** How many programs a mutant is tried on at most. */
  readonly most: number;
  readonly processes: number;
  /** A verdict that is not believed: its mutants are looked at once more. */
  readonly again: string | undefined;
  /** Keeps what is known, and goes on from it. */
  readonly file: string | undefined;
  readonly tell: (line: string) => void;
  readonly isStopped: () => boolean;
}

/** What became of a mutant. */
export type Verdict =
  | { readonly kind: 'not reached' | 'not felt' }
  | (Outcome & { readonly program: string; readonly tried: number });

export interface Findings {
  readonly mutants: readonly Mutant[];
  /** By the number of the mutant; missing: not looked at. */
  readonly verdicts: ReadonlyMap<number, Verdict>;
}

interface Recorded {
  readonly name: string;
  readonly size: Planned['size'];
  readonly milliseconds: number;
  /** By mutant, in base64; undefined: no numbers. */
  readonly marks: string | undefined;
}

interface Kept {
  readonly hash: string;
  readonly programs: (Recorded | null)[];
  readonly verdicts: [number, Verdict][];
}

/** Runs after compiling, so that the code may be the same and the answers not. */
const RUNS = new Set([
  'src/runtime/executable.ts',
  'src/loops/memory.ts',
  'src/loops/size.ts',
  'src/codegen/wasm/module.ts',
]);

function stageOf({ file }: Mutant): Stage {
  if (RUNS.has(file)) return 'run';
  if (file.startsWith('src/autodiff/')) return 'graphs';
  return file.startsWith('src/passes/') ? 'optimised' : 'code';
}

/** Milliseconds after which a process hangs that should have answered long before. */
const PATIENCE = 60_000;

export async function runCampaign(settings: Settings): Promise<Findings> {
  const { areas, generated, tell } = settings;
  const folder = mkdtempSync(join(tmpdir(), 'rnn-mutants-'));
  const workers: WorkerProcess[] = [];
  try {
    tell('bundling');
    const bundle = await bundleMutants(settings.root, 'test/mutants/worker.ts', areas);
    workers.push(
      ...Array.from({ length: settings.processes }, () => new WorkerProcess(folder, bundle, generated)),
    );
    const hash = createHash('sha256').update(bundle.text).update(String(generated)).digest('hex');
    return await new Campaign(settings, bundle.mutants, workers, readKept(settings.file, hash)).run();
  } finally {
    for (const worker of workers) worker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readKept(file: string | undefined, hash: string): Kept {
  if (file !== undefined && existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    if (kept.hash === hash) return kept;
  }
  return { hash, programs: [], verdicts: [] };
}

class Campaign {
  readonly #settings: Settings;
  readonly #mutants: readonly Mutant[];
  readonly #workers: readonly WorkerProcess[];
  readonly #kept: Kept;
  readonly #verdicts: Map<number, Verdict>;
  #saved = Date.now();

  constructor(settings: Settings, mutants: readonly Mutant[], workers: readonly WorkerProcess[], kept: Kept) {
    this.#settings = settings;
    this.#mutants = mutants;
    this.#workers = workers;
    this.#kept = kept;
    this.#verdicts = new Map(kept.verdicts);
  }

  async run(): Promise<Findings> {
    const { again, only, tell } = this.#settings;
    const ready = await this.#workers[0].start();
    if (ready.kind !== 'ready') throw new Error(`a worker does not start: ${JSON.stringify(ready)}`);
    const atLoad = Buffer.from(ready.marks, 'base64');
    await this.#record(ready.programs);
    if (this.#settings.isStopped()) return { mutants: this.#mutants, verdicts: this.#verdicts };
    const known = this.#kept.programs.flatMap((program, number) => {
      if (program?.marks === undefined) return [];
      const { name, size, milliseconds, marks } = program;
      return [{ name, number, size, milliseconds, marks: Buffer.from(marks, 'base64') }];
    });
    known.sort((a, b) => a.milliseconds - b.milliseconds);
    const cover = coverOf(known, this.#mutants.length).slice(0, 2 * this.#settings.most);
    const waiting: number[] = [];
    this.#mutants.forEach(({ file }, mutant) => {
      const before = this.#verdicts.get(mutant);
      if (!file.includes(only) || (before !== undefined && before.kind !== again)) return;
      const marks = known.reduce((all, program) => all | program.marks[mutant], 0);
      if (atLoad[mutant] !== 0 || (marks & FELT) !== 0) waiting.push(mutant);
      else this.#verdicts.set(mutant, { kind: (marks & REACHED) !== 0 ? 'not felt' : 'not reached' });
    });
    // Mixed, so that whoever stops it has seen a fair part; those that need a module loaded anew cost most.
    waiting.sort((a, b) => Math.sign(atLoad[a]) - Math.sign(atLoad[b]) || mixed(a) - mixed(b));
    const total = waiting.length;
    await this.#share(waiting, async (worker, mutant) => {
      const isAtLoad = atLoad[mutant] !== 0;
      const verdict = await this.#judge(
        worker,
        mutant,
        isAtLoad ? cover : this.#programsFor(mutant, known),
        isAtLoad,
      );
      this.#verdicts.set(mutant, verdict);
      if (verdict.kind === 'escaped') {
        const { file, line, what } = this.#mutants[mutant];
        tell(`ESCAPED ${mutant} ${file}:${line} ${what}: ${verdict.why} (${verdict.program})`);
      }
      tell(`${total - waiting.length} of ${total} mutants`);
    });
    return { mutants: this.#mutants, verdicts: this.#verdicts };
  }

  /** What each program reaches; once for the same bundle. */
  async #record(programs: number): Promise<void> {
    const { programs: recorded } = this.#kept;
    const stage = this.#mutants.some((mutant) => stageOf(mutant) === 'graphs') ? 'graphs' : 'optimised';
    const waiting = Array.from({ length: programs }, (_, k) => k).filter((k) => !recorded[k]);
    await this.#share(waiting, async (worker, program) => {
      this.#settings.tell(`recording: ${waiting.length} programs are left`);
      const order = { kind: 'record', program, stage, mutants: this.#mutants.length } as const;
      const answer = await worker.ask(order, 10 * PATIENCE);
      if (answer.kind === 'not numeric') {
        recorded[program] = { name: answer.name, size: 'small', milliseconds: 0, marks: undefined };
      } else if (answer.kind === 'recorded') {
        const { name, size, milliseconds, marks } = answer;
        recorded[program] = { name, size, milliseconds, marks };
      } else throw new Error(`program ${program} without a fault: ${JSON.stringify(answer)}`);
    });
  }

  /** Gives out numbers to the workers until none is left or somebody stops it. */
  async #share(
    waiting: number[],
    work: (worker: WorkerProcess, number: number) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (!this.#settings.isStopped()) {
          const number = waiting.shift();
          if (number === undefined) return;
          await work(worker, number);
          if (Date.now() - this.#saved > 20_000) this.#save();
        }
      }),
    );
    this.#save();
  }

  /** The cheapest of those that feel it, and some of the others. */
  #programsFor(mutant: number, known: readonly Known[]): readonly Known[] {
    const { most } = this.#settings;
    const stage = stageOf(this.#mutants[mutant]);
    const all = known.filter(({ marks }) => (marks[mutant] & FELT) !== 0);
    // Large programs are not compared with differences; and code is felt wherever it is made, but runs in other ways
    // where there is one row or more than a block.
    const small = stage === 'graphs' ? all.filter(({ size }) => size === 'small') : all;
    const first =
      stage === 'graphs' || stage === 'optimised' ? [] : all.filter(({ size }) => size === 'blocks');
    const felt = small.length === 0 ? all : small.filter((program) => !first.includes(program));
    const rest = Math.max(1, most - first.length);
    if (felt.length <= rest) return [...felt, ...first];
    const cheap = Math.ceil((2 * rest) / 3);
    const others = Array.from({ length: rest - cheap }, (_, k) => {
      const dear = felt.slice(cheap);
      return dear[Math.floor(((k + 1) * dear.length) / (rest - cheap + 1))];
    });
    return [...felt.slice(0, cheap), ...first, ...others];
  }

  /** On one program after the other, until a law breaks. */
  async #judge(
    worker: WorkerProcess,
    mutant: number,
    programs: readonly Known[],
    isAtLoad: boolean,
  ): Promise<Verdict> {
    let most: Outcome = { kind: 'same' };
    let where = '';
    let tried = 0;
    for (const { number, name } of programs) {
      if (most.kind === 'caught') break;
      const kind = isAtLoad ? 'judge at load' : 'judge';
      const order = { kind, mutant, program: number, stage: stageOf(this.#mutants[mutant]) } as const;
      const outcome = outcomeOf(await worker.ask(order, PATIENCE));
      if (tried++ === 0 || RANK[outcome.kind] > RANK[most.kind]) [most, where] = [outcome, name];
    }
    return { ...most, program: where, tried };
  }

  #save(): void {
    this.#saved = Date.now();
    const { file } = this.#settings;
    if (file === undefined) return;
    writeFileSync(file, JSON.stringify({ ...this.#kept, verdicts: [...this.#verdicts] }));
  }
}

/** Which of two outcomes on two programs says more of the mutant. One that escapes on one may be caught on another. */
const RANK: Readonly<Record<Outcome['kind'], number>> = {
  same: 1,
  unchanged: 2,
  escaped: 3,
  caught: 4,
};

function mixed(mutant: number): number {
  return threefry2x32(0, 0, mutant, 0)[0];
}

interface Known {
  readonly name: string;
  readonly size: Planned['size'];
  readonly number: number;
  readonly milliseconds: number;
  readonly marks: Uint8Array;
}

/** Few programs that together reach what all of them reach; each time the one that adds most for its time. */
function coverOf(known: readonly Known[], mutants: number): readonly Known[] {
  const covered = new Uint8Array(mutants);
  const cover: Known[] = [];
  for (;;) {
    let best: Known | undefined;
    let most = 0;
    for (const program of known) {
      let added = 0;
      for (let k = 0; k < mutants; k++) if (program.marks[k] & ~covered[k]) added++;
      const worth = added / (20 + program.milliseconds);
      if (worth > most) [best, most] = [program, worth];
    }
    if (best === undefined) return cover;
    cover.push(best);
    best.marks.forEach((marks, k) => {
      covered[k] |= marks;
    });
  }
}

function outcomeOf(answer: Answer): Outcome {
  switch (answer.kind) {
    case 'judged':
      return answer.outcome;
    case 'hangs':
      return { kind: 'caught', by: 'goes on for ever', why: 'the process was ended' };
    case 'dies':
      return { kind: 'caught', by: 'the process dies', why: answer.why };
    default:
      throw new Error(`no judgement: ${JSON.stringify(answer)}`);
  }
}
