// SPDX-License-Identifier: AGPL-3.0-or-later
// What all pages are made of, on pages that use it: lists in pages and as files, charts with their numbers, forms that name what is wrong and send
// once, dialogs that give the focus back.
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { CLOCK } from "./answers.mjs";
import { axe, openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const CASE = "/governance/v1/council-cases/01900000-0000-7000-8000-000000000001";
const RUN = "/payout/v1/runs/01900000-0000-7000-8000-000000000002";

/** A page at an address, with answers of this test before those of the stub. */
async function open(place, answers, signedIn = false) {
    const { page, complaints } = await openPage(here.browser, { clock: CLOCK, signedIn: signedIn && here.stub.base });
    for (const [pattern, answer] of Object.entries(answers)) await page.route(pattern, answer);
    await page.goto(here.stub.base + place);
    await settled(page);
    return { page, complaints };
}

const proposals = Array.from({ length: 120 }, (none, n) => ({
    id: `p${n}`, type: "policy", version: 1, state: "in_force", title: `=Proposal, ${n}`, subject: "x", reading: 1, opens_at: null, closes_at: null, in_force_at: null }));

function list(rows) {
    return (route) => {
        const query = new URL(route.request().url()).searchParams, at = Number(query.get("after") ?? 0), limit = Number(query.get("limit"));
        const shown = query.get("type") === "terms" ? [] : rows;
        return route.fulfill({ json: { items: shown.slice(at, at + limit), next: at + limit < shown.length ? String(at + limit) : null } });
    };
}

const position = (page, text) => page.locator(".position", { hasText: text }).waitFor();

test("a list goes from page to page and keeps the focus", { skip, timeout: 30000 }, async () => {
    const { page, complaints } = await open("/decisions", { "**/governance/v1/proposals?*": list(proposals) });
    const next = page.getByRole("button", { name: "Next page" });
    await position(page, "Page 1: rows 1 to 50. More follow.");
    assert.equal(await page.locator("tbody tr").count(), 50);
    await next.focus();
    await page.keyboard.press("Enter");
    await position(page, "Page 2: rows 51 to 100. More follow.");
    await page.keyboard.press("Enter");
    await position(page, "Page 3, the last: rows 101 to 120.");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Next page");
    assert.equal(await next.getAttribute("aria-disabled"), "true");
    await page.getByRole("button", { name: "Previous page" }).click();
    await position(page, "Page 2: rows 51 to 100. More follow.");
    assert.deepEqual(complaints, []);
    await page.context().close();
});

test("the file holds the whole filtered list, and nothing a spreadsheet would run", { skip, timeout: 30000 }, async () => {
    const { page } = await open("/decisions", { "**/governance/v1/proposals?*": list(proposals) });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the whole list as CSV" }).click()]);
    const lines = fs.readFileSync(await download.path(), "utf8").split("\r\n");
    assert.equal(download.suggestedFilename(), "decisions.csv");
    assert.equal(lines.length, 1 + 120 + 1);
    assert.equal(lines[1], `"'=Proposal, 0",policy,in force,,,`);
    await page.getByRole("combobox", { name: "Type" }).selectOption("terms");
    await page.locator("[data-state=empty]").waitFor();
    await page.context().close();
});

test("a chart is one sentence and a table of exactly its points; two points are a table alone", { skip, timeout: 30000 }, async () => {
    const month = (name, units) => ({ pool: "air", month: name, k: 5, withheld: false, published_at: CLOCK, totals: [{ purpose_group: "PG", meter: "rows", units }] });
    const items = [month("2026-03", 900), month("2026-02", 100), month("2026-01", 400)];
    for (const [shown, pictures] of [[items, 1], [items.slice(0, 2), 0]]) {
        const { page, complaints } = await open("/impact", {
            "**/metering/v1/totals?*": (route) => route.fulfill({ json: { items: shown, next: null } }), "**/payout/v1/runs?*": (route) => route.fulfill({ json: { items: [], next: null } }) });
        const table = page.locator("section", { hasText: "Use of the data" }).first().locator("tbody tr");
        await table.first().waitFor({ state: "attached" });
        assert.equal(await page.getByRole("img").count(), pictures);
        assert.equal(await table.count(), shown.length);
        if (pictures) {
            await page.locator("canvas").waitFor();
            const says = await page.getByRole("img").getAttribute("aria-label");
            assert.match(says, /first 400 \(January 2026\), last 900 \(March 2026\), lowest 100 \(February 2026\), highest 900 \(March 2026\)/);
            assert.deepEqual(await table.locator("td").allTextContents(), ["400", "100", "900"]);
        }
        assert.deepEqual(complaints, []);
        await page.context().close();
    }
});

const aCase = {
    id: "01900000-0000-7000-8000-000000000001", kind: "opinion", subject: "01900000-0000-7000-8000-000000000003", decided_by: "council", state: "open", opened_at: CLOCK, closes_at: CLOCK,
    decided_at: null, ended_at: null, end_reason: null, approved: null, kept_conditions: null, conflicts: [], votes: null, conditions: [], body: {}, seats: 5, voted: 2, my_vote: null, my_conditions: null };

test("a form names what is wrong, leads there, and sends once however often it is pressed", { skip, timeout: 30000 }, async () => {
    const sent = [];
    const refuse = async (route) => {
        sent.push(route.request().headers()["idempotency-key"]);
        const errors = [{ pointer: "/reason_text", detail: "must not be empty" }];
        await route.fulfill({ status: 422, contentType: "application/problem+json", headers: { "X-Commonhold-Outcome": "invalid" }, json: { type: "/problems/invalid", title: "Invalid", status: 422, errors } });
    };
    const { page } = await open(`/council/${aCase.id}`, { [`**${CASE}`]: (route) => route.fulfill({ json: aCase }), [`**${CASE}/vote`]: refuse }, true);
    const cast = page.getByRole("button", { name: "Cast the vote" }), summary = page.locator(".summary");
    await cast.click();
    assert.deepEqual(await summary.getByRole("link").allTextContents(), ["Choose yes or no.", "Choose a reason."]);
    assert.equal(await page.evaluate(() => document.activeElement.className), "summary");
    await summary.getByRole("link", { name: "Choose a reason." }).click();
    assert.equal(await page.evaluate(() => document.activeElement.name), "reason_code");
    await page.getByLabel("Main reason").selectOption("privacy");
    await page.getByRole("radio", { name: "no" }).check();
    await cast.dblclick();
    await summary.getByRole("link", { name: "must not be empty" }).waitFor();
    assert.equal(sent.length, 1);
    const words = page.getByLabel("Your reasons in words");
    assert.equal(await words.getAttribute("aria-invalid"), "true");
    await words.fill("It says too much.");
    assert.equal(await words.getAttribute("aria-invalid"), null);
    await cast.click();
    await summary.getByRole("link", { name: "must not be empty" }).waitFor();
    assert.equal(new Set(sent).size, 2, "another text is another deed");
    await page.context().close();
});

test("a dialog closes with Escape, gives the focus back, and its deed is done once", { skip, timeout: 30000 }, async () => {
    const run = { id: RUN.split("/").pop(), run_id: null, pool: "air", month: "2026-01", licensee: null, rule: "main", rule_version: 1, rule_sha256: "0".repeat(64), state: "review", pot: null,
        carried_in: null, rail_fees: null, inputs_sha256: null, numbered_size: null, result_hash: null, outcome: null, lines: null, total: null, carried: null, lines_root: null,
        review_until: CLOCK, confirmed_at: null, txn_id: null, reason: null, opened_at: CLOCK, ended_at: null };
    let confirmed = 0;
    const { page } = await open(`/treasury/runs/${run.id}`, {
        [`**${RUN}`]: (route) => route.fulfill({ json: run }), [`**${RUN}/confirm-run`]: (route) => {
            confirmed += 1;
            return route.fulfill({ json: run });
        } }, true);
    const button = page.getByRole("button", { name: "Confirm the run" }).first();
    await button.click();
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement.textContent === "Confirm the run", null, { timeout: 5000 });
    await button.click();
    await page.locator("dialog form button").dblclick();
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.equal(confirmed, 1);
    await page.context().close();
});

