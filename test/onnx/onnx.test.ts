// Values of RNN, LSTM and GRU against ONNX's: its operator tests, and further cases by its reference operators (make.py).
// Each by two programs, by the reference and by WebAssembly, scanned and unrolled. Which ones there are, and how far the
// answers are apart, stands in docs/oracles.md; the list there is the list of the data.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../src/compile.ts';
import { distances } from '../laws/distance.ts';
import { furtherCases, type OnnxCase, operatorTests } from './cases.ts';
import { type Form, formsOf } from './forms.ts';
import { runCase } from './run.ts';

/**
 * What float32 can promise: a rounding is 6e-8, and there are some tens of them one after the other. ONNX's operator
 * tests are in float32 themselves, so this is what they allow the reference too.
 */
const SINGLE = 1e-6;

/** Float64 on both sides: 1e-16 a rounding, with room for sums in another order. */
const DOUBLE = 1e-14;

/** The document tells what there was. Another order of adding up may change the last places. */
const LAST_PLACES: Worst = { reference: 1e-15, wasm: 1.2e-7 };

const TARGETS: readonly Target[] = ['reference', 'wasm'];
type Worst = Readonly<Record<Target, number>>;

const document = readFileSync(new URL('../../docs/oracles.md', import.meta.url), 'utf8');

/** The rows of the table below a heading: the name, and the last two columns. */
function tableBelow(heading: string): ReadonlyMap<string, Worst> {
  const [section] = document.slice(document.indexOf(`\n## ${heading}\n`) + 1).split(/\n## /);
  const rows = section.matchAll(/^\| `([^`]+)` \|.*\| (\S+) \| (\S+) \|$/gm);
  return new Map(
    [...rows].map(([, name, reference, wasm]) => [name, { reference: +reference, wasm: +wasm }]),
  );
}

/** The largest distance over programs and all that is asked for, scanned and unrolled. */
async function distanceOf(onnx: OnnxCase, forms: readonly Form[], target: Target): Promise<number> {
  let worst = 0;
  for (const form of forms) {
    for (const unroll of [false, true]) {
      const results = await runCase(onnx, form, { target, unroll });
      const asked = new Map([...results].filter(([name]) => onnx.outputs.has(name)));
      worst = Math.max(worst, ...distances(asked, onnx.outputs).values());
    }
  }
  return worst;
}

function expectWithin(found: Worst, bounds: Worst, said: Worst | undefined): void {
  for (const target of TARGETS) expect(found[target], target).toBeLessThanOrEqual(bounds[target]);
  expect(said, 'a row in docs/oracles.md').toBeDefined();
  for (const target of TARGETS) {
    expect(found[target], `docs/oracles.md, ${target}`).toBeLessThanOrEqual(
      said![target] + LAST_PLACES[target],
    );
  }
}

describe("ONNX's operator tests", () => {
  const cases = operatorTests();
  const table = tableBelow("ONNX's operator tests");

  test('the document has all of them, and no others', () => {
    expect(cases.length).toBe(18);
    expect([...table.keys()].sort()).toEqual(cases.map(({ name }) => name).sort());
  });

  test.each(cases)('$name', async (onnx) => {
    const [reference, wasm] = [
      await distanceOf(onnx, formsOf(onnx), 'reference'),
      await distanceOf(onnx, formsOf(onnx), 'wasm'),
    ];
    expectWithin({ reference, wasm }, { reference: SINGLE, wasm: SINGLE }, table.get(onnx.name));
  });
});

describe('further cases', () => {
  const table = tableBelow("Further cases by ONNX's reference operators");
  const groups = new Map<string, OnnxCase[]>();
  for (const onnx of furtherCases()) {
    const group = onnx.name.split(' ').slice(0, 2).join(' ');
    groups.set(group, [...(groups.get(group) ?? []), onnx]);
  }

  test('the document has all of them, and no others', () => {
    expect(groups.size).toBe(5 * 3);
    for (const cases of groups.values()) expect(cases.length).toBe(2 * 2 * 2);
    expect([...table.keys()].sort()).toEqual([...groups.keys()].sort());
  });

  test.each([...groups])('%s', async (name, cases) => {
    let [reference, wasm] = [0, 0];
    for (const onnx of cases) {
      const forms = formsOf(onnx);
      reference = Math.max(reference, await distanceOf(onnx, forms, 'reference'));
      // Layouts differ outside of the program alone. So each is compiled for one of the two programs.
      wasm = Math.max(wasm, await distanceOf(onnx, [forms[onnx.layout]], 'wasm'));
    }
    expectWithin({ reference, wasm }, { reference: DOUBLE, wasm: SINGLE }, table.get(name));
  });
});
