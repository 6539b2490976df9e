import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { EngineError } from '../engine/engine-request.ts';

/**
 * Reads the JSON lines of a pull or an import to their end. The engine has answered 200 long before it fails,
 * so that an error stands in the stream.
 */
export const readProgress = async (response: IncomingMessage): Promise<void> => {
  const status = response.statusCode ?? 500;
  for await (const line of createInterface({ input: response })) {
    const { error, message } = JSON.parse(line) as { error?: string; message?: string };
    if (error !== undefined || status >= 400) {
      throw new EngineError(status, error ?? message ?? line);
    }
  }
};
