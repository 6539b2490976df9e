import { isHodeiError, type ErrorCode } from '@hodei/domain';

/** For `promise.catch(...)`: an error of this code becomes `undefined`, any other is thrown on. */
export const unless =
  (code: ErrorCode) =>
  (error: unknown): undefined => {
    if (isHodeiError(error, code)) return undefined;
    throw error;
  };
