// What the documents say, held against the program: the programs that they show, what they say of names, the lines of
// TypeScript, and where their links lead.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { makeSource } from '../src/base/source.ts';
import { checkSource } from '../src/study/program-file.ts';
import { summarize } from '../src/study/summary.ts';
import { modelFiles } from './cli/rig.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'bench/RESULTS.md',
];

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The blocks of a document that are marked as some language. */
const blocks = (path: string, language: string): string[] =>
  [...read(path).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, marked, text]) =>
    marked === language ? [text] : [],
  );

const programs = documents.flatMap((path) => blocks(path, 'rnn').map((text) => [path, text] as const));

test('there are programs in the README and in the language', () => {
  const paths = programs.map(([path]) => path);
  expect(paths).toEqual(expect.arrayContaining(['README.md', 'docs/language.md', 'docs/training.md']));
});

test.each(programs)('%s: a program checks, without a word: %#', async (_, text) => {
  // A block of its own is an experiment with a model of models/.
  const whole = text.startsWith('train CharLM') ? `${modelOf('models/char-lm.rnn')}${text}` : text;
  const { diagnostics } = await checkSource(makeSource('program.rnn', whole), modelFiles());
  expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([]);
});

/** A file without its experiment, as it would stand in the folder above. */
function modelOf(path: string): string {
  const text = read(path);
  return text.slice(0, text.indexOf('\ntrain ')).replace('"./', '"models/');
}

describe('docs/language.md', () => {
  const language = read('docs/language.md');

  test('names of weights: each that the table says is there', async () => {
    const text = blocks('docs/language.md', 'rnn').find((block) => block.includes('model Names'))!;
    const { checked } = await checkSource(makeSource('names.rnn', text), modelFiles());
    const { parameters, states } = summarize(checked!.blocks[0], new Map());
    const there = [...parameters, ...states].map(({ name }) => name);
    const [table] = /^\| written \| weights \| rule \|\n.*?\n\n/ms.exec(language)!;
    const rows = table
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ')[1]);
    const said = rows.flatMap((cell) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name]) => name));
    expect(said.length).toBeGreaterThan(30);
    // A part of a name, and a noise, which is none.
    const known = [...there, 'W_h', 'logits.dropout'];
    expect(said.filter((name) => !known.includes(name))).toEqual([]);
    // Nothing is left out but further weights of a copy that one stands for.
    const own = there.filter((name) => !/\.(W|U|b)[rzc]$/.test(name) && !/bidirectional\.\w+\.h$/.test(name));
    expect(own.filter((name) => !said.includes(name) && name !== 'h')).toEqual([]);
  });

  test.each(['S[i, j] = x[i] * x[j]', 'y = sum over j: x[j]', 'y = all over time (x > 0)'])(
    'not supported yet: %s',
    async (equation) => {
      const text = `cell C(n) { input x: [n]  ${equation}  output x }`;
      const { diagnostics } = await checkSource(makeSource('c.rnn', text), modelFiles());
      expect(diagnostics.map(({ code }) => code)).toContain('RNN5015');
    },
  );

  test('what is written instead checks', async () => {
    const text = `cell C(n) {
      input x: [n]
      state y: [n]
      y = x
      soft = sigmoid(x)
      hard = if x > 0 then 1 else 0
      output prev y
      always = sum over time (if x > 0 then 0 else 1) == 0
      first = if always then 1 else 0
      output first
      s = soft + stop(hard - soft)
      output s
    }`;
    const { diagnostics } = await checkSource(makeSource('c.rnn', text), modelFiles());
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
  });
});

test('the lines of docs/running.md', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-docs-'));
  const home = process.cwd();
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    cpSync(join(root, 'models'), join(folder, 'models'), { recursive: true });
    const [lines] = blocks('docs/running.md', 'ts').filter((text) => text.includes("from 'rnn-lang'"));
    const file = join(folder, 'running.ts');
    writeFileSync(file, lines.replace("'rnn-lang'", JSON.stringify(join(root, 'src/index.ts'))));
    process.chdir(folder);
    await import(file);
    const said = log.mock.calls.map((words) =>
      words.map((word) => JSON.stringify(word).replaceAll(',', ', ')).join(' '),
    );
    expect(said).toHaveLength(2);
    for (const words of said) expect(lines).toContain(`// ${words}\n`);
  } finally {
    process.chdir(home);
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test.each(documents)('%s: every link leads to something', (path) => {
  const links = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  const lost = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file, anchor] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchors(read(target)).includes(anchor);
  });
  expect(lost).toEqual([]);
});

/** The anchors that headings have, as GitHub makes them. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
