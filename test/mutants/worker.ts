// A process that plants mutants, one after the other, as it is told. It may hang or die of one: who has started it waits
// only so long, and starts another.
//
// A fault at the top level of a module is there when the module is loaded: for it this file is loaded once more.
import { type Base, judge, makeBase, type Outcome, recordMarks, type Stage } from './judge.ts';
import { type Planned, plannedPrograms } from './programs.ts';
import { record } from './switch.ts';

export type Order =
  | {
      readonly kind: 'record';
      readonly program: number;
      readonly stage: Stage;
      readonly mutants: number;
    }
  | { readonly kind: 'judge'; readonly mutant: number; readonly program: number; readonly stage: Stage }
  | {
      readonly kind: 'judge at load';
      readonly mutant: number;
      readonly program: number;
      readonly stage: Stage;
    };

export type Report =
  /** With what was reached while the modules were loaded. */
  | { readonly kind: 'ready'; readonly marks: string; readonly programs: number }
  | {
      readonly kind: 'recorded';
      readonly name: string;
      readonly size: Planned['size'];
      readonly milliseconds: number;
      readonly marks: string;
    }
  | { readonly kind: 'not numeric'; readonly name: string }
  | { readonly kind: 'judged'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly why: string };

let programs: readonly Planned[] = [];
const bases = new Map<number, Base | undefined>();

function baseOf(program: number): Base | undefined {
  if (!bases.has(program)) bases.set(program, makeBase(programs[program]));
  return bases.get(program);
}

/** What a worker of its own module instance exports to another. */
export const judgeHere = judge;

async function answer(order: Order, url: string): Promise<Report> {
  const base = baseOf(order.program);
  if (base === undefined) return { kind: 'not numeric', name: programs[order.program].name };
  if (order.kind === 'record') {
    const marks = new Uint8Array(order.mutants);
    const begin = process.cpuUsage().user;
    await recordMarks(base, order.stage, marks);
    const milliseconds = (process.cpuUsage().user - begin) / 1000;
    // What is no mutant changes nothing.
    const nothing = order.program % 8 === 0 ? await judge(order.mutants, base, 'run') : undefined;
    if (nothing !== undefined && nothing.kind !== 'unchanged') {
      return { kind: 'failed', why: `${base.name} without a fault: ${JSON.stringify(nothing)}` };
    }
    const { name, size } = base;
    return { kind: 'recorded', name, size, milliseconds, marks: Buffer.from(marks).toString('base64') };
  }
  if (order.kind === 'judge') {
    return { kind: 'judged', outcome: await judge(order.mutant, base, order.stage) };
  }
  const global = globalThis as { plantedAtLoad?: number | undefined };
  global.plantedAtLoad = order.mutant;
  try {
    const loaded: { judgeHere: typeof judge } = await import(`${url}?planted=${order.mutant}`);
    return { kind: 'judged', outcome: await loaded.judgeHere(order.mutant, base, order.stage) };
  } catch (error) {
    return { kind: 'judged', outcome: { kind: 'caught', by: 'is thrown', why: `at load: ${error}` } };
  } finally {
    global.plantedAtLoad = undefined;
  }
}

/** Answers orders until the channel is closed. `url`: of this file. */
export function serve(url: string, generated: number): void {
  record(undefined);
  const atLoad = (globalThis as { marksAtLoad?: Uint8Array }).marksAtLoad ?? new Uint8Array(0);
  programs = plannedPrograms(generated);
  process.on('disconnect', () => process.exit());
  process.on('message', async (order: Order) => {
    let report: Report;
    try {
      report = await answer(order, url);
    } catch (error) {
      report = {
        kind: 'failed',
        why: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    }
    process.send!(report);
  });
  const marks = Buffer.from(atLoad).toString('base64');
  process.send!({ kind: 'ready', marks, programs: programs.length } satisfies Report);
}
