import { connect, type Socket } from 'node:net';
import { isRecord } from '../../contract/record-guard.js';

/** A message of the inspector: an answer has an `id`, an event a `method`. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One session with the inspector of another process. */
export interface InspectorSession {
  post<Result>(method: string, params?: object): Promise<Result>;
  /** Is called with the parameters of each event of that name. */
  on<Params>(method: string, listener: (params: Params) => void): void;
  /** The parameters of the next event of that name. */
  event<Params>(method: string): Promise<Params>;
  close(): void;
}

const HOST = '127.0.0.1';
const TEXT = 0x81;
const MASKED = 0x80;

/**
 * Opens a session with the inspector that listens on that port of this machine. Node has no WebSocket client before 22, and
 * what the inspector speaks needs little of one: no extension, no fragment, text alone.
 * Rejects when nobody answers there, or who answers is no inspector.
 */
export async function openInspector(port: number): Promise<InspectorSession> {
  const path = await targetPath(port);
  const socket = connect(port, HOST);
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  const head = [`GET ${path} HTTP/1.1`, `Host: ${HOST}:${port}`, ...upgrade, `Sec-WebSocket-Key: ${KEY}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return new Session(socket, await headEnd(socket));
}

/** Only its form matters: the answer to it is not checked. */
const KEY = Buffer.alloc(16).toString('base64');

class Session implements InspectorSession {
  readonly #socket: Socket;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #events = new Map<string, (params: unknown) => void>();
  #rest: Buffer;
  #next = 1;

  constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    this.#rest = rest;
    socket.on('error', () => undefined); // `close` follows
    socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#read();
    });
    this.#read();
  }

  post<Result>(method: string, params: object = {}): Promise<Result> {
    const id = this.#next++;
    this.#socket.write(frame(JSON.stringify({ id, method, params })));
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) =>
        error ? reject(new Error(error.message)) : resolve(result as Result),
      );
      this.#socket.once('close', () => reject(new Error('the inspector has closed the session')));
    });
  }

  on<Params>(method: string, listener: (params: Params) => void): void {
    this.#events.set(method, listener as (params: unknown) => void);
  }

  event<Params>(method: string): Promise<Params> {
    return new Promise((resolve) => this.on(method, resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    for (;;) {
      const found = payload(this.#rest);
      if (!found) return;
      this.#rest = this.#rest.subarray(found.end);
      if (found.text) this.#take(found.bytes.toString());
    }
  }

  /** Who answers may be no inspector after all: nothing of what it says is thrown at the supervisor, the session ends. */
  #take(text: string): void {
    try {
      const message: unknown = JSON.parse(text);
      if (!isMessage(message)) throw new TypeError('this is no inspector');
      const { id, method, params, ...answer } = message;
      if (id !== undefined) {
        this.#answers.get(id)?.(answer);
        this.#answers.delete(id);
      } else if (method !== undefined) {
        this.#events.get(method)?.(params);
      }
    } catch {
      this.#socket.destroy();
    }
  }
}

function isMessage(value: unknown): value is Message {
  if (!isRecord(value)) return false;
  const { id, method, error } = value;
  return (
    [typeof id, typeof method].every((type, i) => type === 'undefined' || type === ['number', 'string'][i]) &&
    (error === undefined || isRecord(error))
  );
}

/** One frame, masked as a client's has to be; the mask is of zeros, which leaves the text as it is. */
function frame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = bytes.length < 126 ? [MASKED | bytes.length] : [MASKED | 126, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from([TEXT, ...length, 0, 0, 0, 0]), bytes]);
}

/** The first frame in these bytes, or undefined when it is not all there. */
function payload(bytes: Buffer): { readonly bytes: Buffer; readonly end: number; readonly text: boolean } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = start + length;
  return bytes.length < end ? undefined : { bytes: bytes.subarray(start, end), end, text: bytes[0] === TEXT };
}

/** The path of the one target that a process has. */
async function targetPath(port: number): Promise<string> {
  const socket = connect(port, HOST);
  socket.write(`GET /json/list HTTP/1.1\r\nHost: ${HOST}:${port}\r\n\r\n`);
  let text = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const path = /"webSocketDebuggerUrl":\s*"ws:\/\/[^/"]+(\/[\w-]+)"/.exec(text)?.[1];
      if (path === undefined) return;
      resolve(path);
      socket.destroy(); // the inspector keeps it open
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`what listens on port ${port} is no inspector`)));
  });
}

/** What came behind the answer's head. */
function headEnd(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let all: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      all = Buffer.concat([all, chunk]);
      const at = all.indexOf('\r\n\r\n');
      if (at < 0) return;
      socket.off('data', onData);
      resolve(all.subarray(at + 4));
    };
    socket.on('data', onData);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the inspector has refused the session')));
  });
}
