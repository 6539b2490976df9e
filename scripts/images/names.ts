/** Every image that the demo and the tests use. Tests get them by `inject('images')`. */
export const images = {
  /** The default image of the demo and of `./hodei run`. */
  busybox: 'busybox:latest',
  /** Has /bin/echo, /bin/true and /bin/sleep, and no shell. */
  noShell: 'hodei-test-noshell:1',
  /** ENTRYPOINT ["/bin/echo"], CMD ["from","cmd"], ENV GREETING=hello, WORKDIR /tmp, USER 1000:1000. */
  entrypoint: 'hodei-test-entrypoint:1',
  /** Node.js 24 and npm, what the image of the service is built on. The first of them that is present serves. */
  node: { official: 'node:24-bookworm-slim', local: 'hodei-test-node:24' },
  /** What the Dockerfile makes, built by the test of it. */
  service: 'hodei-test-service:latest',
  /** The first of them that is present serves. */
  postgres: { official: 'postgres:18-alpine', local: 'hodei-test-postgres:18' },
} as const;
