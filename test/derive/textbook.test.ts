// The derivations that stand in textbooks, line by line as they stand there; and that the check of a derivation sees
// every line of them.
import { describe, expect, test } from 'vitest';
import { checkFile } from '../check/programs.ts';
import { derived, equationsOf } from './deriving.ts';

test('the LSTM (Greff et al. 2017, appendix A; with the pre-activations as z)', () => {
  const found = equationsOf(derived(checkFile('models/lstm.rnn')).text);
  const textbook = {
    z_i: 'i.W_x @ x + i.W_h @ h[t-1] + i.b',
    i: 'sigmoid(z_i)',
    c: 'f * c[t-1] + i * g',
    h: 'o * tanh(c)',
    d_h: 'e_h + i.W_h^T @ d_z_i[t+1] + f.W_h^T @ d_z_f[t+1] + o.W_h^T @ d_z_o[t+1] + g.W_h^T @ d_z_g[t+1]',
    d_c: 'd_h * o * (1 - tanh(c)^2) + d_c[t+1] * f[t+1]',
    d_o: 'd_h * tanh(c)',
    d_f: 'd_c * c[t-1]',
    d_i: 'd_c * g',
    d_g: 'd_c * i',
    d_z_o: 'd_o * o * (1 - o)',
    d_z_f: 'd_f * f * (1 - f)',
    d_z_i: 'd_i * i * (1 - i)',
    d_z_g: 'd_g * (1 - g^2)',
    d_x: 'i.W_x^T @ d_z_i + f.W_x^T @ d_z_f + o.W_x^T @ d_z_o + g.W_x^T @ d_z_g',
    'd_i.W_x': 'sum over t: d_z_i @ x^T',
    'd_i.W_h': 'sum over t: d_z_i @ h[t-1]^T',
    'd_i.b': 'sum over t: d_z_i',
  };
  expect(Object.fromEntries(found)).toMatchObject(textbook);
});

test('the GRU', () => {
  const found = equationsOf(derived(checkFile('models/gru.rnn')).text);
  expect(Object.fromEntries(found)).toMatchObject({
    d_candidate: 'd_h * (1 - z)',
    d_z: 'd_h * (h[t-1] - candidate)',
    d_a_z: 'd_z * z * (1 - z)',
    d_Uc: 'sum over t: d_a_candidate @ s_candidate^T',
    s_candidate: 'r * h[t-1]',
  });
});

test('cross entropy of a softmax', () => {
  const found = equationsOf(derived(checkFile('test/laws/programs/two-ways.rnn')).text);
  expect(found.get('d_logits')).toBe('softmax(logits) - one_hot(tag, k)');
});

test('a linear state: its gradient is carried by the same factor', () => {
  const found = equationsOf(derived(checkFile('models/mingru.rnn')).text);
  expect(found.get('d_h')).toBe('e_h + d_h[t+1] * (1 - z[t+1])');
});

describe('an equation that is wrong is seen', () => {
  test.each(['models/lstm.rnn', 'models/gru.rnn', 'test/laws/programs/fast-weights.rnn'])('of %s', (path) => {
    const { check, equations, text } = derived(checkFile(path));
    const results = [...equations.gradients.values()];
    const lines = text.split('\n');
    let seen = 0;
    for (const [k, line] of lines.entries()) {
      const [, name] = /^ {4}(\S+) += /.exec(line) ?? [];
      if (name === undefined || /zeros|= 0$/.test(line)) continue;
      // Some are told though nothing needs them: an output's value, the gradient by what only goes out.
      const isNeeded = lines.some((other, i) => i !== k && mentions(other, name.replace('[-1]', '')));
      if (!isNeeded && !results.includes(name)) continue;
      const wrong = line.replace(
        / = (sum over t: )?(-?)/,
        (_, sum = '', minus) => ` = ${sum}${minus}1.01 * `,
      );
      const found = check(lines.with(k, wrong).join('\n'));
      expect(found?.error, line).toBeGreaterThan(1e-5);
      seen++;
    }
    expect(seen).toBeGreaterThan(25);
  });
});

/** Whether a name stands in a formula of a line. */
function mentions(line: string, name: string): boolean {
  const formula = line.slice(line.indexOf(' = ') + 1);
  return formula.split(/[^\w.]+/).includes(name);
}
