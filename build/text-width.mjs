// Stands in for string-width in the bundle: building its Unicode tables takes longer than all the rest of the command
// line, and what yargs lays out here is our own help text, which is ASCII.
import { stripVTControlCharacters } from 'node:util';

export default function textWidth(text) {
  return stripVTControlCharacters(text).length;
}
