// Which products of a graph can be one, and how that one is made (merge.ts says when it pays).
//
// Letters are compared by their place, not by their name: in `signature` the letters of the shared operand (or of the
// sum) are upper case by position, the letter along which the others are joined is `*`, the rest is lower case.

import { type CallNode, type Graph, isCall, type NodeId, operandsOf, typeOf } from '../graph/graph.ts';
import type { Dim } from '../graph/type.ts';
import type { Draft, Moved } from './draft.ts';
import { countUses, findSumTerms } from './sum-terms.ts';

/** Values that can be computed together, none of them from another. */
export interface Group {
  readonly members: readonly NodeId[];
  /** The members' values, from the draft's values of what they are made of. */
  build(draft: Draft, to: Moved): readonly NodeId[];
}

/** Which values may stand side by side: what that costs is small beside a product of them. */
export interface Costs {
  /** Weights, or in a body what is the same at every step. These may be joined. */
  isFixed(id: NodeId): boolean;
  /** Where a value that is not fixed comes from: those of one source may be joined; undefined: with none. */
  sourceForShared(id: NodeId): NodeId | undefined;
  /** The same for the sum of their products with fixed values. */
  sourceForSum(id: NodeId): NodeId | undefined;
}

/** A product seen from one of its operands. */
interface View {
  readonly id: NodeId;
  readonly own: NodeId;
  readonly other: NodeId;
  readonly letters: Letters;
}

interface Letters {
  readonly own: string;
  readonly other: string;
  readonly out: string;
}

function viewsOf(id: NodeId, call: CallNode<'contract'>): View[] {
  const { left, right, out } = call.attributes;
  const [x, y] = call.operands;
  return [
    { id, own: x, other: y, letters: { own: left, other: right, out } },
    { id, own: y, other: x, letters: { own: right, other: left, out } },
  ];
}

/** Products that share an operand, the largest group first. */
export function findShared(graph: Graph, costs: Costs): Group[] {
  const groups = new Map<string, View[]>();
  graph.nodes.forEach((node, id) => {
    if (!isCall(node, 'contract') || node.operands[0] === node.operands[1]) return;
    for (const plain of viewsOf(id as NodeId, node)) {
      const view = withUnit(graph, plain);
      const letter = [...view.letters.other].find(
        (l) => isPrivate(view.letters, l) && isSize(graph, view, l),
      );
      if (letter === undefined) continue;
      const source = costs.isFixed(view.other) ? 'fixed' : costs.sourceForShared(view.other);
      if (source === undefined) continue;
      const key = `${view.own} ${source} ${signature(graph, view, letter)}`;
      groups.set(key, [...(groups.get(key) ?? []), view]);
    }
  });
  return [...groups.values()]
    .map((views) => independent(graph, views))
    .filter((views) => views.length > 1)
    .sort((a, b) => b.length - a.length)
    .map((views) => shareOperand(graph, views));
}

function isPrivate({ own, out }: Letters, letter: string): boolean {
  return !own.includes(letter) && out.includes(letter);
}

/** Whether a letter of the other operand stands for a size (and not for a named axis). */
function isSize(graph: Graph, { other, letters }: View, letter: string): boolean {
  const dim = typeOf(graph, other).shape[letters.other.indexOf(letter)];
  return typeof dim === 'number' || letter === UNIT;
}

/** A letter for an axis of one, which a vector of weights gets to stand among the rows of matrices. */
const UNIT = '1';

/** A product by a vector, seen as one by a matrix of one row: out[b] = sum over n of w[n] x[b, n]. */
function withUnit(graph: Graph, view: View): View {
  const { own, other, out } = view.letters;
  const isVector =
    [...other].every((letter) => own.includes(letter) && !out.includes(letter)) &&
    typeOf(graph, view.other).shape.every((d) => typeof d === 'number');
  if (!isVector) return view;
  return { ...view, letters: { own, other: UNIT + other, out: out + UNIT } };
}

