// One program in several forms: unrolled, after the passes, and as WebAssembly it gives the same values and gradients.
import { unroll } from '../../autodiff/unroll.ts';
import { evaluate } from '../../graph/evaluate.ts';
import { withGradients } from '../gradient-program.ts';
import { drawInputs, extentsOf } from '../random-case.ts';
import { type Gaps, gaps } from './distance.ts';
import { inFloat64, type Law, wellConditioned } from './law.ts';
import { asTrained, rounded } from './parts.ts';
import { FLOAT32, illConditioned } from './rounding.ts';

/** Unrolling and differentiating may change places, too. */
export const unrolled: Law = {
  name: 'unrolled',
  says: 'unrolled over the steps it is the same',
  bound: 1e-12,
  hold({ forms: { program, forward, backward, wrt, rules }, drawn }, inputs) {
    const { steps } = drawn;
    const extents = extentsOf(drawn);
    const scanned = evaluate(backward, inputs, extents);
    const before = gaps(scanned, evaluate(unroll(backward, { steps }), inputs, extents));
    const differentiated = withGradients(program, unroll(forward, { steps }), wrt, rules);
    const after = gaps(scanned, evaluate(differentiated, inputs, extents));
    const found: Gaps = new Map([
      ...before,
      ...[...after].map(([name, gap]) => [`${name}, unrolled before it is differentiated`, gap] as const),
    ]);
    return inFloat64(found, unrolled.bound, backward, inputs, extents);
  },
};

/** Not to the last bit: sums over steps and sequences are added up in another order, some hundred terms of 1e-16 each. */
export const optimised: Law = {
  name: 'optimised',
  says: 'optimised it is the same',
  bound: 1e-12,
  hold({ forms, drawn }, inputs) {
    const extents = extentsOf(drawn);
    const plain = evaluate(forms.backward, inputs, extents);
    const found = gaps(plain, evaluate(forms.optimised, inputs, extents));
    return inFloat64(found, optimised.bound, forms.backward, inputs, extents);
  },
};

/** Of numbers that float32 can hold, and of weights as a training begins with them. */
export const wasm: Law = {
  name: 'wasm',
  says: 'compiled (WebAssembly, float32) it is the same',
  bound: 1e-4,
  inputsOf: ({ forms: { program, backward }, drawn }) =>
    rounded(asTrained(backward, drawInputs(program, backward, drawn))),
  async hold({ forms, drawn }, inputs) {
    const { backward } = forms;
    const extents = extentsOf(drawn);
    const compiled = await forms.compiled;
    const found = gaps(evaluate(backward, inputs, extents), compiled.execute(inputs, extents));
    return wellConditioned(found, wasm.bound, () =>
      illConditioned(backward, inputs, extents, FLOAT32, wasm.bound),
    );
  },
};
