// SPDX-License-Identifier: AGPL-3.0-or-later
// What the first load costs: requests, bytes, time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const REQUESTS = 25, SCRIPT_AND_STYLE = 60 * 1024, MILLISECONDS = 2000, RUNS = 20;

test("the front page: at most 25 requests, 60 KB of script and style", { skip, timeout: 120000 }, async (t) => {
    const { page } = await openPage(here.browser);
    const finished = [];
    page.on("requestfinished", (request) => finished.push(request));
    await page.goto(here.stub.base);
    await settled(page);
    await page.waitForLoadState("networkidle");
    const sizes = await Promise.all(finished.filter((request) => ["script", "stylesheet"].includes(request.resourceType())).map((request) => request.sizes()));
    const bytes = sizes.reduce((sum, one) => sum + one.responseBodySize, 0);
    t.diagnostic(`${finished.length} requests, ${bytes} bytes of script and style`);
    assert.ok(finished.length <= REQUESTS, `${finished.length} requests: ${finished.map((request) => new URL(request.url()).pathname)}`);
    assert.ok(bytes <= SCRIPT_AND_STYLE, `${bytes} bytes`);
    await page.context().close();
});

/* The bar holds on a machine that does nothing else: CH_BARS asks for it. Everywhere else the figures are told, and only a page that hangs fails. */
test("the front page can be used within two seconds, cold, in 19 of 20 loads", { skip, timeout: 120000 }, async (t) => {
    const times = [];
    for (let run = 0; run < RUNS; run++) {
        const { page } = await openPage(here.browser);
        const began = performance.now();
        await page.goto(here.stub.base);
        await settled(page);
        times.push(Math.round(performance.now() - began));
        await page.context().close();
    }
    times.sort((left, right) => left - right);
    t.diagnostic(`milliseconds: ${times}`);
    assert.ok(times[RUNS - 2] <= (process.env.CH_BARS ? MILLISECONDS : 10 * MILLISECONDS), `${times}`);
});
