/** A filter that cannot be read; `at` counts characters from 0. */
export class BadFilter extends Error {
  override readonly name = 'BadFilter';
  readonly at: number;
  readonly fix: string;

  constructor(at: number, what: string, fix: string) {
    super(what);
    this.at = at;
    this.fix = fix;
  }
}
