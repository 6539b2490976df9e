/**
 * Why a wait is given up that nobody needs any more. One value for all of them: an abort without a reason makes an
 * exception with its stack each time, which were a tenth of a millisecond of CPU a job.
 */
export const OVER: unique symbol = Symbol('over');
