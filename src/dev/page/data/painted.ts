/** When what was just rendered is painted. A tab that is hidden paints nothing, and waits for no frame. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    if (document.hidden) resolve();
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
