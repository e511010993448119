// The one layout of a program: what it looks like, and that nothing but blanks changes.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { formatSource } from '../../src/parser/format.ts';
import { growFile } from '../generate/file.ts';
import { printFile } from '../generate/tree.ts';
import { isProgram, respaced, treeOf, written } from './respaced.ts';

const root = new URL('../../', import.meta.url);

function formatted(text: string): string {
  const result = formatSource(makeSource('test.rnn', text));
  if (result.text === undefined) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.text;
}

const programsIn = (folder: string): readonly (readonly [path: string, text: string])[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.rnn'))
    .map((name) => [`${folder}${name}`, readFileSync(new URL(folder + name, root), 'utf8')]);

/** Laid out by hand, by the same rules. */
const laidOut = [
  'models/',
  'src/check/',
  'test/laws/programs/',
  'test/oracle/programs/',
  'test/check/examples/',
  'test/parser/programs/',
].flatMap(programsIn);
const bad = ['test/check/bad/', 'test/check/bad/imports/'].flatMap(programsIn);

/** What holds for every program and its layout. */
function expectLaws(text: string): string {
  const result = formatted(text);
  expect(formatted(result)).toBe(result);
  expect(treeOf(result)).toBe(treeOf(text));
  expect(written(result)).toEqual(written(text));
  const lines = result.split(/\r?\n/);
  expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  expect(result).not.toMatch(/^\r?\n|\n\r?\n\r?\n|\{\r?\n\r?\n|\n\r?\n\}|\n\r?\n$|[^\n]$/);
  return result;
}

describe('what stands there already', () => {
  test.each(laidOut)('%s is laid out', (_, text) => {
    expect(formatted(text)).toBe(text);
  });

  const documents = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)];
  const blocks = documents
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...readFileSync(new URL(path, root), 'utf8').matchAll(/^```(?:rnn)?\n(.*?)^```$/gms)].map(
        ([, text]) => [path, text] as const,
      ),
    );
  test.each(blocks.filter(([, text]) => isProgram(text)))('a program in %s is laid out: %#', (_, text) => {
    expect(formatted(text)).toBe(text);
  });
});

