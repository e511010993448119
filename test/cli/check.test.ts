// `rnn check`: messages to standard error, JSON to standard output, the exit code.
import { describe, expect, test } from 'vitest';
import { modelFiles, rnn } from './rig.ts';

const bad = 'cell C(n) {\n  input x: [n]\n  h = tanh(y)\n  output h\n}\n';

test('programs without a mistake: silence in a pipe, a word on a terminal', async () => {
  const files = ['models/rnn.rnn', 'models/lstm.rnn', 'models/char-lm.rnn'];
  expect(await rnn(['check', ...files])).toMatchObject({ code: 0, out: '', err: '' });
  const { err } = await rnn(['check', ...files], { terminal: true });
  expect(err).toBe('3 files checked: \u001b[32mall is well\u001b[0m\n');
});

test('a mistake is shown with its place, and ends with 1', async () => {
  const { code, out, err } = await rnn(['check', 'bad.rnn', 'models/rnn.rnn'], {
    files: modelFiles({ 'bad.rnn': bad }),
  });
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatchInlineSnapshot(`
    "error[RNN2001]: there is no y here
      --> bad.rnn:3:12
       |
     3 |   h = tanh(y)
       |            ^
       |
       = help: define it by an equation, y = ..., or declare it as an input, a state or a param

    2 files checked: 1 error, 0 warnings
    rnn explain RNN2001 tells more
    "
  `);
});

test('--json: exactly these fields', async () => {
  const { code, out, err } = await rnn(['check', '--json', 'bad.rnn'], {
    files: modelFiles({ 'bad.rnn': bad }),
  });
  expect([code, err]).toEqual([1, '']);
  const [first, ...rest] = JSON.parse(out);
  expect(rest).toEqual([]);
  expect(first).toMatchObject({
    severity: 'error',
    file: 'bad.rnn',
    line: 3,
    column: 12,
    endLine: 3,
    endColumn: 13,
  });
  expect(first.code).toMatch(/^RNN\d{4}$/);
  const known = [
    'code',
    'severity',
    'message',
    'file',
    'line',
    'column',
    'endLine',
    'endColumn',
    'notes',
    'help',
  ];
  expect(known).toEqual(expect.arrayContaining(Object.keys(first)));
  expect((await rnn(['check', '--json', 'models/rnn.rnn'])).out).toBe('[]\n');
});

test('a mistake in a file that two others import is told once', async () => {
  const user = 'import C from "./bad.rnn"\ncell D(n) {\n  input x: [n]\n  output C()(x)\n}\n';
  const files = modelFiles({ 'bad.rnn': bad, 'one.rnn': user, 'two.rnn': user });
  const { out } = await rnn(['check', '--json', 'one.rnn', 'two.rnn', 'bad.rnn'], { files });
  const inBad = JSON.parse(out).filter((one: { file: string }) => one.file === 'bad.rnn');
  expect(inBad).toHaveLength(1);
});

describe('files that are no programs', () => {
  const says: readonly [name: string, content: string | undefined, message: string][] = [
    ['none.rnn', undefined, 'cannot read none.rnn: there is no such file'],
    ['empty.rnn', '', 'declares nothing'],
    ['weights.rnn', '\u0000\u0001', 'is not a text file'],
    ['huge.rnn', '#'.repeat(5_000_000), 'cannot read huge.rnn: it has 5 MB'],
    ['deep.rnn', `cell C(n) { output ${'('.repeat(1000)}1${')'.repeat(1000)} }`, 'nested'],
  ];
  test.each(says)('%s', async (name, content, message) => {
    const files = modelFiles(content === undefined ? {} : { [name]: content });
    const { code, err } = await rnn(['check', name], { files });
    expect(code).toBe(1);
    expect(err).toContain(message);
    const json = await rnn(['check', '--json', name], { files });
    expect(JSON.parse(json.out)[0].file).toBe(name);
  });

  test('bytes that are not UTF-8', async () => {
    const files = modelFiles();
    files.contents.set('latin.rnn', Uint8Array.of(0x63, 0xe9, 0x6c));
    const { code, err } = await rnn(['check', 'latin.rnn'], { files });
    expect(code).toBe(1);
    expect(err).toContain('latin.rnn:1:2');
    expect(err).toContain('not UTF-8');
  });

  test('one that cannot be read does not stop the others', async () => {
    const { code, err } = await rnn(['check', 'none.rnn', 'bad.rnn'], {
      files: modelFiles({ 'bad.rnn': bad }),
    });
    expect(code).toBe(1);
    expect(err).toContain('none.rnn');
    expect(err).toContain('bad.rnn:3:12');
    expect(err).toContain('2 files checked: 2 errors, 0 warnings');
  });
});

test('the entries of an experiment are looked at, those that the command line may give left out', async () => {
  const model =
    'model M(v) {\n  input x: index(v)\n  target y: index(v)\n  loss cross_entropy(Dense(v)(Embedding(4)(x)), y)\n}\n';
  const check = (entries: string) =>
    rnn(['check', 'm.rnn'], {
      files: modelFiles({ 'm.rnn': `${model}\ntrain M {\n  data text("a.txt")\n  ${entries}\n}\n` }),
    });
  expect(await check('window 8')).toMatchObject({ code: 0, err: '' });
  const { code, err } = await check('windw 8');
  expect(code).toBe(1);
  expect(err).toContain('m.rnn:9:3');
  expect(err).toContain('did you mean window?');
});
