/** A long name that may be broken after its dots, and not in the middle of a word. */
export const Breakable = ({ text }: { readonly text: string }) => (
  <>{text.split(/(?<=[._/])/).map((part, at) => [at > 0 && <wbr />, part])}</>
);
