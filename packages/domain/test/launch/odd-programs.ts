/** Names that a program may have, and that a shell or env(1) takes for something else. */
export const ODD_PROGRAMS = [
  'plain',
  'a=b',
  '-dash',
  '--',
  '-a=b',
  "it's",
  'two words',
  'new\nline',
  '$x',
  'ünï',
] as const;

/** A program that writes its arguments and exits with 9. */
export const ODD_PROGRAM = '#!/bin/sh\necho ran "$@"\nexit 9\n';
