# syntax=docker/dockerfile:1
#
#   docker build -t notification-streams:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 -t registry.example.com/notification-streams:0.1.0 --push .
#
# There was no engine where this was written: no build of it has been run. What its stages do is done in a folder, and a
# worker is started from that, by test/integration/image.test.ts; its facts are held by test/unit/deploy/dockerfile.test.ts.

# Debian 13: its glibc (2.41) is new enough for uWebSockets.js on every Node. Pin the digest where builds must be repeatable.
ARG NODE_IMAGE=node:20-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# The layers of dependencies stay as long as these do.
COPY package.json package-lock.json .npmrc ./
COPY patches patches
# `prepare` mends kafkajs.
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
# Keeps the mended kafkajs, which a new installation without patch-package would not have.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# One uWebSockets.js of 57, for this platform and this Node.
RUN node deploy/image/prune.mjs node_modules

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/rules rules
COPY --from=build /app/schemas schemas
COPY --from=build /app/docs/third-party.md docs/third-party.md
# All that is written is in /state and /tmp: the rest may be read-only. STATE_DIR is a folder in the mount, not the mount.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /state
ENV STATE_DIR=/state/worker
VOLUME /state
USER 10001:10001
EXPOSE 9464 8080
# Whether it lives is for the orchestrator to ask: /livez, /startupz, /readyz?role=... on 9464.
HEALTHCHECK NONE
STOPSIGNAL SIGTERM
# Node as process 1 itself: it has handlers for SIGTERM, SIGINT and SIGHUP, and waits for what it starts.
ENTRYPOINT ["node", "dist/bin/notification-streams.js"]
CMD ["worker"]
