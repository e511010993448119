// The project with every mutant of some of its files in it, as one file that is imported: no mutant costs a build.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { type Mutant, mutate } from './points.ts';

/** Which files faults are planted in, by area. What only prints and verifies gives no answers. */
export const AREAS: Readonly<Record<string, (file: string) => boolean>> = {
  passes: (file) => file.startsWith('src/passes/'),
  loops: (file) => /^src\/loops\/(?!verify)/.test(file),
  wasm: (file) => file.startsWith('src/codegen/wasm/') || file === 'src/runtime/executable.ts',
  autodiff: (file) =>
    /^src\/autodiff\/(batch|vectorize|unroll|vjp-scan|sweep|activity|careful|vjp)\.ts$/.test(file),
};

const INSTRUCTIONS = 'src/codegen/wasm/code.ts';

export interface Bundle {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/** Bundles the judge (`entry`, from the root) with the mutants of all files of the areas. */
export async function bundleMutants(root: string, entry: string, areas: readonly string[]): Promise<Bundle> {
  const files = sources(root).filter((file) => areas.some((area) => AREAS[area](file)));
  const names = readFileSync(join(root, INSTRUCTIONS), 'utf8').matchAll(
    /'([if]\d+(?:x\d+)?\.\w+|v128\.\w+)': \[/g,
  );
  const instructions = new Set([...names].map(([, name]) => name));
  const mutants: Mutant[] = [];
  const texts = new Map<string, string>();
  // In the order of their names, whichever way the bundler takes them.
  for (const file of files) {
    const settings = {
      file,
      first: mutants.length,
      from: join(root, 'test/mutants/switch.ts'),
      instructions,
    };
    const mutated = mutate(readFileSync(join(root, file), 'utf8'), settings);
    mutants.push(...mutated.mutants);
    texts.set(file, mutated.text);
  }
  const build = await rolldown({
    input: join(root, entry),
    platform: 'node',
    treeshake: true,
    plugins: [
      {
        name: 'mutants',
        transform(text, id) {
          const file = relative(root, id);
          const mutated = texts.get(file) ?? text;
          // Tests read files of the repository beside themselves.
          return mutated.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
        },
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return { text: output[0].code, mutants };
}

function sources(root: string): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .sort();
}
