import { asOrder, MARKER_START, orderParts, type LaunchOrder } from './launch-order.ts';
import { NEWLINE_VARIABLE } from './shell-quoting.ts';

/**
 * In which condition a job leaves its reusable worker. Only a clean one waits for its next order; in any other
 * the launcher ends, with the job's exit code.
 *
 * - `unclean`: not all that the job left behind could be ended, or nobody can tell
 * - `out-of-memory`: the kernel killed something in it for its memory
 * - `stopped`: it was itself asked to end
 */
export type WorkerCondition = 'clean' | 'unclean' | 'out-of-memory' | 'stopped';

/** What a reusable worker says of a job that has ended. */
export interface JobEnd {
  /** 128 and the signal's number where a signal ended it. */
  readonly exitCode: number;
  readonly condition: WorkerCondition;
}

/** The end of an end marker, behind which is a newline that does not count. */
export const MARKER_END = '\u001e';

const END = /^ended:(\d{1,3}):(clean|unclean|out-of-memory|stopped)$/;

/** Reads what stands in an end marker behind its nonce; `undefined` where it is none. */
export function parseJobEnd(text: string): JobEnd | undefined {
  const match = END.exec(text);
  return match === null ? undefined : { exitCode: Number(match[1]), condition: match[2] as WorkerCondition };
}

/** What a reusable worker reads: the nonce, a space, and what {@link LaunchOrder} becomes; and `GO_LINE`. */
export function encodeReusableOrder(order: LaunchOrder): string {
  const { look, parts } = orderParts(order, { bothStreams: true });
  return asOrder(`${order.nonce} ${[look, ...parts].join('; ')}`);
}

/** For these the launcher lets its job decide: a job may well signal the whole group that it is in. */
const SIGNALS = 'HUP INT QUIT USR1 USR2 ALRM TERM';

/**
 * What a reusable worker runs first, as `/bin/sh -c`: reads one order after another and runs each as a child, whose
 * directory and variables end with it and whose stdin is empty. Then it kills whatever else is in its process
 * namespace (all processes but the first one and itself: a process group would miss what has left it), looks
 * that nothing is there any more, and says on both streams, behind all of the job's output, how the job ended.
 *
 * It never kills where others were there before its first order: then it does not have the namespace to itself.
 * Each job gets a description of the output pipes of its own, where the kernel allows: a program that makes
 * them non-blocking, as Node does, must not do so for those after it. The launcher's own stderr is closed, as
 * shells tell there of children that were killed.
 */
export const REUSABLE_LAUNCHER_SCRIPT = `${NEWLINE_VARIABLE}='
'; exec 3>&2 2>/dev/null
_hodei_alone() { for _hodei_p in /proc/[0-9]*; do case \${_hodei_p#/proc/} in 1|$$) ;; *) return 1;; esac; done; }
_hodei_count() { _hodei_kills=
for _hodei_f in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
[ -r $_hodei_f ] && while read -r _hodei_k _hodei_v; do [ "$_hodei_k" = oom_kill ] && _hodei_kills=$_hodei_v
done <$_hodei_f; done; }
_hodei_own=; _hodei_alone && _hodei_own=1
_hodei_o='>&1'; _hodei_e='2>&3'
(: >/proc/self/fd/1) && _hodei_o='>/proc/self/fd/1'
(: >/proc/self/fd/3) && _hodei_e='2>/proc/self/fd/3'
_hodei_run='( eval "$_hodei_order" ) </dev/null '"$_hodei_o $_hodei_e 3>&-"
_hodei_count; _hodei_before=$_hodei_kills; _hodei_stop=
while IFS=' ' read -r _hodei_nonce _hodei_order && IFS= read -r _hodei_go; do
[ "$_hodei_go" = go ] || continue
trap '_hodei_stop=1' ${SIGNALS}
eval "$_hodei_run"
_hodei_code=$? _hodei_order= _hodei_is=clean _hodei_i=0
until _hodei_alone; do _hodei_i=$((_hodei_i + 1))
[ -n "$_hodei_own" ] && [ $_hodei_i -le 250 ] || { _hodei_is=unclean; break; }
kill -KILL -1; [ $_hodei_i -lt 200 ] || sleep 0.1 || sleep 1; done
_hodei_count; [ "$_hodei_kills" = "$_hodei_before" ] || _hodei_is=out-of-memory
[ -z "$_hodei_stop" ] || _hodei_is=stopped
_hodei_m="${MARKER_START}$_hodei_nonce:ended:$_hodei_code:$_hodei_is${MARKER_END}"
echo "$_hodei_m" >&3; echo "$_hodei_m"
[ $_hodei_is = clean ] || exit $_hodei_code
trap - ${SIGNALS}
done; exit 125`;
