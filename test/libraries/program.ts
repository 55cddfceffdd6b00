import type { Form, Use } from './types.js';

/**
 * A server that uses the library within its first request, which it sends itself, and prints `used` or `failed: why`.
 * In the form of a CommonJS or of an ES module.
 */
export function programText({ imports, body }: Use, form: Form): string {
  const all = { ...imports, '{ createServer }': 'node:http', '{ once }': 'node:events' };
  const load = form === 'esm' ? importLine : requireLine;
  return `${Object.entries(all)
    .map(([names, from]) => load(names, from))
    .join('\n')}

const PORT = Number(process.env.SERVER_PORT);

async function ask(server, path = '/') {
  if (!server.listening) await once(server, 'listening');
  const response = await fetch('http://127.0.0.1:' + server.address().port + path);
  const text = await response.text();
  if (!response.ok) throw new Error(response.status + ' ' + text);
}

async function use() {
${body}
}

const server = createServer((request, response) => {
  use().then(
    () => response.end('used'),
    (error) => response.end('failed: ' + String(error?.stack ?? error).replaceAll('\\n', ' ')),
  );
});
server.listen(0, async () => {
  const response = await fetch('http://127.0.0.1:' + server.address().port);
  console.log(await response.text());
});
`;
}

function importLine(names: string, from: string): string {
  return `import ${names} from '${from}';`;
}

function requireLine(names: string, from: string): string {
  return `const ${names.replace(/(\w+) as (\w+)/g, '$1: $2')} = require('${from}');`;
}
