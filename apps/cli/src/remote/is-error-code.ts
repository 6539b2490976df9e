import { ERROR_CODES, type ErrorCode } from '@hodei/domain';

/** Whether this version knows the code that a server told. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);
