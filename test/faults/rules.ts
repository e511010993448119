// Faults in the two tables, of derivatives and of tangents: every entry of every operation dropped, negated, doubled,
// transposed; every operand or result that it names taken for another; and every fault of every call that it makes
// (formulas.ts).
//
// An entry's calls are heard where it is run on the samples of its operation (test/graph/sample-op.ts), so that no operation
// and no term is forgotten: the list follows the tables.
import { jvp } from '../../src/autodiff/jvp.ts';
import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import type { Site } from '../../src/autodiff/site.ts';
import { type TangentTable, tangentRules } from '../../src/autodiff/tangent-rules.ts';
import type { TangentSite } from '../../src/autodiff/tangent-site.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import type { NodeId } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { realInputs, realOutputs } from '../autodiff/differences.ts';
import { sampleGraph, sampleOp } from '../graph/sample-op.ts';
import {
  type AnySite,
  type Arithmetic,
  type Call,
  faultsOf,
  type Heard,
  listening,
  SITE,
  TANGENT_SITE,
  type Vocabulary,
} from './formulas.ts';

/** A table with a fault in it. */
export interface RuleFault<Table> {
  readonly op: OpName;
  readonly kind: string;
  /** `pow 2: log 1, negated`: the entry and the place in it. */
  readonly place: string;
  readonly table: Table;
}

type Row = (site: AnySite) => unknown;

const NOT = { why: 'a fault is planted here: it is taken for a constant' };

const ofSite: Arithmetic = {
  negated: (site, x) => (site as unknown as Site).neg(x as NodeId),
  doubled: (site, x) => (site as unknown as Site).add(x as NodeId, x as NodeId),
  orZero: (_, x) => x,
};

const ofTangents: Arithmetic = {
  negated: (site, dx) => (site as unknown as TangentSite).neg(dx as NodeId | undefined),
  doubled: (site, dx) => (site as unknown as TangentSite).plus(dx as NodeId, dx as NodeId),
  // What a rule gives has to be there, also where a term that is left over does not vary.
  orZero: (site, dx) => dx ?? (site as unknown as TangentSite).number(0),
};

/** The faults of a row that its own words can express; `others`: what may be taken for what. */
function faultsOfRow(
  row: Row,
  heard: readonly Heard[],
  vocabulary: Vocabulary,
  arithmetic: Arithmetic,
  others: readonly string[],
): readonly { readonly kind: string; readonly place: string; readonly row: Row }[] {
  const entries = [
    { kind: 'negated', place: 'all of it', row: (at: AnySite) => arithmetic.negated(at, row(at)) },
    { kind: 'doubled', place: 'all of it', row: (at: AnySite) => arithmetic.doubled(at, row(at)) },
  ];
  const values = [...new Set(heard.flatMap((one) => one.values))];
  const taken = values.flatMap((value) =>
    others
      .filter((other) => other !== value)
      .map((other) => ({
        kind: 'taken for another',
        place: `${value} for ${other}`,
        row: (at: AnySite) => row(Object.create(at, { [value]: { get: () => at[other] } })),
      })),
  );
  const all = heard.flatMap((one) => one.calls);
  const isSame = (a: Call, b: Call): boolean => a.word === b.word && a.n === b.n;
  const firsts = all.filter((call, k) => all.findIndex((other) => isSame(call, other)) === k);
  const terms = firsts.flatMap((first) => {
    const calls = all.filter((call) => isSame(call, first));
    return faultsOf(calls, vocabulary, arithmetic).map(({ kind, place, answer }) => ({
      kind,
      place,
      row: (at: AnySite) =>
        row(
          listening(at, vocabulary, (call, say) =>
            isSame(call, first) ? answer(at, call.args, say) : say(...call.args),
          ),
        ),
    }));
  });
  return [...entries, ...taken, ...terms];
}

/** What a row is heard to say where it is run. */
function listenTo(row: Row, vocabulary: Vocabulary, run: (row: Row) => void): readonly Heard[] {
  const all: Heard[] = [];
  run((at) => {
    const calls: Call[] = [];
    const values: string[] = [];
    const result = row(
      listening(
        at,
        vocabulary,
        (call, say) => {
          calls.push(call);
          return say(...call.args);
        },
        (name) => values.push(name),
      ),
    );
    all.push({ calls, values });
    return result;
  });
  return all;
}

