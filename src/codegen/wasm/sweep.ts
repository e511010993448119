// One sweep as one function: a nest of loops, the innermost four positions at a time. A scalar is computed in the
// outermost loop that it depends on. The rest of fewer than four positions goes through the same vector code one at a
// time, with only lane 0 meant: a number never depends on whether it came in a vector or in the rest.

import type { Element } from '../../graph/type.ts';
import { operandsOfScalar } from '../../loops/accesses.ts';
import { ELEMENT_BYTES } from '../../loops/memory.ts';
import { accessKey } from '../../loops/print.ts';
import type { Access, LoopId, Scalar, ScalarId, StepTerm, Sweep } from '../../loops/program.ts';
import { isOne, isZero, type Size, showSize } from '../../loops/size.ts';
import type { Code, FunctionId, Local } from './code.ts';
import type { ModuleBuilder } from './module.ts';
import { type Operand, SCALARS } from './scalar.ts';
import { emitUniform } from './threefry.ts';

type Lanes = 1 | 4;
type Reduce = Extract<Scalar, { kind: 'reduce' }>;
type Argmax = Extract<Scalar, { kind: 'argmax' }>;
type Indexed = Extract<Scalar, { kind: 'gather' | 'scatter' }>;

/** What a reduction has found so far in the loops below its result. */
interface Accumulator {
  /** The loop depth at which it begins and ends. */
  readonly level: number;
  readonly best: Local;
  readonly position: Local | undefined;
}

/** The function of a sweep; its parameters are the steps of the loops around it. */
export function emitSweep(
  module: ModuleBuilder,
  name: string,
  sweep: Sweep,
  loops: readonly LoopId[],
): FunctionId {
  const code = module.code(loops.map(() => 'i32' as const));
  const steps = new Map(loops.map((loop, i) => [loop, code.parameter(i)]));
  new SweepEmitter(module, code, sweep, steps).emit();
  return module.add(name, code);
}

/** How far the axes go on which something depends. */
function depthOf(strides: readonly Size[]): number {
  return strides.findLastIndex((stride) => !isZero(stride)) + 1;
}

class SweepEmitter {
  readonly #module: ModuleBuilder;
  readonly #code: Code;
  readonly #sweep: Sweep;
  readonly #steps: ReadonlyMap<LoopId, Local>;
  readonly #depth: number;
  readonly #levels: readonly number[];
  readonly #values: Local[] = [];
  readonly #extents: readonly Local[];
  /** Position in each loop; of the innermost one in bytes of elements. */
  readonly #positions: Local[] = [];
  /** Where each access stands in the loops above the innermost; and in it, where it moves in strides. */
  readonly #pointers = new Map<
    string,
    { readonly access: Access; readonly at: Local; readonly moving: Local }
  >();
  readonly #strides = new Map<string, Local>();
  readonly #rows = new Map<Scalar, { readonly bytes: Local; readonly valid: Local; readonly mask: Local }>();
  readonly #accumulators = new Map<Scalar, Accumulator>();

