import http from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly connection: string | undefined;
}

/** Leaves no idle connection behind, for which a drain would wait. */
const ONE_SHOT = new http.Agent({ keepAlive: false });

/** One GET on loopback. No retries: an error of the connection rejects. */
export function get(port: number | string, path = '/', agent: http.Agent = ONE_SHOT): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, connection: response.headers.connection }),
      );
    });
    request.on('error', reject);
  });
}

/** What a client waits for an answer, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Asks until nobody listens there any more: the moment a stop has begun. How many were answered. Round-robin of
 * node:cluster, which pm2 uses, may keep a connection for ever that was on its way to a worker that closes.
 */
export async function answersUntilRefused(port: number | string): Promise<number> {
  for (let answered = 0; ; answered += 1) {
    const isAnswered = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PATIENCE),
    }).then(
      (response) => response.text().then(() => true),
      () => false,
    );
    if (!isAnswered) return answered;
  }
}
