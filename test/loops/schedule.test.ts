// The loop program itself: it verifies, on the way there too; its structure on known programs, counted and printed.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Extents } from '../../src/graph/type.ts';
import { eachTouch } from '../../src/loops/accesses.ts';
import { lower } from '../../src/loops/lower.ts';
import { planMemory, storageOf } from '../../src/loops/memory.ts';
import { printProgram } from '../../src/loops/print.ts';
import type { Program, Statement } from '../../src/loops/program.ts';
import { schedule } from '../../src/loops/schedule.ts';
import { verifyProgram } from '../../src/loops/verify.ts';
import { randomGraph } from '../graph/random-graph.ts';
import { sampleEveryOp, sampleGraph } from '../graph/sample-op.ts';
import { WAYS } from '../runtime/compiled.ts';
import { lstmGradient, rnnForward } from './programs.ts';

const EXTENTS: readonly Extents[] = [
  new Map([
    ['T', 1],
    ['B', 1],
  ]),
  new Map([
    ['T', 4],
    ['B', 3],
  ]),
];

function complaints(program: Program): string[] {
  return EXTENTS.flatMap((extents) => verifyProgram(program, extents));
}

describe.each(WAYS)('%s programs verify', (_, way) => {
  test('of every operation', () => {
    for (const sample of sampleEveryOp()) {
      expect([sample.title, complaints(way(sampleGraph(sample)))]).toEqual([sample.title, []]);
    }
  });

  test('of random graphs', () => {
    fc.assert(
      fc.property(randomGraph({ lengths: true, size: 30 }), (graph) => {
        expect(complaints(way(graph))).toEqual([]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test('of an LSTM and its gradient', () => {
    expect(complaints(way(lstmGradient(3, 5, { lengths: true })))).toEqual([]);
  });
});

describe('what is wrong is found', () => {
  const program = lower(rnnForward(2, 3));
  const change = (with_: (statement: Statement) => Statement): Program => {
    const walk = (statement: Statement): Statement =>
      with_(statement.kind === 'loop' ? { ...statement, body: statement.body.map(walk) } : statement);
    return { ...program, body: program.body.map(walk) };
  };

  test('an access beyond its buffer', () => {
    const wrong = change((statement) => {
      if (statement.kind !== 'product') return statement;
      return { ...statement, out: { ...statement.out, offset: [{ factor: 1, axes: [] }] } };
    });
    expect(complaints(wrong)[0]).toMatch(/^element 3 of n\d+#\d+ is touched, and it has 3$/);
  });

  test('a value that is read before it is written', () => {
    const wrong = change((statement) =>
      statement.kind === 'loop' ? { ...statement, body: statement.body.toReversed() } : statement,
    );
    expect(complaints(wrong).join()).toContain('is read before it is written');
  });

  test('a scalar that uses a later one', () => {
    const wrong = change((statement) => {
      if (statement.kind !== 'sweep') return statement;
      return { ...statement, scalars: statement.scalars.toReversed() };
    });
    expect(complaints(wrong).join()).toMatch(/%\d uses %\d/);
  });

  test('several positions stored at one place', () => {
    const wrong = change((statement) => {
      if (statement.kind !== 'sweep') return statement;
      const scalars = statement.scalars.map((scalar) =>
        scalar.kind === 'store'
          ? {
              ...scalar,
              access: {
                ...scalar.access,
                strides: scalar.access.strides.map(() => ({ factor: 0, axes: [] })),
              },
            }
          : scalar,
      );
      return { ...statement, scalars };
    });
    expect(complaints(wrong).join()).toContain('stores several positions at one place');
  });
});

function countIn(statements: readonly Statement[], kind: Statement['kind']): number {
  return statements.filter((statement) => statement.kind === kind).length;
}

test('the step of an RNN is one product and one sweep', () => {
  const program = schedule(rnnForward(2, 3));
  const loop = program.body.find((statement) => statement.kind === 'loop')!;
  expect([countIn(loop.body, 'product'), countIn(loop.body, 'sweep')]).toEqual([2, 1]);
  expect(printProgram(program)).toMatchSnapshot();
});

test('temporaries share memory only where their lives do not meet', () => {
  fc.assert(
    fc.property(randomGraph({ lengths: true, size: 40 }), fc.integer({ min: 1, max: 9 }), (graph, B) => {
      const storage = storageOf(schedule(graph));
      const extents = new Map([
        ['T', 5],
        ['B', B],
      ]);
      const { addresses, bytes } = planMemory(storage, extents, 100);
      const placed = storage.flatMap(({ role, size, life }, id) => {
        if (role === 'temporary' && life === undefined) return [];
        const elements = size.reduce(
          (sum, { factor, axes }) => sum + axes.reduce((p, a) => p * extents.get(a)!, factor),
          0,
        );
        const [first, last] = role === 'temporary' ? life! : [0, Number.MAX_SAFE_INTEGER];
        return [{ start: addresses[id], end: addresses[id] + 4 * elements, first, last }];
      });
      for (const [k, a] of placed.entries()) {
        expect(a.start >= 100 && a.end <= bytes && a.start % 64 === 0).toBe(true);
        for (const b of placed.slice(k + 1)) {
          const meet = a.first <= b.last && b.first <= a.last;
          if (meet) expect(a.end <= b.start || b.end <= a.start).toBe(true);
        }
      }
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('memory of a forward pass does not grow with the number of steps beyond inputs and outputs', () => {
  const storage = storageOf(schedule(rnnForward(4, 8)));
  const bytesFor = (T: number): number => {
    return planMemory(
      storage,
      new Map([
        ['T', T],
        ['B', 2],
      ]),
      0,
    ).bytes;
  };
  // x [T, 2, 4] and h [T, 2, 8], all in float32.
  expect(bytesFor(2000) - bytesFor(1000)).toBe(1000 * 2 * (4 + 8) * 4);
});

test('every statement says what it touches', () => {
  const program = schedule(lstmGradient(3, 5, { lengths: false }));
  const touched = new Set<number>();
  for (const statement of program.body) eachTouch(statement, ({ buffer }) => void touched.add(buffer));
  for (const { buffer, name } of program.outputs) expect([name, touched.has(buffer)]).toEqual([name, true]);
});
