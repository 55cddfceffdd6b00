/** Colours made visible: `<red>text</>`. */
export function visible(text: string): string {
  return text
    .replaceAll('\u001b[31m', '<red>')
    .replaceAll('\u001b[32m', '<green>')
    .replaceAll('\u001b[90m', '<dim>')
    .replaceAll('\u001b[0m', '</>');
}
