// Which words are keywords, and where an item ends: line ends mean nothing.
import { describe, expect, test } from 'vitest';
import { parseGood, parseItems, write } from './parsed.ts';

/** The items of a body, shortly: kind, names, and the expression. */
function outline(body: string): readonly string[] {
  return parseItems(body).map((item): string => {
    switch (item.kind) {
      case 'equation':
        return `${item.targets.map((target) => target.name.text).join(', ')} = ${write(item.value)}`;
      case 'param':
        return `${item.frozen ? 'frozen ' : ''}param ${item.names.map((name) => name.text).join(', ')}`;
      case 'input':
      case 'target':
      case 'state':
        return `${item.kind} ${item.names.map((name) => name.text).join(', ')}`;
      case 'metric':
        return `metric ${item.name.text} = ${write(item.value)}`;
      case 'generate':
        return `generate ${item.name.text} ~ ${write(item.distribution)}`;
      case 'output':
      case 'loss':
        return `${item.kind} ${write(item.value)}`;
      case 'function':
        return `fn ${item.name.text} = ${write(item.body)}`;
      case 'broken':
        return 'broken';
      default:
        return item satisfies never;
    }
  });
}

describe('where an item ends', () => {
  test.each<[string, readonly string[]]>([
    ['input x: [n] state h: [m] h = tanh(x) output h', ['input x', 'state h', 'h = tanh(x)', 'output h']],
    ['a = x\n(b)\nc = d', ['a = x(b)', 'c = d']],
    ['a = x\n- y output\n(a + b) * 2', ['a = (x - y)', 'output ((a + b) * 2)']],
    [
      'loss (answer - total) ^ 2 metric solved = abs(a) < 0.04',
      ['loss ((answer - total) ^ 2)', 'metric solved = (abs(a) < 0.04)'],
    ],
    [
      'fn f(a) = a * 2 fn g(b = 1) = b\ngradient f(b) h = g(x) output h',
      ['fn f = (a * 2)', 'fn g = b', 'h = g(x)', 'output h'],
    ],
    ['h = x\nfn f(a) =\n  a\nfn = 3 y = fn', ['h = x', 'fn f = a', 'fn = 3', 'y = fn']],
    ['output -h output concat(a, b)', ['output (- h)', 'output concat(a, b)']],
    ['h = x output\nh', ['h = x', 'output h']],
    [
      'a = b frozen param W, U: [m] ~ zeros frozen\nparam V: [m] y = frozen',
      ['a = b', 'frozen param W, U', 'frozen param V', 'y = frozen'],
    ],
    ['generate x ~ categorical(logits) loss l', ['generate x ~ categorical(logits)', 'loss l']],
    ['param W: [m, n] ~ orthogonal param b: [m]\nz = b', ['param W', 'param b', 'z = b']],
    ['a = b i, f = split(z, 2) S[i] = v[i]', ['a = b', 'i, f = split(z, 2)', 'S = v[i]']],
    ['y = if c then a else b z = y', ['y = (if c then a else b)', 'z = y']],
    [
      'y = last h z = max over time h w = each step c',
      ['y = (last h)', 'z = (max over time h)', 'w = (each step c)'],
    ],
  ])('%s', (body, items) => {
    expect(outline(body)).toEqual(items);
  });
});

