// SPDX-License-Identifier: AGPL-3.0-or-later
// Every page in its four states, and with markup in everything that people write: it stands, says what it has to, and nothing complains.
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../../services/portal/www/router.js";
import { ANSWERS, CLOCK, PLACES, emptied, needsOf, placeOf } from "./answers.mjs";
import { openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const paths = routes.map(({ path }) => path).filter((path) => path in PLACES);
const EXPECTED = { error: /status of 503/, empty: /status of 404/ };

test("every page of the table was recorded", { skip }, () => {
    assert.deepEqual(routes.map(({ path }) => path).filter((path) => !(path in PLACES)), []);
});

test("what the stub says is what the interfaces may say", { skip }, async () => {
    const { faults } = await import("./schemas.mjs");
    const said = Object.entries(ANSWERS).filter(([, { type }]) => type.includes("json") && !type.includes("ndjson"));
    const wrong = said.flatMap(([name, { status, body }]) => {
        const [method, address] = name.split(" ");
        const { pathname } = new URL(address, "http://stub.example");
        if (pathname.startsWith("/problems/")) return [];
        return [faults(pathname, method, status, body), faults(pathname, method, status, emptied(body))].filter(Boolean);
    });
    assert.deepEqual(wrong, []);
});

async function open(path, state) {
    here.stub.state = state;
    here.stub.asked.length = 0;
    const { page, complaints } = await openPage(here.browser, { clock: CLOCK, signedIn: needsOf(path) && here.stub.base });
    await page.goto(here.stub.base + placeOf(path));
    await page.waitForSelector("main h1");
    if (state !== "loading") await settled(page);
    const own = here.stub.asked.filter((one) => !/charters\/current|sign-ins\/current|members\/self/.test(one));
    return { page, own, complaints: complaints.filter((one) => !EXPECTED[state]?.test(one)) };
}

async function checkState(path, state) {
    const { page, own, complaints } = await open(path, state);
    const shown = await page.locator("main [data-state]").evaluateAll((all) => all.map((one) => one.dataset.state));
    if (state === "filled") assert.ok(!shown.includes("loading") && !shown.includes("error"), `shows ${shown}`);
    if ((state === "loading" || state === "error") && own.length > 0) assert.ok(shown.includes(state), `asked ${own}, shows ${shown}`);
    assert.ok((await page.locator("main").innerText()).trim().length > 5, "says nothing");
    assert.equal(await page.locator("h1").count(), 1);
    assert.deepEqual(complaints.filter((one) => !(state === "loading" && one.startsWith("failed:"))), []);
    await page.context().close();
}

for (const path of paths)
    for (const state of ["filled", "empty", "loading", "error"]) test(`${path} ${state}`, { skip, timeout: 120000 }, () => checkState(path, state));

for (const path of paths)
    test(`${path} shows markup as text`, { skip, timeout: 120000 }, async () => {
        const { page, complaints } = await open(path, "hostile");
        assert.equal(await page.locator("img, main script").count(), 0);
        assert.deepEqual(complaints, []);
        await page.context().close();
    });

test("an address without a page says so, with 404", { skip, timeout: 120000 }, async () => {
    here.stub.state = "filled";
    const { page } = await openPage(here.browser, { clock: CLOCK });
    const response = await page.goto(`${here.stub.base}/no/such/page`);
    await settled(page);
    assert.equal(response.status(), 404);
    assert.match(await page.locator("main").innerText(), /There is nothing at the address \/no\/such\/page/);
    await page.context().close();
});

test("language and theme are chosen, kept, and set on the document", { skip, timeout: 120000 }, async () => {
    here.stub.state = "filled";
    const { page, complaints } = await openPage(here.browser, { clock: CLOCK });
    await page.goto(`${here.stub.base}/?lang=es`);
    await settled(page);
    assert.equal(await page.getAttribute("html", "lang"), "es");
    await page.locator("footer select").nth(1).selectOption("dark");
    await page.locator("footer select").nth(0).selectOption("en");
    await page.waitForFunction(() => document.documentElement.lang === "en");
    await page.goto(`${here.stub.base}/charter`);
    await settled(page);
    assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["en", "dark"]);
    assert.deepEqual(complaints, []);
    await page.context().close();
});
