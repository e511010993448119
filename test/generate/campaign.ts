// One process of a campaign (scripts/campaign.mjs): told a seed and some numbers, it holds their programs to all laws
// and answers with what it has found.
import { addUp, hold, NOTHING, sampleIn, shrunk, type Tally } from './hold.ts';

export interface Task {
  readonly seed: number;
  readonly from: number;
  /** The first number that is not looked at. */
  readonly to: number;
}

interface Mismatch {
  readonly number: number;
  readonly law: string;
  /** The smallest program that shows it, its case, and what differs. */
  readonly text: string;
}

export interface Answer {
  readonly task: Task;
  readonly tally: Tally;
  readonly mismatches: readonly Mismatch[];
  readonly milliseconds: number;
}

async function work(task: Task): Promise<Answer> {
  const start = performance.now();
  let tally = NOTHING;
  const mismatches: Mismatch[] = [];
  for (let number = task.from; number < task.to; number++) {
    const sample = sampleIn(task.seed, number);
    const held = await hold(sample);
    tally = addUp(tally, held.tally);
    if (held.broken === undefined) continue;
    const text = `${held.broken.why}\n${await shrunk(sample, held.broken)}`;
    mismatches.push({ number, law: held.broken.law, text });
  }
  return { task, tally, mismatches, milliseconds: Math.round(performance.now() - start) };
}

process.on('message', (task: Task) => {
  void work(task).then((answer) => process.send!(answer));
});