describe('words that are keywords elsewhere are names', () => {
  test.each<[string, readonly string[]]>([
    [
      'frozen = x y = frozen + param\nparam = frozen',
      ['frozen = x', 'y = (frozen + param)', 'param = frozen'],
    ],
    [
      'input = x loss = input state, output = split(loss, 2)',
      ['input = x', 'loss = input', 'state, output = split(loss, 2)'],
    ],
    ['state: [m] = x', ['state = x']],
    ['output[i] = x[i]', ['output = x[i]']],
    ['complex[i] = complex[i] + complex', ['complex = (complex[i] + complex)']],
    ['z: complex [m] = complex(a, complex)\ncomplex = z', ['z = complex(a, complex)', 'complex = z']],
    ['state complex: complex [m] = complex state z: complex', ['state complex', 'state z']],
    ['y = last\nz = 1', ['y = last', 'z = 1']],
    ['y = first\nz = first y', ['y = first', 'z = (first y)']],
    ['y = last\nz: [m] = 1', ['y = last', 'z = 1']],
    ['y = last\noutput y', ['y = last', 'output y']],
    ['y = last output y', ['y = last', 'output y']],
    ['y = last\nstate c: [m]', ['y = last', 'state c']],
    ['y = sum + over * time - last', ['y = (sum + (over * time) - last)']],
    ['over = sum\ntime = over', ['over = sum', 'time = over']],
    ['y = each\nstep = 1', ['y = each', 'step = 1']],
    ['y = each + step', ['y = (each + step)']],
    ['y = sum over time: x[time]', ['y = (sum over time: x[time])']],
    ['y = sum over time h', ['y = (sum over time h)']],
    ['y = sum(last, time)', ['y = sum(last, time)']],
    ['y = cell.model + train.last', ['y = (cell.model + train.last)']],
    ['state last: [m] input over, time: [n]', ['state last', 'input over, time']],
    ['once = index(3) index = once', ['once = index(3)', 'index = once']],
    ['y = f(once: index(2))', ['y = f(once: index(2))']],
    ['gradient = 1 from = gradient', ['gradient = 1', 'from = gradient']],
    ['input input: [n] output output', ['input input', 'output output']],
  ])('%s', (body, items) => {
    expect(outline(body)).toEqual(items);
  });
});

test('a function ends where the next declaration begins', () => {
  const file = parseGood(
    'fn a(x) = x fn b(x) = x\ngradient 1 / x fn gradient(cell) = cell cell C { output 1 }',
  );
  const shown = file.declarations.map((declaration) =>
    declaration.kind === 'function'
      ? `${declaration.name.text}: ${write(declaration.body)} ${declaration.gradient ? write(declaration.gradient) : '-'}`
      : declaration.kind,
  );
  expect(shown).toEqual(['a: x -', 'b: x (1 / x)', 'gradient: cell -', 'cell']);
});

test('imports, parameters, entries', () => {
  const file = parseGood(`
    import from, LSTM from "./l.rnn"
    model M(v, m = 2 * 128, decay: real = 0.9) { output 1 }
    train M { data text("f", by: char) window 64 optimizer adam(lr: 0.001) clip 1.0 seed -1 }`);
  const [imported, model, train] = file.declarations;
  expect(imported.kind === 'import' && [imported.path, ...imported.names.map((name) => name.text)]).toEqual([
    './l.rnn',
    'from',
    'LSTM',
  ]);
  expect(
    model.kind === 'model' &&
      model.parameters.map((p) => [p.name.text, p.type?.value.kind, p.defaultValue && write(p.defaultValue)]),
  ).toEqual([
    ['v', undefined, undefined],
    ['m', undefined, '(2 * 128)'],
    ['decay', 'named', '0.9'],
  ]);
  expect(
    train.kind === 'train' &&
      train.entries.map((entry) =>
        entry.kind === 'entry' ? `${entry.name.text} ${write(entry.value)}` : 'broken',
      ),
  ).toEqual(['data text("f", by: char)', 'window 64', 'optimizer adam(lr: 0.001)', 'clip 1', 'seed (- 1)']);
});

test('a type may begin a line: once is no name with places there', () => {
  const file = parseGood(
    'cell C(n) {\n  input x: [n]\n  y:\n  once [n] = last x\n  once = y\n  output once\n}',
  );
  const [cell] = file.declarations;
  expect(cell.kind === 'cell' && cell.items.map((item) => item.kind)).toEqual([
    'input',
    'equation',
    'equation',
    'output',
  ]);
});
