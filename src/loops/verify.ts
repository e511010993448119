// Proves the invariants of a loop program that a mistake in lowering or fusion would break: every access lies in its
// buffer, scalars refer to earlier ones of the right element, a store gives every position a place of its own, and
// nothing is read that was not written before.

import { type AxisName, cutOf, type Element, type Extents, stepsAxis } from '../graph/type.ts';
import { eachTouch, operandsOfScalar } from './accesses.ts';
import type { BufferId, LoopId, Place, Product, Program, Scalar, Statement, Sweep } from './program.ts';
import { PANEL } from './program.ts';
import { type Size, sizeOf, valueOfSize, valueOfSum } from './size.ts';

/** What is wrong with a program, one line each; empty where it is right. Accesses are tried with the extents given. */
export function verifyProgram(program: Program, extents: Extents): string[] {
  const verifier = new Verifier(program, extents);
  verifier.block(program.body);
  for (const { name, buffer } of program.outputs) {
    if (!verifier.written.has(buffer)) verifier.complaints.push(`output ${name} is never written`);
  }
  return verifier.complaints;
}

class Verifier {
  readonly complaints: string[] = [];
  readonly written = new Set<BufferId>();
  readonly #program: Program;
  #extents: Extents;
  /** The last step of each loop around. */
  readonly #loops = new Map<LoopId, number>();

  constructor(program: Program, extents: Extents) {
    this.#program = program;
    this.#extents = extents;
    program.buffers.forEach(({ role }, id) => {
      if (role === 'argument') this.written.add(id as BufferId);
    });
  }

  block(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        const around = this.#extents;
        for (const [extents, last] of this.#turns(statement.axis)) {
          this.#extents = extents;
          this.#loops.set(statement.loop, last);
          this.block(statement.body);
        }
        this.#extents = around;
        this.#loops.delete(statement.loop);
        continue;
      }
      if (statement.kind === 'sweep') this.#sweep(statement);
      if (statement.kind === 'product') this.#product(statement);
      if (statement.kind === 'pack') {
        const { source, inner, columns, packed } = statement;
        this.#reaches(source, [[inner, source.inner] as const, [columns, source.column] as const]);
        this.#holdsPanels(packed, inner, columns);
      }
      this.#order(statement);
    }
  }

  #say(complaint: string): void {
    this.complaints.push(complaint);
  }

  #name(buffer: BufferId): string {
    return `${this.#program.buffers[buffer].name}#${buffer}`;
  }

  /** The turns of a loop that are to be tried: the last; over segments, the last whole one, and one that is shorter. */
  #turns(axis: AxisName): (readonly [Extents, last: number])[] {
    const cut = cutOf(axis);
    if (cut?.counts !== 'segments') return [[this.#extents, this.#value(sizeOf(axis)) - 1]];
    const extent = this.#value(sizeOf(cut.whole));
    const [whole, rest] = [Math.floor(extent / cut.steps), extent % cut.steps];
    const turn = (steps: number, last: number): readonly [Extents, number] => {
      return [new Map([...this.#extents, [stepsAxis(cut.whole, cut.steps), steps]]), last];
    };
    return [...(whole > 0 ? [turn(cut.steps, whole - 1)] : []), ...(rest > 0 ? [turn(rest, whole)] : [])];
  }

  #value(size: Size): number {
    return valueOfSize(size, this.#extents);
  }

  /** A place moved along axes, each by its extent and stride, stays inside the buffer at all steps. */
  #reaches(place: Place, axes: readonly (readonly [extent: Size | number, stride: Size])[]): void {
    let last = valueOfSum(place.offset, this.#extents);
    for (const { loop, stride } of place.steps) {
      const step = this.#loops.get(loop);
      if (step === undefined)
        this.#say(`${this.#name(place.buffer)} moves with s${loop} outside of that loop`);
      else last += step * this.#value(stride);
    }
    for (const [extent, stride] of axes) {
      last += ((typeof extent === 'number' ? extent : this.#value(extent)) - 1) * this.#value(stride);
    }
    const size = valueOfSum(this.#program.buffers[place.buffer].size, this.#extents);
    if (last >= size)
      this.#say(`element ${last} of ${this.#name(place.buffer)} is touched, and it has ${size}`);
  }

  #sweep(sweep: Sweep): void {
    const { extents, scalars } = sweep;
    scalars.forEach((scalar, id) => {
      for (const operand of operandsOfScalar(scalar)) {
        if (operand >= id || !('element' in scalars[operand])) this.#say(`%${id} uses %${operand}`);
      }
      this.#elements(scalar, scalars);
      if (!('access' in scalar)) return;
      const { access } = scalar;
      if (access.strides.length !== extents.length) this.#say(`%${id} has ${access.strides.length} strides`);
      const rows = 'rows' in scalar ? ([[scalar.rows, scalar.stride]] as const) : [];
      this.#reaches(access, [...extents.map((extent, k) => [extent, access.strides[k]] as const), ...rows]);
      const isSpread = extents.every(
        (extent, k) => this.#value(extent) === 1 || this.#value(access.strides[k]) > 0,
      );
      if (scalar.kind === 'store' && !isSpread) {
        this.#say(`%${id} stores several positions at one place of ${this.#name(access.buffer)}`);
      }
    });
  }

  /** Operands of operations are of the elements that these work on. */
  #elements(scalar: Scalar, scalars: readonly Scalar[]): void {
    const elementOf = (id: number): Element | undefined => {
      const operand = scalars[id];
      return 'element' in operand ? operand.element : undefined;
    };
    const expect = (id: number, element: Element): void => {
      if (elementOf(id) !== element) this.#say(`%${id} is ${elementOf(id)} where ${element} is needed`);
    };
    if (scalar.kind === 'gather' || scalar.kind === 'scatter') expect(scalar.index, 'index');
    if (scalar.kind === 'uniform') for (const id of operandsOfScalar(scalar)) expect(id, 'index');
    if (scalar.kind === 'store') expect(scalar.value, this.#program.buffers[scalar.access.buffer].element);
    if (scalar.kind === 'load' && scalar.element !== this.#program.buffers[scalar.access.buffer].element) {
      this.#say(`${this.#name(scalar.access.buffer)} is loaded as ${scalar.element}`);
    }
  }

  #product(product: Product): void {
    const { outer, rows, columns, inner, left, right, out } = product;
    const along = (side: 'left' | 'right' | 'out'): (readonly [Size, Size])[] =>
      outer.map((axis) => [axis.extent, axis[side]] as const);
    this.#reaches(left, [...along('left'), [rows, left.row], [inner, left.inner]]);
    this.#reaches(out, [...along('out'), [rows, out.row], [columns, { factor: 1, axes: [] }]]);
    if ('packed' in right) this.#holdsPanels(right.packed, inner, columns);
    else this.#reaches(right, [...along('right'), [inner, right.inner], [columns, right.column]]);
  }

  #holdsPanels(packed: BufferId, inner: Size, columns: Size): void {
    const needed = Math.ceil(this.#value(columns) / PANEL) * PANEL * this.#value(inner);
    const size = valueOfSum(this.#program.buffers[packed].size, this.#extents);
    if (needed > size) this.#say(`panels of ${needed} elements in ${this.#name(packed)}, which has ${size}`);
  }

  #order(statement: Statement): void {
    // Inside a sweep, a load after the store of the same position is in order: scalars come one by one.
    eachTouch(statement, ({ buffer }, isWrite, isRead) => {
      if (isRead && !this.written.has(buffer))
        this.#say(`${this.#name(buffer)} is read before it is written`);
      if (isWrite) this.written.add(buffer);
    });
  }
}
