/** Longest that Node may take to say which line of a file it cannot read, in milliseconds. */
const CHECK_MS = 5_000;

/** Why a file of the user's failed to load: the error's own words, and the line it points at where one is known. */
export async function loadReason(error: unknown, file: string): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  const at = await placeOf(error, file);
  return at === undefined ? `${error.name}: ${error.message}` : `${error.name}: ${error.message}\n      ${at}`;
}

async function placeOf(error: Error, file: string): Promise<string | undefined> {
  const stack = error.stack ?? '';
  if (error instanceof SyntaxError) return headOf(stack) ?? (await checkedPlace(file)) ?? callOf(stack);
  return callOf(stack);
}

function callOf(stack: string): string | undefined {
  return stack
    .split('\n')
    .find((line) => /^\s+at .*(file:|[/\\])/.test(line))
    ?.trim();
}

/** `FILE:LINE`, which stands in front of the stack of what does not parse; what follows are the parser's own calls. */
function headOf(text: string): string | undefined {
  const place = /^(?:file:\/\/)?(\/.*:\d+)\n/.exec(text)?.[1];
  return place && `at ${place}`;
}

/**
 * Node keeps the line of an ES module from whoever catches its SyntaxError, and prints it in a process that ends by it. Undefined
 * where that cannot be started either. The primary of a running cluster asks too, at a reload: it goes on meanwhile.
 */
async function checkedPlace(file: string): Promise<string | undefined> {
  const { execFile } = process.getBuiltinModule('node:child_process');
  const env = { ...process.env, NODE_OPTIONS: '' };
  const printed = new Promise<string>((resolve) => {
    execFile(process.execPath, ['--check', file], { env, timeout: CHECK_MS }, (_, _stdout, stderr) => resolve(stderr));
  });
  return printed.then(headOf, () => undefined);
}
