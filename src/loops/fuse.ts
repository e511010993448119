// Fusion: sweeps over the same positions become one, so that what one stores and the next one loads never goes through
// memory; then the temporaries that nobody reads any more go, and axes that lie evenly everywhere become one loop.
//
// Two sweeps may become one only if at every buffer that both touch and one of them writes their accesses are the same
// (then the order at each position is kept) or never meet. A sweep moves past other statements only if they share no
// buffer that one of them writes. So every number is computed from the same numbers as before, in the same order.

import { eachTouch } from './accesses.ts';
import { accessKey } from './print.ts';
import type { Access, BufferId, Place, Program, Scalar, Statement, Sweep } from './program.ts';
import { renumber, simplifySweep } from './scalars.ts';
import { isOne, type Size, sameSize, showSize, times } from './size.ts';

/** How many scalars a sweep may have: a longer function takes long to compile and does not run faster. */
const LONGEST = 320;

/** The same for sweeps that do not use each other's results: all they save is a loop, and they share the registers. */
const LONGEST_UNRELATED = 96;

/** How far apart statements may stand that become one. */
const WINDOW = 48;

/** Passes over a block: each may bring sweeps together that the one before has made neighbours. */
const ROUNDS = 4;

/** The program with fewer and larger sweeps. */
export function fuse(program: Program): Program {
  let body = fuseBlock(program.body);
  for (;;) {
    const fewer = withoutUnread(program, body);
    if (fewer === body) break;
    body = fewer;
  }
  return { ...program, body: body.map(collapse) };
}

/** What a statement does to one buffer at one access; `access` is missing where it is more than loads and stores. */
interface Touch {
  readonly buffer: BufferId;
  readonly isWrite: boolean;
  readonly access: Access | undefined;
  readonly key: string;
}

interface Entry {
  readonly statement: Statement;
  /** Of a sweep: its extents. */
  readonly space: string | undefined;
  /** How many scalars it had when it was simplified last. */
  readonly simplified: number;
  readonly touches: ReadonlyMap<BufferId, readonly Touch[]>;
}

function entryOf(statement: Statement): Entry {
  const touches = new Map<BufferId, Touch[]>();
  const add = (place: Place, isWrite: boolean, access: Access | undefined): void => {
    const list = touches.get(place.buffer);
    const key = access === undefined ? '' : accessKey(access);
    if (list?.some((touch) => touch.key === key && touch.isWrite === isWrite)) return;
    const touch = { buffer: place.buffer, isWrite, access, key };
    if (list === undefined) touches.set(place.buffer, [touch]);
    else list.push(touch);
  };
  if (statement.kind === 'sweep') {
    for (const scalar of statement.scalars) {
      if (!('access' in scalar)) continue;
      const isPlain = scalar.kind === 'load' || scalar.kind === 'store';
      const isWrite = scalar.kind !== 'load' && scalar.kind !== 'gather';
      add(scalar.access, isWrite, isPlain ? scalar.access : undefined);
    }
    return { statement, space: spaceOf(statement), simplified: statement.scalars.length, touches };
  }
  eachTouch(statement, (place, isWrite) => add(place, isWrite, undefined));
  return { statement, space: undefined, simplified: 0, touches };
}

function spaceOf(sweep: Sweep): string | undefined {
  // The search for a largest goes one position at a time: nothing should be drawn into that.
  if (sweep.scalars.some(({ kind }) => kind === 'argmax')) return undefined;
  return sweep.extents.map(showSize).join();
}

type Relation = 'none' | 'reads' | 'apart' | 'aligned' | 'conflict';

/**
 * What two statements have to do with each other: nothing; both read something; one writes beside what the other
 * touches; one writes what the other touches, at the same positions throughout; or otherwise.
 */
function relationOf(a: Entry, b: Entry): Relation {
  let relation: Relation = 'none';
  const [few, many] = a.touches.size < b.touches.size ? [a, b] : [b, a];
  for (const [buffer, touches] of few.touches) {
    for (const one of touches) {
      for (const other of many.touches.get(buffer) ?? []) {
        if (!one.isWrite && !other.isWrite) {
          if (relation === 'none') relation = 'reads';
          continue;
        }
        const isTogether = a.space !== undefined && a.space === b.space;
        if (!isTogether || one.access === undefined || other.access === undefined) return 'conflict';
        if (one.key === other.key) relation = 'aligned';
        else if (!areApart(one.access, other.access, sweepOf(a))) return 'conflict';
        else if (relation === 'none') relation = 'apart';
      }
    }
  }
  return relation;
}

