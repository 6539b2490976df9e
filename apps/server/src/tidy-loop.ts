import { tidyProviders, type JobContext } from '@hodei/application';

import { runLoop } from './run-loop.ts';

/** Takes away, in the background, what has outlived its use on the engines. */
export const tidyLoop = (context: JobContext): AsyncDisposable =>
  runLoop('tidying', context.diagnostics, (over) => tidyProviders(context, over));
