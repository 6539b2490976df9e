import type { JobState, WorkerState } from '@hodei/domain';

import type { Terminal } from './terminal.ts';

const STYLES: Readonly<Partial<Record<JobState | WorkerState, Parameters<Terminal['paint']>[0]>>> = {
  succeeded: 'green',
  failed: 'red',
  timed_out: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  busy: 'cyan',
};

/** The state in its colour, where there are colours. */
export function paintState(terminal: Terminal, state: JobState | WorkerState): string {
  const style = STYLES[state];
  return style === undefined ? state : terminal.paint(style, state);
}
