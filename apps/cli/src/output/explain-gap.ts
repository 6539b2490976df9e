import type { OutputGap, OutputStream } from '@hodei/domain';

/** Says in one sentence what is missing of a stream, at the place where it is shown. */
export function explainGap(stream: OutputStream, { reason, lostBytes }: OutputGap): string {
  const some = `${lostBytes ?? 'an unknown number of'} bytes of ${stream}`;
  switch (reason) {
    case 'log_lost':
      return `${some} ${lostBytes === undefined ? 'may be' : 'are'} missing here: the engine's log does not have them any more`;
    case 'worker_lost':
      return `${some} may be missing here: the worker vanished before all was read`;
    case 'over_limit':
      return `${stream} is cut off here: the job has written more than is kept of it (${lostBytes ?? 0} bytes more)`;
    default:
      return reason satisfies never;
  }
}

/** Says at the end how much was dropped of a stream that was cut off before. */
export const explainCut = (stream: OutputStream, { lostBytes }: OutputGap): string =>
  `${stream} was cut off: ${lostBytes ?? 0} bytes were dropped in all`;
