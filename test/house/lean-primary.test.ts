import { readFileSync } from 'node:fs';
import test from 'ava';

const PRIMARY = readFileSync('dist/bundle/primary.cjs', 'utf8');

// Each takes a part of Node's binary into the memory of a primary for as long as that runs, 0.1 to 0.2 MB, when the file is loaded:
// ICU's properties of characters, and the parser of URLs.
test("a primary's file has no class of Unicode properties", (t) => {
  t.notRegex(PRIMARY, /\\p\{/);
});

test("a primary's file knows where it stands by its path, not by a URL", (t) => {
  t.notRegex(PRIMARY, /pathToFileURL\(__filename\)/);
});
