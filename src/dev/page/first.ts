// Stands in the document itself, and is all that runs before the first paint: what the document shows is painted while the
// rest of the script is still on its way. No import: it is a few lines for that reason.

const theme = (() => {
  try {
    return localStorage.getItem('kf-cluster-theme');
  } catch {
    return null; // a browser that keeps nothing for this page throws at the mere look
  }
})();
if (theme !== null) document.documentElement.dataset.theme = theme;

const rest: string = '/assets/page.js';
const go = () => void import(rest);
// A tab that is hidden paints nothing, and waits for no frame.
if (document.hidden) go();
else requestAnimationFrame(() => setTimeout(go));
