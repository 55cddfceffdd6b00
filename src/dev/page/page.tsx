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
root?.replaceChildren();
if (root) render(<App />, root);
