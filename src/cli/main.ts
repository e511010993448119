// The entry of the command `rnn`.
import { dispatch } from './dispatch.ts';
import { nodePlatform } from './node-platform.ts';

// Set, not called: what is still on its way to a pipe is written before the process ends.
process.exitCode = await dispatch(process.argv.slice(2), nodePlatform(), Boolean(process.env.RNN_DEBUG));
