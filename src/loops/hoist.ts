// What does not change in a loop over time is packed before it: the right operands of products, which are weights as
// a rule. Inside, the product finds panels.

import { cutOf, followsFrom, stepsAxis } from '../graph/type.ts';
import { eachTouch } from './accesses.ts';
import { accessKey } from './print.ts';
import {
  type Buffer,
  type BufferId,
  PANEL,
  type Pack,
  type Place,
  type Program,
  type Statement,
  type TimeLoop,
} from './program.ts';
import { isZero, plus, type Size, showSize, times } from './size.ts';

/** The program with packings before its loops. */
export function hoistPacking(program: Program): Program {
  const buffers = [...program.buffers];
  return { ...program, body: hoistBlock(program.body, buffers), buffers };
}

function hoistBlock(statements: readonly Statement[], buffers: Buffer[]): readonly Statement[] {
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind !== 'loop') return [statement];
    const { packs, body } = hoistFrom({ ...statement, body: hoistBlock(statement.body, buffers) }, buffers);
    return [...packs, { ...statement, body }];
  });
}

/** The packings that can go before a loop, and the loop's body that relies on them. */
function hoistFrom(
  loop: TimeLoop,
  buffers: Buffer[],
): { packs: readonly Pack[]; body: readonly Statement[] } {
  const written = new Set<BufferId>();
  eachTouch(loop, ({ buffer }, isWrite) => {
    if (isWrite) written.add(buffer);
  });
  const cut = cutOf(loop.axis);
  const own = cut?.counts === 'segments' ? stepsAxis(cut.whole, cut.steps) : undefined;
  /** As long as a segment, which has its length only inside. */
  const isOwn = (size: Size): boolean =>
    own !== undefined && size.axes.some((axis) => followsFrom(axis, own));
  const stays = (place: Place): boolean =>
    !written.has(place.buffer) && place.steps.every((step) => step.loop !== loop.loop);
  const packs = new Map<string, Pack>();
  const body = loop.body.flatMap((statement): Statement[] => {
    if (statement.kind !== 'pack' && statement.kind !== 'product') return [statement];
    if (isOwn(statement.inner) || isOwn(statement.columns)) return [statement];
    if (statement.kind === 'pack') {
      if (!stays(statement.source)) return [statement];
      packs.set(`${statement.packed}`, statement);
      return [];
    }
    if ('packed' in statement.right) return [statement];
    const { right, inner, columns, outer } = statement;
    if (!stays(right) || outer.some((axis) => !isZero(axis.right))) return [statement];
    const key = [accessKey({ ...right, strides: [right.inner, right.column] }), inner, columns]
      .map((part) => (typeof part === 'string' ? part : showSize(part)))
      .join(' ');
    let pack = packs.get(key);
    if (pack === undefined) {
      const packed = packedBuffer(buffers, right.buffer, inner, columns);
      pack = { kind: 'pack', inner, columns, source: right, packed };
      packs.set(key, pack);
    }
    return [{ ...statement, right: { packed: pack.packed } }];
  });
  return { packs: [...packs.values()], body };
}

/** Room for panels: the columns filled up to whole panels, which is at most 7 more. */
function packedBuffer(buffers: Buffer[], source: BufferId, inner: Size, columns: Size): BufferId {
  const size = plus([times(inner, columns)], [times(inner, { factor: PANEL - 1, axes: [] })]);
  const name = `${buffers[source].name}_packed`;
  buffers.push({ name, element: 'real', size, role: 'temporary' });
  return (buffers.length - 1) as BufferId;
}