function sweepOf(entry: Entry): Sweep {
  return entry.statement as Sweep;
}

/**
 * Whether two accesses over the same positions never meet: side by side in rows (parts of a concatenation), each
 * narrower than their distance, the rows at least as far apart as both are wide.
 */
function areApart(a: Access, b: Access, { extents }: Sweep): boolean {
  const last = extents.length - 1;
  const width = extents[last];
  const isSame = (x: readonly Size[], y: readonly Size[]): boolean =>
    x.length === y.length && x.every((size, i) => sameSize(size, y[i]));
  if (last < 0 || width.axes.length > 0 || !isOne(a.strides[last]) || !isSame(a.strides, b.strides))
    return false;
  const steps = (access: Access): string => access.steps.map((s) => `${s.loop}*${showSize(s.stride)}`).join();
  if (steps(a) !== steps(b)) return false;
  const constant = (access: Access): number =>
    access.offset.find(({ axes }) => axes.length === 0)?.factor ?? 0;
  const named = (access: Access): Size[] => access.offset.filter(({ axes }) => axes.length > 0);
  if (!isSame(named(a), named(b))) return false;
  const distance = Math.abs(constant(a) - constant(b));
  const rows = a.strides.slice(0, last);
  const row = Math.min(...rows.map(({ factor }) => factor));
  return (
    distance >= width.factor &&
    (rows.length === 0 || (distance + width.factor <= row && rows.every(({ factor }) => factor % row === 0)))
  );
}

function fuseBlock(statements: readonly Statement[]): readonly Statement[] {
  let entries = statements.map((statement) =>
    entryOf(statement.kind === 'loop' ? { ...statement, body: fuseBlock(statement.body) } : statement),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const before = entries.length;
    entries = fuseOnce(entries);
    if (entries.length === before) break;
  }
  return entries.map(({ statement, simplified }) =>
    statement.kind === 'sweep' && statement.scalars.length > simplified
      ? simplifySweep(statement)
      : statement,
  );
}

function fuseOnce(entries: readonly Entry[]): Entry[] {
  const placed: Entry[] = [];
  for (const entry of entries) {
    const up = entry.space === undefined ? -1 : partnerAbove(placed, entry);
    if (up >= 0) {
      placed[up] = joined(placed[up], entry);
      continue;
    }
    const down = entry.space === undefined ? -1 : partnerThatSinks(placed, entry);
    if (down >= 0) {
      const [partner] = placed.splice(down, 1);
      placed.push(joined(partner, entry));
    } else placed.push(entry);
  }
  return placed;
}

/** The nearest sweep above with which `entry` can become one where that stands; -1: none. */
function partnerAbove(placed: readonly Entry[], entry: Entry): number {
  const first = Math.max(0, placed.length - WINDOW);
  for (let i = placed.length - 1; i >= first; i--) {
    const relation = relationOf(placed[i], entry);
    const isRelated = relation !== 'none' || entry.space === '';
    if (isRelated && canJoin(placed[i], entry, relation)) return i;
    if (relation === 'conflict' || relation === 'aligned') return -1;
  }
  return -1;
}

/** The nearest sweep above that `entry` uses and that can move down to it; -1: none. */
function partnerThatSinks(placed: readonly Entry[], entry: Entry): number {
  const first = Math.max(0, placed.length - WINDOW);
  for (let i = placed.length - 1; i >= first; i--) {
    if (!canJoin(placed[i], entry, 'aligned') || relationOf(placed[i], entry) !== 'aligned') continue;
    const isFree = placed.slice(i + 1).every((between) => {
      const relation = relationOf(placed[i], between);
      return relation !== 'aligned' && relation !== 'conflict';
    });
    if (isFree) return i;
  }
  return -1;
}

function canJoin(a: Entry, b: Entry, relation: Relation): boolean {
  if (a.space === undefined || a.space !== b.space || relation === 'conflict') return false;
  const most = relation === 'aligned' || a.space === '' ? LONGEST : LONGEST_UNRELATED;
  return sweepOf(a).scalars.length + sweepOf(b).scalars.length <= most;
}

