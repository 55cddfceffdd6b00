import type { PackageManager } from '../../config/package-manager.js';

/** What an image starts. */
interface Image {
  /** Of the image. */
  readonly name: string;
  /** `start`, the script and its flags, then the app's own arguments behind --. */
  readonly command: readonly string[];
  readonly port: number;
  /** How long `docker stop` has to wait. */
  readonly stopSeconds: number;
  /** Whose lockfile there is; undefined where there is none. */
  readonly manager: PackageManager | undefined;
}

/** A Dockerfile: kf-cluster is the first process, as a user without rights, and is stopped by SIGTERM. */
export function dockerfileText({ name, command, port, stopSeconds, manager }: Image): string {
  return `# docker build -t ${name} . && docker run -p ${port}:${port} --stop-timeout ${stopSeconds} ${name}
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
${INSTALL[manager ?? 'none']}
COPY . .
# What could not be delivered waits here: a volume keeps it when the container goes.
RUN mkdir -p /var/lib/kf-cluster && chown node:node /var/lib/kf-cluster && chmod 700 /var/lib/kf-cluster
ENV XDG_STATE_HOME=/var/lib/kf-cluster
USER node
# An app that does not read PORT listens where it always does: name that port here and at -p.
ENV PORT=${port}
EXPOSE ${port}
STOPSIGNAL SIGTERM
CMD ${JSON.stringify(['node_modules/.bin/kf-cluster', ...command])}
`;
}

const INSTALL = {
  npm: `COPY package*.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force`,
  none: `COPY package.json ./
# With a package-lock.json: npm ci, which installs what was tested.
RUN npm install --omit=dev --no-audit --no-fund && npm cache clean --force`,
  pnpm: `COPY package.json pnpm-*.yaml ./
RUN npm install -g pnpm && pnpm install --prod --frozen-lockfile`,
  yarn: `COPY package.json yarn.lock ./
RUN yarn install --production --frozen-lockfile && yarn cache clean`,
} as const satisfies Readonly<Record<PackageManager | 'none', string>>;

/** What does not belong into the image. */
export const DOCKERIGNORE = `node_modules
npm-debug.log
.git
.env*
`;
