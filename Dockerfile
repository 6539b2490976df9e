# The whole of Hodei Jobs as one program, "hodei"; by default it serves. How to run it: docs/guides/operating.md
# syntax: only what every builder knows, BuildKit or not.

# Any image with Node.js 24 or newer and npm on glibc, as the official ones are.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
# Where npm packages come from, if not from the public registry. It stays in this stage.
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
# What is installed depends on these alone: a change of the sources does not install anew.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/application/package.json packages/application/
COPY packages/client/package.json packages/client/
COPY packages/domain/package.json packages/domain/
COPY packages/infrastructure/package.json packages/infrastructure/
COPY packages/testkit/package.json packages/testkit/
COPY apps/server/package.json apps/server/
COPY apps/cli/package.json apps/cli/
RUN npm install --global "$(node -p 'require("./package.json").packageManager')" \
  && pnpm install --frozen-lockfile --filter '@hodei/cli...'
COPY tsconfig.base.json ./
COPY packages packages
COPY apps apps
# Without the optional ones: the embedded Postgres is for machines that have no other.
RUN pnpm --filter '@hodei/cli...' run build \
  && pnpm --filter @hodei/cli deploy --prod --no-optional /opt/hodei \
  && find /opt/hodei -name '*.map' -exec rm {} + \
  && chmod 755 /opt/hodei/dist/main.js
COPY deploy/docker/healthcheck.mjs /opt/hodei/

FROM ${BASE}
COPY --from=build /opt/hodei /opt/hodei
# By number, as Kubernetes wants to see that it is not root; it is "node" in the official image.
RUN ln -s /opt/hodei/dist/main.js /usr/local/bin/hodei \
  && mkdir -p /var/lib/hodei \
  && chown 1000:1000 /var/lib/hodei
USER 1000:1000
WORKDIR /var/lib/hodei
ENV NODE_ENV=production HODEI_DATA_DIR=/var/lib/hodei HODEI_LISTEN=0.0.0.0:7433
EXPOSE 7433
# Alive, not ready: whoever ends what is unhealthy must not do so because the database is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/opt/hodei/healthcheck.mjs", "/healthz"]
ENTRYPOINT ["hodei"]
CMD ["serve"]