/** What products must have in common to be one, but for their extent along `joined`. */
function signature(graph: Graph, { other, letters }: View, joined: string): string {
  const inOrder = [...new Set(letters.own + letters.other)];
  const rename = (text: string) =>
    [...text]
      .map((letter) => {
        if (letter === joined) return '*';
        const position = letters.own.indexOf(letter);
        return position >= 0
          ? String.fromCharCode(65 + position)
          : String.fromCharCode(97 + inOrder.indexOf(letter));
      })
      .join('');
  const shape = typeOf(graph, other).shape;
  const own = letters.other.replace(UNIT, '');
  const dims = shape.filter((_, axis) => own[axis] !== joined);
  return `${rename(letters.own)} ${rename(letters.other)} ${rename(letters.out)} ${dims.join()}`;
}

/** The products that need none of the others, in one order for all groups: that of what is to be joined. */
function independent(graph: Graph, views: readonly View[]): View[] {
  const members = new Set(views.map((view) => view.id));
  const after = new Set<NodeId>();
  graph.nodes.forEach((node, position) => {
    if (operandsOf(node).some((o) => members.has(o) || after.has(o))) after.add(position as NodeId);
  });
  const free = views.filter(
    (view, k) => !after.has(view.id) && views.findIndex((v) => v.id === view.id) === k,
  );
  return free.sort((a, b) => a.other - b.other || a.id - b.id);
}

/** W x, U x: [W; U] x and its pieces. */
function shareOperand(graph: Graph, views: readonly View[]): Group {
  const [{ letters }] = views;
  const letter = [...letters.other].find((l) => isPrivate(letters, l) && isSize(graph, views[0], l))!;
  const [axis, place] = [letters.other.indexOf(letter), letters.out.indexOf(letter)];
  const hasUnit = letters.other.startsWith(UNIT);
  return {
    members: views.map((view) => view.id),
    build(draft, to) {
      const parts = views.map((view) => {
        const value = to(view.other);
        if (!view.letters.other.startsWith(UNIT)) return value;
        return draft.call('reshape', [value], { shape: [1, ...draft.shapeOf(value)] });
      });
      const joined = draft.call('concat', parts, { axis });
      const product = draft.contract(to(views[0].own), joined, {
        left: plain(letters.own),
        right: plain(letters.other),
        out: plain(letters.out),
      });
      let start = 0;
      return views.map((view, k) => {
        const size = Number(draft.shapeOf(parts[k])[axis]);
        const piece = draft.call('slice', [product], { axis: place, start, size });
        start += size;
        if (!view.letters.other.startsWith(UNIT)) return piece;
        return draft.call('reshape', [piece], { shape: typeOf(graph, view.id).shape });
      });
    },
  };

  /** The letters, with a real one for the axis of one. */
  function plain(text: string): string {
    const all = letters.own + letters.other + letters.out;
    const unused = [...'abcdefghijklmnopqrstuvwxyz'].find((l) => !all.includes(l))!;
    return hasUnit ? text.replace(UNIT, unused) : text;
  }
}

/** Sums in which several products can be one. */
export function findSums(graph: Graph, costs: Costs): Group[] {
  const uses = countUses(graph);
  const groups: Group[] = [];
  for (const [root, terms] of findSumTerms(graph)) {
    const families = new Map<string, View[]>();
    for (const term of terms) {
      const call = graph.nodes[term];
      if (uses[term] !== 1 || !isCall(call, 'contract')) continue;
      const view = viewsOf(term, call).find((v) => costs.isFixed(v.own) && !costs.isFixed(v.other));
      const letter = view && summedLetter(graph, view);
      const source = view && costs.sourceForSum(view.other);
      if (view === undefined || letter === undefined || source === undefined) continue;
      const key = `${source} ${summedSignature(graph, view, letter)}`;
      families.set(key, [...(families.get(key) ?? []), view]);
    }
    const joined = [...families.values()]
      .filter((views) => views.length > 1)
      .map((views) => views.sort((a, b) => a.other - b.other || a.id - b.id));
    if (joined.length > 0) groups.push(addUp(graph, root, terms, joined));
  }
  return groups;
}