function joined(first: Entry, second: Entry): Entry {
  const [a, b] = [sweepOf(first), sweepOf(second)];
  const shift = a.scalars.length;
  const moved = b.scalars.map((scalar) => renumber(scalar, (id) => (id + shift) as typeof id));
  const sweep: Sweep = { ...a, scalars: [...a.scalars, ...moved] };
  // Simplifying at every step of a long chain would take quadratic time.
  if (sweep.scalars.length > 1.5 * first.simplified + 16) return entryOf(simplifySweep(sweep));
  const touches = new Map(first.touches);
  for (const [buffer, list] of second.touches) {
    const known = touches.get(buffer) ?? [];
    const isNew = (touch: Touch): boolean =>
      !known.some(({ key, isWrite }) => key === touch.key && isWrite === touch.isWrite);
    touches.set(buffer, [...known, ...list.filter(isNew)]);
  }
  return { statement: sweep, space: first.space, simplified: first.simplified, touches };
}

/** Without what writes temporaries that nobody reads; the same list where there is none. */
function withoutUnread(program: Program, body: readonly Statement[]): readonly Statement[] {
  const read = new Set<BufferId>();
  program.buffers.forEach(({ role }, id) => {
    if (role === 'result') read.add(id as BufferId);
  });
  const collect = (statement: Statement): void => {
    if (statement.kind === 'loop') statement.body.forEach(collect);
    else if (statement.kind === 'sweep') {
      for (const scalar of statement.scalars) {
        if (scalar.kind === 'load' || scalar.kind === 'gather') read.add(scalar.access.buffer);
      }
    } else if (statement.kind === 'product') {
      read.add(statement.left.buffer);
      read.add('packed' in statement.right ? statement.right.packed : statement.right.buffer);
    } else read.add(statement.source.buffer);
  };
  body.forEach(collect);

  const sweepBlock = (statements: readonly Statement[]): readonly Statement[] => {
    const kept = statements.flatMap((statement): Statement[] => {
      if (statement.kind === 'loop') {
        const inner = sweepBlock(statement.body);
        if (inner === statement.body) return [statement];
        return inner.length === 0 ? [] : [{ ...statement, body: inner }];
      }
      if (statement.kind === 'product') return read.has(statement.out.buffer) ? [statement] : [];
      if (statement.kind === 'pack') return read.has(statement.packed) ? [statement] : [];
      const isUnread = (scalar: Scalar): boolean =>
        'access' in scalar &&
        scalar.kind !== 'load' &&
        scalar.kind !== 'gather' &&
        !read.has(scalar.access.buffer);
      if (!statement.scalars.some(isUnread)) return [statement];
      const fewer = simplifySweep(statement, (scalar) => !isUnread(scalar));
      return fewer.scalars.length === 0 ? [] : [fewer];
    });
    const isSame =
      kept.length === statements.length && kept.every((statement, i) => statement === statements[i]);
    return isSame ? statements : kept;
  };
  return sweepBlock(body);
}

/** Neighbouring axes of a sweep that lie evenly in all accesses as one. */
function collapse(statement: Statement): Statement {
  if (statement.kind === 'loop') return { ...statement, body: statement.body.map(collapse) };
  if (statement.kind !== 'sweep' || statement.scalars.some(({ kind }) => kind === 'argmax')) return statement;
  let sweep = statement;
  for (let axis = sweep.extents.length - 2; axis >= 0; axis--) {
    const inner = sweep.extents[axis + 1];
    const isEven = sweep.scalars.every((scalar) => {
      const strides = stridesOfScalar(scalar);
      return strides === undefined || sameSize(strides[axis], times(strides[axis + 1], inner));
    });
    if (!isEven) continue;
    const without = <T>(list: readonly T[]): T[] => list.toSpliced(axis, 1);
    sweep = {
      ...sweep,
      extents: without(sweep.extents).with(axis, times(sweep.extents[axis], inner)),
      scalars: sweep.scalars.map((scalar): Scalar => {
        if (scalar.kind === 'position') return { ...scalar, strides: without(scalar.strides) };
        if (!('access' in scalar)) return scalar;
        return { ...scalar, access: { ...scalar.access, strides: without(scalar.access.strides) } };
      }),
    };
  }
  return sweep;
}

function stridesOfScalar(scalar: Scalar): readonly Size[] | undefined {
  if (scalar.kind === 'position') return scalar.strides;
  return 'access' in scalar ? scalar.access.strides : undefined;
}
