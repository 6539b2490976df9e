/** What an engine answered to a request that it refused. */
export interface EngineAnswer {
  readonly status: number;
  /** The engine's own words. */
  readonly words: string;
}

/** Reads the error that dockerode makes of an answer; nothing where there was no answer. */
export function readEngineAnswer(error: unknown): EngineAnswer | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  return { status: error.statusCode, words: fromJson(error) ?? (fromMessage(error.message) || reasonOf(error)) };
}

/** What dockerode says about the status itself: all there is with a 304, which has no body. */
const reasonOf = (error: Error): string => ('reason' in error && typeof error.reason === 'string' ? error.reason : '');

function fromJson(error: Error): string | undefined {
  const json: unknown = 'json' in error ? error.json : undefined;
  if (typeof json !== 'object' || json === null || !('message' in json)) return undefined;
  return typeof json.message === 'string' ? json.message.trim() : undefined;
}

/** docker-modem writes `(HTTP code 404) no such image - words `, and has no `json` for a stream. */
const fromMessage = (message: string): string => message.replace(/^\(HTTP code \d+\) .*? -\s*/s, '').trim();
