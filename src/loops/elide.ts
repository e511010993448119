// Copies that need not be: where a temporary is computed only to be copied as a whole to another place (into its step of
// a stacked result, into a carry), it is computed there at once.
//
// The temporary T may become the place D if every touch of T lies in the copy's block, nothing touches D from T's first
// write to the copy, and D is not written again before T's last read.

import { eachTouch } from './accesses.ts';
import { accessKey } from './print.ts';
import type { BufferId, Place, Program, Scalar, Statement, Sweep, TimeLoop } from './program.ts';
import { simplifySweep } from './scalars.ts';
import { isOne, ONE, plus, sameSize, times } from './size.ts';

/** The program with fewer copies. */
export function elideCopies(program: Program): Program {
  const { body } = program;
  return { ...program, body: elideBlock(program, body, touchCounts(body)) };
}

/** How many statements touch each buffer, loops not counted but what is in them. */
function touchCounts(statements: readonly Statement[]): Map<BufferId, number> {
  const counts = new Map<BufferId, number>();
  const add = (buffer: BufferId, n: number): void => void counts.set(buffer, (counts.get(buffer) ?? 0) + n);
  for (const statement of statements) {
    if (statement.kind === 'loop') for (const [buffer, n] of touchCounts(statement.body)) add(buffer, n);
    else for (const buffer of touchesOf(statement).keys()) add(buffer, 1);
  }
  return counts;
}

/** The buffers a statement touches, and whether it writes them. */
function touchesOf(statement: Statement): Map<BufferId, boolean> {
  const touches = new Map<BufferId, boolean>();
  eachTouch(statement, ({ buffer }, isWrite) => {
    touches.set(buffer, isWrite || touches.get(buffer) === true);
  });
  return touches;
}

/** A block while it changes: its statements, what each touches, and where each buffer is touched. */
interface Block {
  readonly statements: Statement[];
  readonly touches: ReadonlyMap<BufferId, boolean>[];
  readonly where: Map<BufferId, Set<number>>;
}

function elideBlock(
  program: Program,
  statements: readonly Statement[],
  total: ReadonlyMap<BufferId, number>,
): readonly Statement[] {
  const block: Block = { statements: [], touches: [], where: new Map() };
  for (const [at, statement] of statements.entries()) {
    const inner = statement.kind === 'loop' ? elideBlock(program, statement.body, total) : undefined;
    place(block, at, inner === undefined ? statement : { ...(statement as TimeLoop), body: inner });
  }
  for (let at = 0; at < statements.length; at++) {
    for (;;) {
      const statement = block.statements[at];
      if (statement.kind !== 'sweep') break;
      const copy = copiesIn(program, statement).find((candidate) => canMove(block, at, candidate, total));
      if (copy === undefined) break;
      for (const i of [...block.where.get(copy.from)!]) {
        const moved = moveTouches(block.statements[i], copy);
        place(block, i, i === at ? withoutSelfCopies(moved as Sweep) : moved);
      }
    }
  }
  return block.statements.filter((statement) => statement.kind !== 'sweep' || statement.scalars.length > 0);
}

/** Puts a statement into a block, in the place of the one that was there. */
function place({ statements, touches, where }: Block, at: number, statement: Statement): void {
  for (const buffer of touches[at]?.keys() ?? []) where.get(buffer)!.delete(at);
  statements[at] = statement;
  touches[at] = touchesOf(statement);
  for (const buffer of touches[at].keys()) {
    const places = where.get(buffer);
    if (places === undefined) where.set(buffer, new Set([at]));
    else places.add(at);
  }
}

interface Copy {
  readonly from: BufferId;
  readonly to: Place;
}

/** The whole temporaries that a sweep loads and stores again, element by element, somewhere else. */
function copiesIn(program: Program, { extents, scalars }: Sweep): Copy[] {
  return scalars.flatMap((store): Copy[] => {
    if (store.kind !== 'store') return [];
    const load = scalars[store.value];
    if (load.kind !== 'load') return [];
    const { buffer, offset, steps, strides } = load.access;
    const { role, size } = program.buffers[buffer];
    const isEven = extents.every((_, axis) =>
      axis === extents.length - 1
        ? isOne(strides[axis])
        : sameSize(strides[axis], times(strides[axis + 1], extents[axis + 1])),
    );
    const isWhole =
      offset.length === 0 && steps.length === 0 && isEven && sameSize(size[0], extents.reduce(times, ONE));
    const isSame = store.access.strides.every((stride, axis) => sameSize(stride, strides[axis]));
    const { buffer: target, offset: start, steps: moving } = store.access;
    const fits =
      role === 'temporary' &&
      isWhole &&
      isSame &&
      target !== buffer &&
      program.buffers[target].role !== 'argument';
    return fits ? [{ from: buffer, to: { buffer: target, offset: start, steps: moving } }] : [];
  });
}

function canMove(
  { statements, touches, where }: Block,
  at: number,
  { from, to }: Copy,
  total: ReadonlyMap<BufferId, number>,
): boolean {
  const places = [...where.get(from)!];
  const inside = touchCounts(places.map((i) => statements[i])).get(from);
  const [first, last] = [Math.min(...places), Math.max(...places)];
  if (inside !== total.get(from) || first === at) return false;
  const fits = [...(where.get(to.buffer) ?? [])].every((i) => {
    if (i < first || i > last) return true;
    return i === at || (i > at && touches[i].get(to.buffer) === false);
  });
  const copy = statements[at] as Sweep;
  const ofTarget = copy.scalars.filter((scalar) => 'access' in scalar && scalar.access.buffer === to.buffer);
  return fits && ofTarget.length === 1;
}

/** A statement with every touch of the copied buffer moved to where it is copied to. */
function moveTouches(statement: Statement, { from, to }: Copy): Statement {
  const move = <P extends Place>(place: P): P =>
    place.buffer !== from
      ? place
      : {
          ...place,
          buffer: to.buffer,
          offset: plus(place.offset, to.offset),
          steps: [...place.steps, ...to.steps],
        };
  switch (statement.kind) {
    case 'loop':
      return { ...statement, body: statement.body.map((inner) => moveTouches(inner, { from, to })) };
    case 'sweep':
      if (!touchesOf(statement).has(from)) return statement;
      return {
        ...statement,
        scalars: statement.scalars.map(
          (scalar): Scalar => ('access' in scalar ? { ...scalar, access: move(scalar.access) } : scalar),
        ),
      };
    case 'product': {
      const { left, right, out } = statement;
      return {
        ...statement,
        left: move(left),
        right: 'packed' in right ? right : move(right),
        out: move(out),
      };
    }
    case 'pack':
      return { ...statement, source: move(statement.source) };
    default:
      return statement satisfies never;
  }
}

/** Without stores of what was loaded from the same place. */
function withoutSelfCopies(sweep: Sweep): Sweep {
  const selfCopied = new Set<string>();
  for (const scalar of sweep.scalars) {
    if (scalar.kind !== 'store') continue;
    const value = sweep.scalars[scalar.value];
    const place = accessKey(scalar.access);
    if (value.kind === 'load' && accessKey(value.access) === place) selfCopied.add(place);
  }
  return simplifySweep(
    sweep,
    (scalar) => scalar.kind !== 'store' || !selfCopied.has(accessKey(scalar.access)),
  );
}
