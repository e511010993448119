// What is used more than once and would be long if it were written out: it has a name before any formula is made. Without
// that a value that is squared six times, as e^A is, would be written out 64 times, and its gradient as often again.

import { operandsOf } from '../graph/graph.ts';
import { keyOf, type Place, type PlaceKey, type Places } from './places.ts';

/** More operations than this are not one formula. */
const LARGEST = 400;

/** The places, operands first, that would be written more than once with more than `LARGEST` operations. */
export function largePlaces(
  places: Places,
  needed: ReadonlySet<PlaceKey>,
  named: ReadonlyMap<PlaceKey, string>,
): readonly Place[] {
  const all: Place[] = places.graph.nodes.flatMap((node, id): Place[] => {
    const inner = node.kind === 'scan' ? node.body.nodes.map((_, at) => ({ scan: id, node: at })) : [];
    return [...inner, { scan: undefined, node: id }] as Place[];
  });
  const calls = all.filter((place) => needed.has(keyOf(place)) && places.nodeOf(place).kind === 'call');
  const operands = (place: Place): readonly PlaceKey[] =>
    operandsOf(places.nodeOf(place)).map((operand) => keyOf(places.origin({ ...place, node: operand })));
  const uses = new Map<PlaceKey, number>();
  for (const place of calls) for (const key of operands(place)) uses.set(key, (uses.get(key) ?? 0) + 1);
  /** How many operations a place is written with, where it has no name. */
  const sizes = new Map<PlaceKey, number>();
  const large: Place[] = [];
  for (const place of calls) {
    const key = keyOf(place);
    if (named.has(key)) continue;
    const size = operands(place).reduce((total, operand) => total + (sizes.get(operand) ?? 0), 1);
    if (size > LARGEST && (uses.get(key) ?? 0) > 1) large.push(place);
    else sizes.set(key, size);
  }
  return large;
}
