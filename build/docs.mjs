// Writes what is generated from the table of options. Run after tsc: it reads dist.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commandsWithFlags } from '../dist/src/cli/commands.js';
import { configSchema } from '../dist/src/config/json-schema.js';
import { manPage } from '../dist/src/config/man-page.js';
import { configurationMarkdown } from '../dist/src/config/options-docs.js';
import { doctorMarkdown } from '../dist/src/diagnose/docs.js';
import { troubleshootingMarkdown } from '../dist/src/diagnose/troubleshooting.js';
import { gunicornMarkdown } from '../dist/src/platforms/gunicorn/gunicorn-docs.js';
import { pm2Markdown } from '../dist/src/platforms/pm2/ecosystem/pm2-docs.js';
import { apiPage } from './api-page.mjs';
import { apiReport } from './api-report.mjs';

const docs = new URL('../docs/', import.meta.url);
await mkdir(docs, { recursive: true });
await writeFile(new URL('CONFIGURATION.md', docs), configurationMarkdown());
await writeFile(new URL('kf-cluster.1', docs), manPage(await commandsWithFlags()));
await writeFile(new URL('PM2.md', docs), pm2Markdown());
await writeFile(new URL('DOCTOR.md', docs), doctorMarkdown());
await writeFile(new URL('GUNICORN.md', docs), gunicornMarkdown());
await writeFile(new URL('API.md', docs), await apiPage(fileURLToPath(new URL('..', import.meta.url))));
await mkdir(new URL('guides/', docs), { recursive: true });
await writeFile(new URL('guides/TROUBLESHOOTING.md', docs), troubleshootingMarkdown());
await writeFile(new URL('kf-cluster.schema.json', docs), `${JSON.stringify(configSchema(), undefined, 2)}\n`);
await mkdir(new URL('../etc/', import.meta.url), { recursive: true });
await writeFile(
  new URL('../etc/api.md', import.meta.url),
  await apiReport(fileURLToPath(new URL('..', import.meta.url))),
);
