# Build stage: compiles the native SQLite driver and the TypeScript sources.
FROM node:20-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/build.mjs scripts/build.mjs
RUN npm ci --ignore-scripts && npm rebuild sqlite3
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node scripts/build.mjs --force && npm prune --omit=dev --ignore-scripts

# Run stage: Node, the compiled code and the configuration, as an ordinary user.
FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE NOTICE.md ./
COPY schemas schemas
COPY config config
# A site mounts its own folder over /config; the copy in /app stays, with the default hold music.
COPY config /config
ENV OFFHOOK_CONFIG=/config OFFHOOK_DATA_DIR=/app/data
RUN mkdir data && chown node:node data
USER node
VOLUME ["/config", "/app/data"]
# SIP and a default RTP range; on Linux prefer `--network host`, see docs/getting-started.md.
EXPOSE 5060/udp 5060/tcp 3000/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "dist/cli.js", "health"]
STOPSIGNAL SIGTERM
CMD ["node", "dist/cli.js", "run"]
