import type { ComponentChildren } from 'preact';

/** What may be wider than the screen. It scrolls by itself, by keyboard too. */
export const Wide = ({ label, children }: { readonly label: string; readonly children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <section class="scroll-x" tabIndex={0} aria-label={label}>
    {children}
  </section>
);
