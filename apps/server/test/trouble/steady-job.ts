/** Writes a line every tenth of a second for four seconds, and ends with 3. */
export const STEADY = 'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.1; done; exit 3';
export const STEADY_OUTPUT = Array.from({ length: 40 }, (_, i) => `line ${i + 1}\n`).join('');
