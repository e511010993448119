// The build: the modules of the prelude and of the explanations, the two bundles, and the type declarations.
//
//   dist/rnn.js      the command in one file with all it needs inside, so that it starts at once
//   dist/index.js    the library; its dependencies stay imports, and the user's package manager brings them
//   dist/types/      declarations of the library
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { makeExplanations } from './make-explanations.mjs';
import { makePrelude } from './make-prelude.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles one entry into one file. A warning of the bundler is an error: nobody would read it.
 * @param {string} entry path of the entry, from the root
 * @param {string} file the result
 * @param {{ external?: readonly string[], banner?: string }} settings packages left as imports; a first line
 */
async function bundle(entry, file, { external = [], banner = '' }) {
  const build = await rolldown({
    input: join(root, entry),
    platform: 'node',
    external: [...external],
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(`${entry}: ${log.message}`);
      report(level, log);
    },
  });
  await build.write({ file, format: 'esm', codeSplitting: false, banner });
  await build.close();
}

/**
 * Makes both bundles.
 * @param {string} folder where they go
 */
export async function bundleAll(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await bundle('src/index.ts', join(folder, 'index.js'), { external: Object.keys(dependencies) });
  await bundle('src/cli/main.ts', join(folder, 'rnn.js'), { banner: '#!/usr/bin/env node' });
  chmodSync(join(folder, 'rnn.js'), 0o755);
}

/** Writes the declarations of the library to dist/types. False where the types are wrong, which tsc has told. */
function emitDeclarations() {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const words = [join(typescript, 'bin/tsc'), '-p', join(root, 'tsconfig.build.json')];
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makePrelude();
  makeExplanations();
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await bundleAll(join(root, 'dist'));
  if (!emitDeclarations()) process.exitCode = 1;
}
