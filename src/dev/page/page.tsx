import './page.css';
import { render } from 'preact';
import { App } from './app.js';
import { token } from './data/address.js';
import { connect, connection, source } from './data/connection.js';
import { startKeys } from './parts/keys.js';
import { startTheme } from './parts/theme.js';

startTheme();
startKeys();
if (source.live && token === '') connection.value = { state: 'refused' };
else connect();
const root = document.getElementById('app');
// What the document shows by itself is painted first: a tab that is hidden paints nothing, and waits for no frame.
if (document.hidden) show();
else requestAnimationFrame(() => setTimeout(show));

function show(): void {
  root?.replaceChildren();
  if (root) render(<App />, root);
}
