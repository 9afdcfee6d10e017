# Two images from one build: docker build --target whoosh-coordinator . and docker build --target chorus-agent .
# Each holds Node and one bundle: no node_modules, no sources, no package manager's leftovers.

FROM node:24-bookworm-slim AS build
WORKDIR /src
# First what decides the packages, so that a change of sources does not install them again.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/chorus-agent/package.json apps/chorus-agent/
COPY apps/council-e2e/package.json apps/council-e2e/
COPY apps/whoosh-coordinator/package.json apps/whoosh-coordinator/
COPY libs/council-contracts/package.json libs/council-contracts/
COPY libs/jetstream/package.json libs/jetstream/
COPY libs/service-runtime/package.json libs/service-runtime/
COPY libs/testing/package.json libs/testing/
COPY tools/bootstrap.mjs tools/
COPY tools/lib tools/lib
RUN node tools/bootstrap.mjs --no-build
COPY . .
RUN node tools/bootstrap.mjs --only-bundles

FROM node:24-bookworm-slim AS runtime
ARG VERSION=0.1.0
ENV NODE_ENV=production \
    NATS_URL=nats://backbeat-nats:4222
LABEL org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.vendor="The WHOOSH and CHORUS authors"
WORKDIR /app
USER node

FROM runtime AS whoosh-coordinator
LABEL org.opencontainers.image.title="WHOOSH coordinator" \
      org.opencontainers.image.description="Forms councils of CHORUS agents over NATS JetStream"
COPY --from=build /src/apps/whoosh-coordinator/bundle ./
EXPOSE 8080
# Live, not ready: an orchestrator restarts what is unhealthy, and a restart does not bring a lost broker back.
# Bash costs 3 ms where a second Node would cost 100.
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${WHOOSH_PORT:-8080} && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.[01] 200' <&3"]
CMD ["node", "main.js"]

FROM runtime AS chorus-agent
LABEL org.opencontainers.image.title="CHORUS agent" \
      org.opencontainers.image.description="Hears of every council, bids for roles and serves in them"
COPY --from=build /src/apps/chorus-agent/bundle ./
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${CHORUS_AGENT_PORT:-8080} && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.[01] 200' <&3"]
# A small young generation: after work an agent's memory goes back to what it was.
CMD ["node", "--max-semi-space-size=1", "main.js"]