  constructor(module: ModuleBuilder, code: Code, sweep: Sweep, steps: ReadonlyMap<LoopId, Local>) {
    this.#module = module;
    this.#code = code;
    this.#sweep = sweep;
    this.#steps = steps;
    this.#depth = sweep.extents.length;
    this.#levels = levelsOf(sweep);
    this.#extents = sweep.extents.map((extent) => {
      module.elements(code, extent);
      return code.keep('i32');
    });
  }

  emit(): void {
    for (const scalar of this.#sweep.scalars) {
      if ('access' in scalar) this.#makePointer(scalar.access);
      if ('stride' in scalar) this.#strideLocal(scalar.stride);
    }
    this.#emitLevel(0);
  }

  #makePointer(access: Access): void {
    const key = accessKey(access);
    if (this.#pointers.has(key)) return;
    const code = this.#code;
    this.#module.address(code, access.buffer, access.offset);
    this.#addSteps(access.steps, ELEMENT_BYTES);
    const at = code.keep('i32');
    this.#pointers.set(key, { access, at, moving: this.#isStrided(access) ? code.local('i32') : at });
    for (const stride of access.strides) if (!isZero(stride)) this.#strideLocal(stride);
  }

  /** Adds the steps of the loops around to the number on the stack. */
  #addSteps(steps: readonly StepTerm[], unit: number): void {
    for (const { loop, stride } of steps) {
      this.#code.get(this.#steps.get(loop)!);
      this.#module.sum(this.#code, [stride], unit);
      this.#code.op('i32.mul', 'i32.add');
    }
  }

  /** A stride in bytes. */
  #strideLocal(stride: Size): Local {
    const key = showSize(stride);
    let local = this.#strides.get(key);
    if (local === undefined) {
      this.#module.bytes(this.#code, stride);
      local = this.#code.keep('i32');
      this.#strides.set(key, local);
    }
    return local;
  }

  #innerStride(access: Access): Size | undefined {
    return access.strides.at(-1);
  }

  /** Whether neighbouring positions of the innermost loop lie apart. */
  #isStrided(access: Access): boolean {
    const stride = this.#innerStride(access);
    return stride !== undefined && !isZero(stride) && !isOne(stride);
  }

  #isDense(access: Access): boolean {
    const stride = this.#innerStride(access);
    return stride !== undefined && isOne(stride);
  }

  #emitLevel(level: number): void {
    const lanes = 1;
    this.#sweep.scalars.forEach((scalar, id) => {
      if (this.#levels[id] !== level) return;
      this.#emitScalar(scalar, id as ScalarId, level, lanes);
      if (level < this.#depth) this.#findRows(id as ScalarId);
    });
    if (level === this.#depth) return;
    this.#openAccumulators(level);
    if (level === this.#depth - 1) this.#emitInnermost();
    else this.#emitOuter(level);
    this.#closeAccumulators(level);
  }

  #emitOuter(level: number): void {
    const code = this.#code;
    const position = code.int(0).keep('i32');
    this.#positions[level] = position;
    const moved = [...this.#pointers.values()].filter(({ access }) => !isZero(access.strides[level]));
    const saved = level === 0 ? [] : moved.map(({ at }) => code.get(at).keep('i32'));
    code.while(
      () => code.get(position, this.#extents[level]).op('i32.lt_s'),
      () => {
        this.#emitLevel(level + 1);
        for (const { access, at } of moved) code.advance(at, this.#strideLocal(access.strides[level]));
        code.advance(position, { bytes: 1 });
      },
    );
    saved.forEach((local, i) => {
      code.get(local).set(moved[i].at);
    });
  }

  #emitInnermost(): void {
    const code = this.#code;
    const level = this.#depth - 1;
    const extent = this.#sweep.extents[level];
    const position = code.int(0).keep('i32');
    this.#positions[level] = position;
    const moving = [...this.#pointers.values()].filter(({ access }) => this.#isStrided(access));
    for (const { at, moving: local } of moving) code.get(at).set(local);
    const end = code.get(this.#extents[level]).int(2).op('i32.shl').keep('i32');
    const loop = (last: Local, lanes: Lanes): void => {
      code.while(
        () => code.get(position, last).op('i32.lt_s'),
        () => {
          this.#emitBody(lanes);
          for (const { access, moving: local } of moving) {
            const stride = this.#strideLocal(access.strides[level]);
            for (let lane = 0; lane < lanes; lane++) code.advance(local, stride);
          }
          code.advance(position, { bytes: lanes * ELEMENT_BYTES });
        },
      );
    };
    const isFixed = extent.axes.length === 0;
    const isVector = this.#sweep.scalars.every(({ kind }) => kind !== 'argmax');
    if (isVector && !(isFixed && extent.factor < 4))
      loop(code.get(end).int(-16).op('i32.and').keep('i32'), 4);
    if (!(isVector && isFixed && extent.factor % 4 === 0)) loop(end, 1);
  }

  #emitBody(lanes: Lanes): void {
    this.#sweep.scalars.forEach((scalar, id) => {
      if (this.#levels[id] === this.#depth) this.#emitScalar(scalar, id as ScalarId, this.#depth, lanes);
    });
  }

  #operand(id: ScalarId): Operand {
    const scalar = this.#sweep.scalars[id];
    const element = elementOf(scalar);
    if (scalar.kind === 'number') {
      return { element, value: scalar.value, push: () => pushNumber(this.#code, scalar.value, element) };
    }
    return { element, value: undefined, push: () => this.#code.get(this.#values[id]) };
  }

  #push(id: ScalarId): void {
    this.#operand(id).push();
  }

  /** Computes a scalar at `level`; in the innermost loop for so many lanes. */
  #emitScalar(scalar: Scalar, id: ScalarId, level: number, lanes: Lanes): void {
    const code = this.#code;
    switch (scalar.kind) {
      case 'number':
        return;
      case 'extent':
        this.#module.elements(code, scalar.size);
        code.op('f32.convert_i32_s', 'f32x4.splat');
        break;
      case 'position':
        this.#emitPosition(scalar, level, lanes);
        break;
      case 'load':
        this.#emitLoad(scalar.access, level, lanes);
        break;
      case 'gather':
        this.#emitGather(scalar, level, lanes);
        break;
      case 'apply':
        SCALARS[scalar.name](
          this.#module,
          code,
          scalar.operands.map((operand) => this.#operand(operand)),
          scalar.element,
        );
        break;
      case 'uniform':
        this.#push(scalar.seed);
        code.ints(scalar.key | 0);
        this.#push(scalar.step);
        this.#push(scalar.position);
        code.call(uniformFunction(this.#module));
        break;
      case 'store':
        this.#emitStore(scalar.access, scalar.value, lanes);
        return;
      case 'reduce':
        this.#emitReduce(scalar, lanes);
        return;
      case 'argmax':
        this.#emitArgmax(scalar);
        return;
      case 'scatter':
        this.#emitScatter(scalar, lanes);
        return;
      default:
        scalar satisfies never;
    }
    this.#values[id] = code.keep('v128');
  }

  #emitPosition(scalar: Extract<Scalar, { kind: 'position' }>, level: number, lanes: Lanes): void {
    const code = this.#code;
    this.#module.sum(code, scalar.offset);
    this.#addSteps(scalar.steps, 1);
    scalar.strides.forEach((stride, axis) => {
      if (isZero(stride) || axis >= level) return;
      code.get(this.#positions[axis]);
      if (axis === this.#depth - 1) code.int(2).op('i32.shr_u');
      this.#module.elements(code, stride);
      code.op('i32.mul', 'i32.add');
    });
    code.op('i32x4.splat');
    if (level < this.#depth || lanes === 1) return;
    code.ints(0, 1, 2, 3);
    this.#module.elements(code, scalar.strides.at(-1)!);
    code.op('i32x4.splat', 'i32x4.mul', 'i32x4.add');
  }

  #pointer(access: Access): { readonly at: Local; readonly moving: Local } {
    return this.#pointers.get(accessKey(access))!;
  }

  /** Puts the address of one lane on the stack: in the innermost loop, or above it. */
  #address(access: Access, level: number, lane = 0): void {
    const code = this.#code;
    const { at, moving } = this.#pointer(access);
    if (level < this.#depth || this.#depth === 0) {
      code.get(at);
    } else if (this.#isStrided(access)) {
      code.get(moving);
      const stride = this.#strideLocal(this.#innerStride(access)!);
      for (let k = 0; k < lane; k++) code.get(stride).op('i32.add');
    } else if (this.#isDense(access)) {
      code.get(at, this.#positions[this.#depth - 1]).op('i32.add');
      if (lane > 0) code.int(lane * ELEMENT_BYTES).op('i32.add');
    } else {
      code.get(at);
    }
  }

  /** Loads `lanes` elements; `moved` may change each lane's address on the stack. */
  #emitLoad(access: Access, level: number, lanes: Lanes, moved: (lane: number) => void = () => {}): void {
    const code = this.#code;
    this.#address(access, level);
    moved(0);
    if (level < this.#depth || lanes === 1) {
      code.memory('v128.load32_splat');
      return;
    }
    if (this.#isDense(access)) {
      code.memory('v128.load');
      return;
    }
    this.#gatherLanes(access, moved);
  }

  /** Completes a load lane by lane; the address of lane 0 is on the stack. */
  #gatherLanes(access: Access, moved: (lane: number) => void): void {
    const code = this.#code;
    let vector = code.memory('v128.load32_zero').keep('v128');
    for (let lane = 1; lane < 4; lane++) {
      this.#address(access, this.#depth, lane);
      moved(lane);
      vector = code.get(vector).laneMemory('v128.load32_lane', lane).keep('v128');
    }
    code.get(vector);
  }

  /** For what is looked up by the scalar `id`, known above the innermost loop: where its row is, and whether. */
  #findRows(id: ScalarId): void {
    const code = this.#code;
    for (const scalar of this.#sweep.scalars) {
      if ((scalar.kind !== 'gather' && scalar.kind !== 'scatter') || scalar.index !== id) continue;
      this.#push(id);
      const index = code.lane('i32x4.extract_lane', 0).keep('i32');
      const valid = code.get(index).int(scalar.rows).op('i32.lt_u').keep('i32');
      code.get(index).int(0).get(valid).op('select').get(this.#strideLocal(scalar.stride));
      const bytes = code.op('i32.mul').keep('i32');
      const mask = code.int(0).get(valid).op('i32.sub', 'i32x4.splat').keep('v128');
      this.#rows.set(scalar, { bytes, valid, mask });
    }
  }

  /** Adds the way to the row that lane `lane` of the index asks for; to the first row where there is none. */
  #addRow(scalar: Indexed, lane: number): void {
    const code = this.#code;
    this.#push(scalar.index);
    const index = code.lane('i32x4.extract_lane', lane).keep('i32');
    code.get(index).int(0).get(index).int(scalar.rows).op('i32.lt_u', 'select');
    code.get(this.#strideLocal(scalar.stride)).op('i32.mul', 'i32.add');
  }

  #emitGather(scalar: Extract<Scalar, { kind: 'gather' }>, level: number, lanes: Lanes): void {
    const code = this.#code;
    const row = this.#rows.get(scalar);
    if (row !== undefined) {
      this.#emitLoad(scalar.access, level, lanes, () => code.get(row.bytes).op('i32.add'));
      code.floats(Number.NaN).get(row.mask).op('v128.bitselect');
      return;
    }
    this.#address(scalar.access, level);
    this.#addRow(scalar, 0);
    if (lanes === 1) code.memory('v128.load32_splat');
    else this.#gatherLanes(scalar.access, (lane) => this.#addRow(scalar, lane));
    code.floats(Number.NaN);
    this.#push(scalar.index);
    code.ints(scalar.rows).op('i32x4.lt_u', 'v128.bitselect');
  }

  #emitStore(access: Access, value: ScalarId, lanes: Lanes): void {
    const code = this.#code;
    for (let lane = 0; lane < lanes; lane++) {
      this.#address(access, this.#depth, lane);
      this.#push(value);
      if (lanes === 4 && this.#isDense(access)) {
        code.memory('v128.store');
        return;
      }
      code.laneMemory('v128.store32_lane', lane);
    }
  }

  #openAccumulators(level: number): void {
    const code = this.#code;
    for (const scalar of this.#sweep.scalars) {
      if (scalar.kind !== 'reduce' && scalar.kind !== 'argmax') continue;
      if (depthOf(scalar.access.strides) !== level) continue;
      const best = code
        .floats(scalar.kind === 'reduce' && scalar.how === 'sum' ? 0 : Number.NEGATIVE_INFINITY)
        .keep('v128');
      const position = scalar.kind === 'argmax' ? code.int(0).keep('i32') : undefined;
      this.#accumulators.set(scalar, { level, best, position });
    }
  }

  #closeAccumulators(level: number): void {
    const code = this.#code;
    for (const [scalar, { level: own, best, position }] of this.#accumulators) {
      if (own !== level || (scalar.kind !== 'reduce' && scalar.kind !== 'argmax')) continue;
      const { at } = this.#pointer(scalar.access);
      code.get(at);
      if (scalar.kind === 'argmax') {
        code.get(position!).memory('i32.store');
        continue;
      }
      const join = scalar.how === 'sum' ? 'f32.add' : 'f32.max';
      code.get(at).memory('f32.load');
      code.get(best).lane('f32x4.extract_lane', 0).get(best).lane('f32x4.extract_lane', 1).op(join);
      code.get(best).lane('f32x4.extract_lane', 2).get(best).lane('f32x4.extract_lane', 3).op(join);
      code.op(join, join).memory('f32.store');
    }
  }

  #emitReduce(scalar: Reduce, lanes: Lanes): void {
    const code = this.#code;
    const [join, joinOne] =
      scalar.how === 'sum' ? (['f32x4.add', 'f32.add'] as const) : (['f32x4.max', 'f32.max'] as const);
    const accumulator = this.#accumulators.get(scalar);
    if (accumulator !== undefined) {
      code.get(accumulator.best);
      this.#push(scalar.value);
      if (lanes === 1) {
        // Only lane 0 is meant.
        if (scalar.how === 'sum') code.ints(-1, 0, 0, 0).op('v128.and');
        else code.floats(Number.NEGATIVE_INFINITY).ints(-1, 0, 0, 0).op('v128.bitselect');
      }
      code.op(join).set(accumulator.best);
      return;
    }
    if (lanes === 4 && this.#isDense(scalar.access)) {
      this.#address(scalar.access, this.#depth);
      const address = code.keep('i32');
      code.get(address, address).memory('v128.load');
      this.#push(scalar.value);
      code.op(join).memory('v128.store');
      return;
    }
    for (let lane = 0; lane < lanes; lane++) {
      this.#address(scalar.access, this.#depth, lane);
      const address = code.keep('i32');
      code.get(address, address).memory('f32.load');
      this.#push(scalar.value);
      code.lane('f32x4.extract_lane', lane).op(joinOne).memory('f32.store');
    }
  }

  #emitArgmax(scalar: Argmax): void {
    const code = this.#code;
    const { best, position } = this.#accumulators.get(scalar)!;
    this.#push(scalar.value);
    const value = code.keep('v128');
    // Larger; or the first; or not a number, where the best so far is one.
    code.get(value, best).op('f32x4.gt').lane('i32x4.extract_lane', 0);
    code.get(this.#positions[this.#depth - 1]).op('i32.eqz', 'i32.or');
    code.get(value, value).op('f32x4.ne').get(best, best).op('f32x4.eq', 'v128.and');
    code.lane('i32x4.extract_lane', 0).op('i32.or');
    code.if(() => {
      code.get(value).set(best);
      code
        .get(this.#positions[this.#depth - 1])
        .int(2)
        .op('i32.shr_u')
        .set(position!);
    });
  }

  #emitScatter(scalar: Extract<Scalar, { kind: 'scatter' }>, lanes: Lanes): void {
    const code = this.#code;
    const { access, value } = scalar;
    const row = this.#rows.get(scalar);
    if (row !== undefined && lanes === 4 && this.#isDense(access)) {
      code.get(row.valid).if(() => {
        this.#address(access, this.#depth);
        const address = code.get(row.bytes).op('i32.add').keep('i32');
        code.get(address, address).memory('v128.load');
        this.#push(value);
        code.op('f32x4.add').memory('v128.store');
      });
      return;
    }
    for (let lane = 0; lane < lanes; lane++) {
      if (row !== undefined) code.get(row.valid);
      else {
        this.#push(scalar.index);
        code.lane('i32x4.extract_lane', lane).int(scalar.rows).op('i32.lt_u');
      }
      code.if(() => {
        this.#address(access, this.#depth, lane);
        if (row !== undefined) code.get(row.bytes).op('i32.add');
        else this.#addRow(scalar, lane);
        const address = code.keep('i32');
        code.get(address, address).memory('f32.load');
        this.#push(value);
        code.lane('f32x4.extract_lane', lane).op('f32.add').memory('f32.store');
      });
    }
  }
}