for (const theme of ["light", "dark"])
    test(`a button that has the focus can be read, ${theme}`, { skip, timeout: 30000 }, async () => {
        const { page } = await openPage(here.browser, { clock: CLOCK, theme });
        await page.goto(`${here.stub.base}/sign-in`);
        await settled(page);
        await page.locator("main form button").first().focus();
        assert.deepEqual(await axe(page), []);
        await page.context().close();
    });

test("where the window is narrow the menus are folded, until somebody unfolds them", { skip, timeout: 30000 }, async () => {
    const { page, complaints } = await open("/charter", {});
    const before = here.stub.asked.length;
    const link = page.getByRole("link", { name: "Catalogue" }), summary = page.locator("header summary");
    assert.deepEqual([await link.isVisible(), await summary.isVisible()], [true, false]);
    await page.setViewportSize({ width: 320, height: 900 });
    await link.waitFor({ state: "hidden" });
    await summary.focus();
    await page.keyboard.press("Enter");
    await link.click();
    await page.waitForURL(/\/catalogue$/);
    await link.waitFor({ state: "hidden" });
    await page.setViewportSize({ width: 1280, height: 900 });
    await link.waitFor();
    await settled(page);
    assert.deepEqual(here.stub.asked.slice(before).filter((one) => !one.startsWith("GET /licensing/")), [], "a page that is left asks nothing again");
    assert.deepEqual(complaints, []);
    await page.context().close();
});
