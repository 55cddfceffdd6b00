import type { ComponentChildren } from 'preact';

/** What a view shows before there is anything: why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export const Waiting = () => <p class="empty muted">Waiting for the first data …</p>;