/** The letter along which the operands of products in a sum are joined. */
function summedLetter(graph: Graph, { own, letters }: View): string | undefined {
  const { shape } = typeOf(graph, own);
  return [...letters.own].find(
    (letter, axis) => !letters.out.includes(letter) && typeof shape[axis] === 'number',
  );
}

function summedSignature(graph: Graph, { own, other, letters }: View, joined: string): string {
  const inOrder = [...new Set(letters.own)];
  const rename = (text: string) =>
    [...text]
      .map((letter) => {
        if (letter === joined) return '*';
        const position = letters.out.indexOf(letter);
        return position >= 0
          ? String.fromCharCode(65 + position)
          : String.fromCharCode(97 + inOrder.indexOf(letter));
      })
      .join('');
  const dims = (id: NodeId, own: string): Dim[] =>
    typeOf(graph, id).shape.map((dim, axis) => (own[axis] === joined ? '*' : dim));
  const shapes = [...dims(own, letters.own), ...dims(other, letters.other)];
  return `${rename(letters.own)} ${rename(letters.other)} ${shapes.join()}`;
}

/** W x + U h: [W, U] [x; h]. */
function addUp(graph: Graph, root: NodeId, terms: readonly NodeId[], families: readonly View[][]): Group {
  return {
    members: [root],
    build(draft, to) {
      const products = families.map((views) => {
        const [{ letters }] = views;
        const letter = summedLetter(graph, views[0])!;
        const join = (ids: readonly NodeId[], own: string) =>
          draft.call('concat', ids.map(to), { axis: own.indexOf(letter) });
        return draft.contract(
          join(
            views.map((view) => view.own),
            letters.own,
          ),
          join(
            views.map((view) => view.other),
            letters.other,
          ),
          { left: letters.own, right: letters.other, out: letters.out },
        );
      });
      const merged = new Set(families.flat().map((view) => view.id));
      const parts = [...terms.filter((term) => !merged.has(term)).map(to), ...products];
      return [parts.reduce((sum, part) => draft.apply('add', sum, part))];
    },
  };
}

/** Sums over the same axes of several pieces of one value: the pieces of its sum. */
export function findPieceSums(graph: Graph): Group[] {
  const groups = new Map<string, NodeId[]>();
  graph.nodes.forEach((node, id) => {
    const slice = pieceOf(graph, node);
    if (slice === undefined || !isCall(node, 'sum')) return;
    const key = `${slice.operands[0]} ${slice.attributes.axis} ${node.attributes.axes.join()}`;
    groups.set(key, [...(groups.get(key) ?? []), id as NodeId]);
  });
  return [...groups.values()]
    .filter((members) => members.length > 1)
    .map((members) => ({
      members,
      build(draft, to) {
        return members.map((member) => {
          const sum = graph.nodes[member];
          const slice = pieceOf(graph, sum);
          if (slice === undefined || !isCall(sum, 'sum')) return to(member);
          const { axis, start, size } = slice.attributes;
          const { axes } = sum.attributes;
          const whole = draft.sum(to(slice.operands[0]), axes);
          const place = axis - axes.filter((a) => a < axis).length;
          return draft.call('slice', [whole], { axis: place, start, size });
        });
      },
    }));
}

/** The slice that a sum adds up along other axes than the one that is cut. */
function pieceOf(graph: Graph, sum: Graph['nodes'][number]): CallNode<'slice'> | undefined {
  if (!isCall(sum, 'sum')) return undefined;
  const slice = graph.nodes[sum.operands[0]];
  return isCall(slice, 'slice') && !sum.attributes.axes.includes(slice.attributes.axis) ? slice : undefined;
}