describe('rules', () => {
  test('blanks, items, empty lines', () => {
    const text = `

import   A,B from "./a.rnn"
fn f( a,b=1 )=-a^-2*( b )
fn g(a) = a [ 1 ]
cell C( n,m = 3 , d:real=0.5 ){

input x:[ n ,2*m ]   input c : once index( m )


state h:[m]=h0 state z : complex[ m ]=0 h=not(a==b)and c   output last( h ).c
# the end

}
cell Empty {
}
train C{ batch 3 lr - 1
data f("a",by : x) }
`;
    expect(expectLaws(text)).toMatchInlineSnapshot(`
      "import A, B from "./a.rnn"

      fn f(a, b = 1) = -a ^ -2 * (b)
      fn g(a) = a[1]

      cell C(n, m = 3, d: real = 0.5) {
        input x: [n, 2 * m]
        input c: once index(m)

        state h: [m] = h0
        state z: complex [m] = 0
        h = not (a == b) and c
        output last (h).c
        # the end
      }

      cell Empty {}

      train C {
        batch 3
        lr    -1
        data  f("a", by: x)
      }
      "
    `);
  });

  test('words in columns: lines that follow each other, loss with the metrics or else with generate', () => {
    const model = (items: string): string => expectLaws(`model M {\n${items}\n}\n`);
    expect(
      model('input x: [n]\n# aside\nparam W: [n]\ntarget y: [n]\n\nstate h: [n]'),
    ).toMatchInlineSnapshot(`
      "model M {
        input  x: [n]
        # aside
        param  W: [n]
        target y: [n]

        state h: [n]
      }
      "
    `);
    expect(model('loss a\nmetric b = a\ngenerate x ~ c(d)\noutput a')).toMatchInlineSnapshot(`
      "model M {
        loss   a
        metric b = a
        generate x ~ c(d)
        output a
      }
      "
    `);
    expect(model('loss a\ngenerate x ~ c(d)')).toMatchInlineSnapshot(`
      "model M {
        loss     a
        generate x ~ c(d)
      }
      "
    `);
  });

  test('comments behind lines keep the column that they share, or get the nearest one', () => {
    const cell = (items: string): string => expectLaws(`cell C {\n${items}\n}\n`);
    // They share one that is wide enough.
    expect(cell('  a = 1        # one\n  bb = 2       # two\n\n  c = 3 # three')).toMatchInlineSnapshot(`
      "cell C {
        a = 1        # one
        bb = 2       # two

        c = 3 # three
      }
      "
    `);
    // They do not, or it is not.
    expect(cell('  a = 1 # one\n  bb = 2 # two')).toMatchInlineSnapshot(`
      "cell C {
        a = 1   # one
        bb = 2  # two
      }
      "
    `);
    expect(cell('  a=1+1 # one\n  b    =2 # two')).toMatchInlineSnapshot(`
      "cell C {
        a = 1 + 1  # one
        b = 2      # two
      }
      "
    `);
    // Lines that are new have no column yet.
    expect(cell('a = 1 b = 2          # two')).toMatchInlineSnapshot(`
      "cell C {
        a = 1
        b = 2  # two
      }
      "
    `);
    // One that would be pushed off the page stays behind its own line.
    const long = `${'a + '.repeat(24)}a`;
    expect(cell(`  a = ${long} # one\n  b = 1  # a remark of a few words`)).toMatchInlineSnapshot(`
      "cell C {
        a = a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a  # one
        b = 1  # a remark of a few words
      }
      "
    `);
  });

  test('comments anywhere', () => {
    const text = `# top

## doc
cell C(n) # a
# b
{ # c
# d

data = f(x, # e
# f
by: # g
y # h
) # i
# j

# k
} # l
# m
cell D { # n
}

# o`;
    expect(expectLaws(text)).toMatchInlineSnapshot(`
      "# top

      ## doc
      cell C(n) # a
           # b
           {  # c
        # d

        data = f(x,  # e
                 # f
                 by:  # g
                 y    # h
               )      # i
        # j

        # k
      } # l

      # m
      cell D { # n
      }

      # o
      "
    `);
  });

  test('long lines end before weak operators and after commas, and go on below what they belong to', () => {
    const [a, b] = ['a', 'b'].map((letter) => letter.repeat(18));
    const equations = [
      `h = tanh(affine(${a}, prev ${b}, ${a} * ${b})) * (${a} + ${b}) + ${a} * f(${b}) - ${b}`,
      `h = f(${a}, ${b}, g(${a}, by: ${b} + ${a}), ${a}, ${b}, ${a}, ${b})`,
      `h = if ${a} < 1 and ${b} < 2 then ${a} else if ${a} < 3 then ${b} + ${a} else ${a} * ${b}`,
      `h = if ${a} < ${b} and ${b} < ${a} or ${a} == ${b} then ${a} * ${b} + ${b} * ${b} else 1`,
      `h = sum over i, j: ${a}[i] * ${b}[j] + ${b}[i] * ${a}[j] + ${a}[i] * ${a}[j]`,
      `${a}, ${b}, ${a}2, ${b}2, ${a}3, ${b}3: [m] = split(affine(x, prev ${a}), 6)`,
    ];
    expect(expectLaws(`cell C(n) {\n${equations.join('\n')}\n}\n`)).toMatchInlineSnapshot(`
      "cell C(n) {
        h = tanh(affine(aaaaaaaaaaaaaaaaaa, prev bbbbbbbbbbbbbbbbbb, aaaaaaaaaaaaaaaaaa * bbbbbbbbbbbbbbbbbb))
            * (aaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbb)
            + aaaaaaaaaaaaaaaaaa * f(bbbbbbbbbbbbbbbbbb) - bbbbbbbbbbbbbbbbbb
        h = f(aaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbb,
              g(aaaaaaaaaaaaaaaaaa, by: bbbbbbbbbbbbbbbbbb + aaaaaaaaaaaaaaaaaa), aaaaaaaaaaaaaaaaaa,
              bbbbbbbbbbbbbbbbbb, aaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbb)
        h = if aaaaaaaaaaaaaaaaaa < 1 and bbbbbbbbbbbbbbbbbb < 2 then aaaaaaaaaaaaaaaaaa
            else if aaaaaaaaaaaaaaaaaa < 3 then bbbbbbbbbbbbbbbbbb + aaaaaaaaaaaaaaaaaa
            else aaaaaaaaaaaaaaaaaa * bbbbbbbbbbbbbbbbbb
        h = if aaaaaaaaaaaaaaaaaa < bbbbbbbbbbbbbbbbbb and bbbbbbbbbbbbbbbbbb < aaaaaaaaaaaaaaaaaa
               or aaaaaaaaaaaaaaaaaa == bbbbbbbbbbbbbbbbbb
              then aaaaaaaaaaaaaaaaaa * bbbbbbbbbbbbbbbbbb + bbbbbbbbbbbbbbbbbb * bbbbbbbbbbbbbbbbbb
            else 1
        h = sum over i, j: aaaaaaaaaaaaaaaaaa[i] * bbbbbbbbbbbbbbbbbb[j]
                           + bbbbbbbbbbbbbbbbbb[i] * aaaaaaaaaaaaaaaaaa[j]
                           + aaaaaaaaaaaaaaaaaa[i] * aaaaaaaaaaaaaaaaaa[j]
        aaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbb, aaaaaaaaaaaaaaaaaa2, bbbbbbbbbbbbbbbbbb2, aaaaaaaaaaaaaaaaaa3,
        bbbbbbbbbbbbbbbbbb3: [m] = split(affine(x, prev aaaaaaaaaaaaaaaaaa), 6)
      }
      "
    `);
    const slope = `fn f(${a}) = if ${a} > 0 then 1 else 0 gradient 1 / (1 + ${a}) ^ 2`;
    expect(expectLaws(slope)).toMatchInlineSnapshot(`
      "fn f(aaaaaaaaaaaaaaaaaa) = if aaaaaaaaaaaaaaaaaa > 0 then 1 else 0
        gradient 1 / (1 + aaaaaaaaaaaaaaaaaa) ^ 2
      "
    `);
  });

  test('line ends are those of the first line', () => {
    expect(formatted('cell C {\r\n  output 1\n}')).toBe('cell C {\r\n  output 1\r\n}\r\n');
    expect(formatted('cell C {\routput 1 }')).toBe('cell C {\n  output 1\n}\n');
  });

  test('what cannot be read is not formatted', () => {
    const { text, diagnostics } = formatSource(makeSource('a.rnn', 'cell C {\n output (1\n}'));
    expect(text).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(['RNN1010']);
    // What it means does not matter.
    expect(formatted('cell C { output nothing }')).toBe('cell C {\n  output nothing\n}\n');
  });
});