/** The graphs of an operation's samples that have something to differentiate. */
function graphsOf(op: OpName) {
  return sampleOp(op)
    .map((sample) => sampleGraph(sample))
    .filter((graph) => realInputs(graph).length > 0 && realOutputs(graph).length > 0);
}

/** What a formula may take for each other: its operands, and the result. */
function valuesOf(op: OpName): readonly string[] {
  return ['a', 'b'].slice(0, OPS[op].arity ?? 1).concat('y');
}

/** Every fault of the table of derivatives. */
export function derivativeFaults(): readonly RuleFault<DerivativeTable>[] {
  return OP_NAMES.flatMap((op) =>
    derivatives[op].flatMap((entry, operand) => {
      if (typeof entry !== 'function') return [];
      const withEntry = (row: Row): DerivativeTable => ({
        ...derivatives,
        [op]: (derivatives[op] as readonly unknown[]).with(operand, row),
      });
      const own = entry as unknown as Row;
      const heard = listenTo(own, SITE, (row) => {
        for (const graph of graphsOf(op)) {
          vjp(graph, { outputs: realOutputs(graph), wrt: realInputs(graph) }, withEntry(row));
        }
      });
      const fault = (kind: string, place: string, table: DerivativeTable): RuleFault<DerivativeTable> => ({
        op,
        kind,
        place: `${op} by ${'abc'[operand]}: ${place}`,
        table,
      });
      const dropped = { ...derivatives, [op]: (derivatives[op] as readonly unknown[]).with(operand, NOT) };
      const transposed = (at: AnySite): unknown => transpose(at as unknown as Site, own(at) as NodeId);
      return [
        fault('dropped', 'all of it', dropped),
        fault('transposed', 'all of it', withEntry(transposed)),
        ...faultsOfRow(own, heard, SITE, ofSite, valuesOf(op)).map(({ kind, place, row }) =>
          fault(kind, place, withEntry(row)),
        ),
      ];
    }),
  );
}

/** The cotangent of an operand with its last two axes exchanged; as it is where there are none of the same size. */
function transpose({ shapes, position, transpose }: Site, cotangent: NodeId): NodeId {
  const shape = shapes[position];
  const last = shape.length - 1;
  if (last < 1 || shape[last] !== shape[last - 1]) return cotangent;
  const order = shape.map((_, k) => k);
  return transpose(cotangent, order.with(last, last - 1).with(last - 1, last));
}

/** Every fault of the table of tangents. */
export function tangentFaults(): readonly RuleFault<TangentTable>[] {
  return OP_NAMES.flatMap((op) => {
    const rule = tangentRules[op];
    if (typeof rule !== 'function') return [];
    const own = rule as unknown as Row;
    const withRow = (row: Row): TangentTable => ({ ...tangentRules, [op]: row });
    const heard = listenTo(own, TANGENT_SITE, (row) => {
      for (const graph of graphsOf(op)) {
        jvp(graph, { outputs: realOutputs(graph), wrt: realInputs(graph) }, withRow(row));
      }
    });
    const fault = (kind: string, place: string, table: TangentTable): RuleFault<TangentTable> => ({
      op,
      kind,
      place: `${op}: ${place}`,
      table,
    });
    const isReal = (k: number): boolean => sampleOp(op).some(({ types }) => types[k]?.element === 'real');
    const without = ['da', 'db', 'dc'].flatMap((name, k) => {
      if (!isReal(k)) return [];
      const row: Row = (at) => {
        const tangents = (at.tangents as readonly NodeId[]).map((dx, i) =>
          i === k ? (at as unknown as TangentSite).minus(dx, dx)! : dx,
        );
        const less = Object.create(at, { [name]: { value: undefined }, tangents: { value: tangents } });
        return ofTangents.orZero(at, own(less));
      };
      return [fault('left out', name, withRow(row))];
    });
    return [
      fault('dropped', 'all of it', { ...tangentRules, [op]: NOT }),
      ...without,
      ...faultsOfRow(own, heard, TANGENT_SITE, ofTangents, valuesOf(op)).map(({ kind, place, row }) =>
        fault(kind, place, withRow(row)),
      ),
    ];
  });
}
