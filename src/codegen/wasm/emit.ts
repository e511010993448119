// From the loop program to a WebAssembly module: one function for each statement, called in their order by `run`.
//
// The module imports nothing and keeps no state but its memory: constants, the block of this binding's extents and
// addresses, then the buffers. Who runs it grows the memory, writes block and arguments, calls `run` and reads results.

import { type AxisName, cutOf, stepsAxis } from '../../graph/type.ts';
import { eachTouch } from '../../loops/accesses.ts';
import { ELEMENT_BYTES, type Storage, storageOf } from '../../loops/memory.ts';
import type { BufferId, LoopId, Port, Program, Statement } from '../../loops/program.ts';
import { encodeModule } from './binary.ts';
import type { Code, FunctionId, Local } from './code.ts';
import { BLOCK_START, type BlockEntry, ModuleBuilder } from './module.ts';
import { emitPack, emitProduct, SCRATCH_ELEMENTS } from './product.ts';
import { emitSweep } from './sweep.ts';

/** A compiled program: plain data. */
export interface Artifact {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: Layout;
}

/** What lies where in the module's memory, as far as it is known before the extents are. */
export interface Layout {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The named axes whose extents the program needs. */
  readonly axes: readonly AxisName[];
  readonly buffers: readonly Storage[];
  /** The numbers that stand from `blockStart` on, as int32. */
  readonly block: readonly BlockEntry[];
  readonly blockStart: number;
  /** Where buffers may begin. */
  readonly buffersStart: number;
}

/** How many calls one function makes at most: a function of any length would take any time to compile. */
const CALLS = 256;

const PAGE_BYTES = 65536;

export function emit(program: Program): Artifact {
  const buffers = storageOf(program);
  const module = new ModuleBuilder(buffers);
  const scratch = buffers.length as BufferId;
  if (hasProduct(program.body)) {
    // Products use it one after the other, so it lives as long as the program.
    const size = [{ factor: SCRATCH_ELEMENTS, axes: [] }];
    buffers.push({ name: 'scratch', element: 'real', role: 'argument', size, life: undefined });
  }
  const run = emitBlock(module, program.body, [], scratch);
  const { data } = module.constants;
  const buffersStart = BLOCK_START + ELEMENT_BYTES * module.block.length;
  const bytes = encodeModule({
    functions: module.functions,
    exports: new Map([['run', run]]),
    pages: Math.ceil(buffersStart / PAGE_BYTES),
    data: [data],
  });
  const { name, inputs, outputs } = program;
  const sums = [...buffers.map(({ size }) => size), ...module.block.map(({ sum }) => sum)];
  const axes = [...new Set(sums.flat().flatMap((size) => size.axes.map(givenAxis)))].sort();
  const layout = {
    inputs,
    outputs,
    axes,
    buffers,
    block: module.block,
    blockStart: BLOCK_START,
    buffersStart,
  };
  return { name, bytes, layout };
}

function hasProduct(statements: readonly Statement[]): boolean {
  return statements.some(
    (statement) => statement.kind === 'product' || (statement.kind === 'loop' && hasProduct(statement.body)),
  );
}

/** A function that runs statements in their order; its parameters are the steps of the loops around. */
function emitBlock(
  module: ModuleBuilder,
  statements: readonly Statement[],
  loops: readonly LoopId[],
  scratch: BufferId,
): FunctionId {
  let functions = statements.map((statement) => emitStatement(module, statement, loops, scratch));
  while (functions.length > CALLS || functions.length !== 1) {
    const called: FunctionId[] = [];
    for (let k = 0; k < functions.length || k === 0; k += CALLS) {
      const code = blockCode(module, loops);
      const steps = loops.map((_, i) => code.parameter(i));
      for (const target of functions.slice(k, k + CALLS)) code.get(...steps).call(target);
      called.push(module.add('block', code));
    }
    functions = called;
  }
  return functions[0];
}

function blockCode(module: ModuleBuilder, loops: readonly LoopId[]): Code {
  return module.code(loops.map(() => 'i32' as const));
}

function emitStatement(
  module: ModuleBuilder,
  statement: Statement,
  loops: readonly LoopId[],
  scratch: BufferId,
): FunctionId {
  switch (statement.kind) {
    case 'sweep':
      return emitSweep(module, nameOf(module, statement), statement, loops);
    case 'product':
      return emitProduct(module, nameOf(module, statement), statement, loops, scratch);
    case 'pack':
      return emitPack(module, nameOf(module, statement), statement, loops);
    case 'loop': {
      const body = emitBlock(module, statement.body, [...loops, statement.loop], scratch);
      const code = blockCode(module, loops);
      const cut = cutOf(statement.axis);
      module.elements(code, { factor: 1, axes: [statement.axis] });
      const extent = code.keep('i32');
      const done = code.int(0).keep('i32');
      code.while(
        () => code.get(done, extent).op('i32.lt_s'),
        () => {
          const step = stepOf(code, done, extent, statement.reverse);
          if (cut?.counts === 'segments') enterSegment(module, code, cut, step);
          code.get(...loops.map((_, i) => code.parameter(i)), step).call(body);
          code.advance(done, { bytes: 1 });
        },
      );
      return module.add(`loop over ${statement.axis}`, code);
    }
    default:
      return statement satisfies never;
  }
}

/** The axis that has to be given for the extent of another one to follow. */
function givenAxis(axis: AxisName): AxisName {
  const cut = cutOf(axis);
  return cut === undefined ? axis : givenAxis(cut.whole);
}

/** Tells what follows how many steps the segment has: all that one may have, or what is left. */
function enterSegment(
  module: ModuleBuilder,
  code: Code,
  { whole, steps }: { readonly whole: AxisName; readonly steps: number },
  segment: Local,
): void {
  module.elements(code, { factor: 1, axes: [whole] });
  const left = code.get(segment).int(steps).op('i32.mul', 'i32.sub').keep('i32');
  const length = code.int(steps).get(left).int(steps).get(left).op('i32.lt_s', 'select').keep('i32');
  const own = stepsAxis(whole, steps);
  // Where the segment is cut into segments itself, the number of these.
  const cuts = module.axes.flatMap((axis) => {
    const cut = cutOf(axis);
    if (cut?.whole !== own || cut.counts !== 'segments') return [];
    code
      .get(length)
      .int(cut.steps - 1)
      .op('i32.add')
      .int(cut.steps)
      .op('i32.div_u');
    return [[axis, code.keep('i32')] as const];
  });
  module.setExtents(code, new Map([[own, length], ...cuts]));
}

/** A statement by what it writes. */
function nameOf(module: ModuleBuilder, statement: Statement): string {
  const written = new Set<string>();
  eachTouch(statement, ({ buffer }, isWrite) => {
    if (isWrite) written.add(module.buffers[buffer].name);
  });
  return `${statement.kind} ${[...written].join(' ')}`;
}

/** The position of the step that comes after `done` steps. */
function stepOf(code: Code, done: Local, extent: Local, reverse: boolean): Local {
  if (!reverse) return done;
  return code.get(extent, done).op('i32.sub').int(1).op('i32.sub').keep('i32');
}
