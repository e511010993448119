// The scalars of one sweep made fewer: what was just stored or loaded is not loaded again, equal scalars are computed
// once, a store that is overwritten and what nothing uses goes.
//
// Invariant that this relies on (fuse.ts keeps it): two accesses of a sweep to one buffer, one of which writes, are the
// same or do not meet at all.

import { operandsOfScalar } from './accesses.ts';
import { accessKey } from './print.ts';
import type { Scalar, ScalarId, Sweep } from './program.ts';
import { showSize } from './size.ts';

/** The same sweep in fewer scalars; `isUsed` says of a store or another writing scalar whether it is needed. */
export function simplifySweep(sweep: Sweep, isUsed: (scalar: Scalar) => boolean = () => true): Sweep {
  return { ...sweep, scalars: withoutDead(shared(sweep.scalars), isUsed) };
}

/** Gives a scalar's operands other numbers. */
export function renumber(scalar: Scalar, of: (id: ScalarId) => ScalarId): Scalar {
  switch (scalar.kind) {
    case 'number':
    case 'position':
    case 'extent':
    case 'load':
      return scalar;
    case 'gather':
      return { ...scalar, index: of(scalar.index) };
    case 'apply':
      return { ...scalar, operands: scalar.operands.map(of) };
    case 'uniform':
      return { ...scalar, seed: of(scalar.seed), step: of(scalar.step), position: of(scalar.position) };
    case 'store':
    case 'reduce':
    case 'argmax':
      return { ...scalar, value: of(scalar.value) };
    case 'scatter':
      return { ...scalar, index: of(scalar.index), value: of(scalar.value) };
    default:
      return scalar satisfies never;
  }
}

/** Equal scalars once. */
function shared(scalars: readonly Scalar[]): Scalar[] {
  const result: Scalar[] = [];
  const numbers: ScalarId[] = [];
  const known = new Map<string, ScalarId>();
  for (const [id, original] of scalars.entries()) {
    const scalar = renumber(original, (operand) => numbers[operand]);
    if (scalar.kind === 'store') known.set(`load ${accessKey(scalar.access)}`, scalar.value);
    const key = keyOf(scalar);
    const same = key === undefined ? undefined : known.get(key);
    numbers[id] = same ?? ((result.push(scalar) - 1) as ScalarId);
    if (key !== undefined) known.set(key, numbers[id]);
  }
  return result;
}

/** Equal for scalars that give the same number; undefined for those that write. */
function keyOf(scalar: Scalar): string | undefined {
  switch (scalar.kind) {
    case 'number':
      return `${scalar.element} ${Object.is(scalar.value, -0) ? '-0' : scalar.value}`;
    case 'position':
      return `position ${accessKey({ ...scalar, buffer: 0 as never })}`;
    case 'extent':
      return `extent ${showSize(scalar.size)}`;
    case 'load':
      return `load ${accessKey(scalar.access)}`;
    case 'gather':
      return `gather ${accessKey(scalar.access)} ${scalar.index} ${showSize(scalar.stride)}`;
    case 'apply':
      return `${scalar.name} ${scalar.element} ${scalar.operands.join()}`;
    case 'uniform':
      return `uniform ${scalar.key} ${scalar.seed} ${scalar.step} ${scalar.position}`;
    case 'store':
    case 'reduce':
    case 'argmax':
    case 'scatter':
      return undefined;
    default:
      return scalar satisfies never;
  }
}

function withoutDead(scalars: readonly Scalar[], isUsed: (scalar: Scalar) => boolean): Scalar[] {
  const needed = new Set<number>();
  const stored = new Set<string>();
  for (let id = scalars.length - 1; id >= 0; id--) {
    const scalar = scalars[id];
    if ('access' in scalar && scalar.kind !== 'load' && scalar.kind !== 'gather') {
      if (!isUsed(scalar)) continue;
      if (scalar.kind === 'store') {
        const key = accessKey(scalar.access);
        if (stored.has(key)) continue;
        stored.add(key);
      }
      needed.add(id);
    }
    if (needed.has(id)) for (const operand of operandsOfScalar(scalar)) needed.add(operand);
  }
  const numbers = new Map<ScalarId, ScalarId>();
  const result: Scalar[] = [];
  scalars.forEach((scalar, id) => {
    if (!needed.has(id)) return;
    numbers.set(id as ScalarId, result.length as ScalarId);
    result.push(renumber(scalar, (operand) => numbers.get(operand)!));
  });
  return result;
}
