import type { Socket } from 'node:net';

import { plain, PROBLEM_TYPE, toProblem } from './problem.ts';

/** Answers what Node could not even read as a request, and hangs up. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const known = toProblem(error);
  const problem = known.status < 500 ? known : plain(400, 'invalid_input', 'this is no HTTP request');
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
