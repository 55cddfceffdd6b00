// A CommonJS script whose app is an ES module.
import('./imported.mjs');
