import test from 'ava';
import { chromiumPath } from './browser.js';

/** A test that needs Chromium. Where there is none it is left out, and the run says why; with KF_TEST_STRICT that is a failure. */
export const inBrowser = chromiumPath === undefined ? test.skip : test.serial;

if (chromiumPath === undefined) {
  test.serial('no chromium in PATH; test/page/chromium.sh installs it on Debian', (t) =>
    process.env.KF_TEST_STRICT ? t.fail() : t.pass(),
  );
}
