/** What an image starts. */
interface Image {
  /** The script and its flags. */
  readonly words: readonly string[];
  /** The app's own arguments. */
  readonly args: readonly string[];
  readonly port: number;
}

/** A Dockerfile: kf-cluster is the first process, as a user without rights, and is stopped by SIGTERM. */
export function dockerfileText({ words, args, port }: Image): string {
  const command = ['node_modules/.bin/kf-cluster', 'start', ...words, ...(args.length > 0 ? ['--', ...args] : [])];
  return `# docker build -t app . && docker run --init=false -p ${port}:${port} --stop-timeout 30 app
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY . .
# What could not be delivered waits here: a volume keeps it when the container goes.
RUN mkdir -p /var/lib/kf-cluster && chown node:node /var/lib/kf-cluster && chmod 700 /var/lib/kf-cluster
ENV XDG_STATE_HOME=/var/lib/kf-cluster
USER node
# An app that does not read PORT listens where it always does: name that port here and at -p.
ENV PORT=${port}
EXPOSE ${port}
STOPSIGNAL SIGTERM
CMD ${JSON.stringify(command)}
`;
}

/** What does not belong into the image. */
export const DOCKERIGNORE = `node_modules
npm-debug.log
.git
.env*
`;
