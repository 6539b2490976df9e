import { isUtf8 } from 'node:buffer';

import { errorCodes, type FastifyRequest } from 'fastify';

import type { App } from './app.ts';
import { plain, PROBLEM_TYPE } from './problem.ts';

/**
 * Has bodies read as JSON in UTF-8 and as nothing else. A form or a plain text can be sent by a page of another site
 * without asking first; bytes of another encoding would be altered without a word.
 */
export function readJsonBodies(app: App): void {
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    if (!isPlain(request.headers)) return done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE());
    if (!isUtf8(body)) return done(new SyntaxError('the body is no UTF-8'));
    return parse(request, body.toString(), done);
  });
  app.server.on('checkExpectation', (_, response) => {
    const problem = plain(417, 'unsupported', 'of the header Expect, only 100-continue is understood');
    response.writeHead(problem.status, { 'content-type': PROBLEM_TYPE, connection: 'close' });
    response.end(JSON.stringify(problem));
  });
}

/** Neither compressed nor in another encoding; whatever else than pieces it was sent in (RFC 9112, 7) was not undone. */
function isPlain(headers: FastifyRequest['headers']): boolean {
  if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') return false;
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '') ?? [];
  const encoding = headers['content-encoding'] ?? 'identity';
  return ['utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase()) && encoding.toLowerCase() === 'identity';
}