describe('the same program, the same comments, and the same a second time', () => {
  test('programs of the repository, and those with mistakes that parse', () => {
    const parsed = bad.filter(([, text]) => isProgram(text));
    expect(parsed.length).toBeGreaterThan(140);
    for (const [, text] of [...laidOut, ...parsed]) expectLaws(text);
  });

  test('these with other blanks, and with comments between any two tokens', () => {
    let seen = 0;
    const texts = [...laidOut, ...bad].map(([, text]) => text).filter(isProgram);
    for (const [k, text] of texts.entries()) {
      for (const remarked of [0, 3]) {
        const other = respaced(text, k, remarked);
        if (!isProgram(other)) continue;
        seen++;
        expectLaws(other);
      }
    }
    expect(seen / texts.length).toBeGreaterThan(1.95);
  });

  test('long and deep ones', () => {
    const sum = Array.from({ length: 4000 }, (_, k) => `a${k}`).join('+');
    const lines = Array.from({ length: 4000 }, (_, k) => `  a${k} = 1 # ${k}`).join('\n');
    const entries = Array.from({ length: 4000 }, (_, k) => `e${k} 1`).join('\n');
    const cases = `${'if a then b else '.repeat(2000)}c`;
    const deep = `${'f(a+'.repeat(190)}a${')'.repeat(190)}`;
    const text = `cell C {\nb=${sum}\nc=${cases}\nd=${deep}\n${lines}\n}\ntrain C {\n${entries}\n}`;
    const result = formatted(text);
    expect(formatted(result)).toBe(result);
  });

  test('generated programs, squeezed and stretched', () => {
    let seen = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const text = printFile(growFile(seed));
      expectLaws(text);
      const other = respaced(text, seed, seed % 5);
      if (!isProgram(other)) continue;
      seen++;
      expectLaws(other);
    }
    expect(seen).toBe(40);
  });
});
