# The whole of Hodei Jobs as one program, "hodei"; by default it serves. How to run it: docs/guides/operating.md
# Only what every builder knows, BuildKit or not.

# Any image with Node.js 24 or newer and npm on glibc, as the official ones are.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
# Where npm packages come from, if not from the public registry. It stays in this stage.
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
COPY . .
# All in one step, of which only the result stays: writing down what was installed takes longer than installing it again.
# The lockfile was verified against the registry where it was made and in CI; the hashes in it are checked here as well.
# Without optional packages in the result: the embedded Postgres is for machines that have no other.
RUN export HOME=/build/home PNPM_CONFIG_TRUST_LOCKFILE=true \
  && npm install --no-audit --no-fund --prefix /build/tools "$(node -p 'require("./package.json").packageManager')" \
  && export PATH="/build/tools/node_modules/.bin:$PATH" \
  && pnpm install --frozen-lockfile --filter '@hodei/cli...' \
  && pnpm --filter '@hodei/cli...' run build \
  && pnpm --filter @hodei/cli deploy --prod --no-optional /opt/hodei \
  && find /opt/hodei -name '*.map' -exec rm {} + \
  && chmod 755 /opt/hodei/dist/main.js \
  && mv deploy/docker/healthcheck.mjs /opt/hodei/ \
  && cd / && rm -rf /build

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