/** For each scalar the number of loops that it depends on. What writes belongs to the innermost one. */
function levelsOf({ scalars, extents }: Sweep): number[] {
  const levels: number[] = [];
  for (const scalar of scalars) {
    const own =
      scalar.kind === 'load' || scalar.kind === 'gather'
        ? depthOf(scalar.access.strides)
        : scalar.kind === 'position'
          ? depthOf(scalar.strides)
          : 'access' in scalar
            ? extents.length
            : 0;
    levels.push(Math.max(own, ...operandsOfScalar(scalar).map((operand) => levels[operand])));
  }
  return levels;
}

function elementOf(scalar: Scalar): Element {
  return 'element' in scalar ? scalar.element : 'real';
}

function pushNumber(code: Code, value: number, element: Element): void {
  if (element === 'real') code.floats(value);
  else if (element === 'index') code.ints(value);
  else code.ints(value === 0 ? 0 : -1);
}

function uniformFunction(module: ModuleBuilder): FunctionId {
  return module.shared('uniform', () => {
    const code = module.code(['v128', 'v128', 'v128', 'v128'], ['v128']);
    const [seed, name, step, position] = [0, 1, 2, 3].map((k) => code.parameter(k));
    emitUniform(code, seed, name, step, position);
    return code;
  });
}
