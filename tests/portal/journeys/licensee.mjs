// SPDX-License-Identifier: AGPL-3.0-or-later
// A signatory of an organisation applies, answers a question, accepts, reads, looks at usage and invoice, and renews, by keyboard where a key does it. What the
// trust's people do meanwhile is theirs (test_licensee.py). Standard input is one JSON object {base, email, password, code, project, rows}; standard output
// what was seen.
import fs from "node:fs";
import { input, journey } from "./journey.mjs";

const DEADLINE = 120000;
const seen = {};

/** Looks again until the application is in a state; the page looks by itself only while the trust's own job has it. */
async function until(page, state) {
    for (const end = Date.now() + DEADLINE; Date.now() < end;) {
        await page.locator("[data-state-of]").waitFor();
        if (await page.locator("[data-state-of]").getAttribute("data-state-of") === state) return;
        await page.reload();
    }
    throw new Error(`the application is not ${state}: ${await page.locator("main").textContent()}`);
}

/** Presses a button by its key. */
async function press(page, name, within = "main") {
    await page.locator(within).getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
}

async function apply(page, context) {
    await page.goto(`${input.base}/sign-in`);
    seen.begins = await page.locator("main a").first().getAttribute("href");
    await page.goto(`${input.base}/apply`);
    await page.getByRole("button", { name: "Begin" }).waitFor();
    seen.profile = await page.locator("main dl").textContent();
    await press(page, "Begin");
    await page.waitForURL(/\/apply\/[0-9a-f-]{36}$/);
    await page.locator("main [name=purpose]").selectOption("X.ADS");
    for (const word of ["read", "download"]) {
        await page.locator(`main input[type=checkbox][value=${word}]`).focus();
        await page.keyboard.press("Space");
    }
    await page.locator("main [name=region]").fill("IE");
    await page.locator("[data-pool=air][data-way=refusal]").waitFor();
    seen.refusal = await page.locator("[data-pool=air]").textContent();
    await page.locator("main [name=purpose]").selectOption("COM.SERVICE");
    await page.locator("[data-pool=air][data-way=council]").waitFor();
    seen.match = await page.locator("[data-pool=air]").textContent();
    await press(page, "Choose Street-level air readings");
    for (const column of ["lat", "lon", "at", "pm10", "pm25"]) await page.locator(`main input[type=checkbox][value=${column}]`).check();
    await page.locator("main [name=days]").fill("300");
    await page.locator("main [name=project]").fill(input.project);
    await page.getByText("Saved").waitFor();
    await page.reload();
    seen.saved = await page.locator("main [name=project]").inputValue();
    await page.locator("[data-pool=air][data-way=council]").waitFor();
    await collide(page, context);
    await press(page, "Send the application");
    await page.waitForURL(/\/cases\/[0-9a-f-]{36}$/);
}

/** Another tab saves the same draft: the page shows both versions, and what is kept is chosen. */
async function collide(page, context) {
    const address = `${input.base}/licensing/v1/applications/${page.url().split("/").pop()}`;
    const { value } = (await context.cookies()).find((one) => one.name === "ch_csrf");
    const now = await context.request.get(address);
    const saved = await context.request.patch(address, { headers: { "If-Match": now.headers().etag, "X-CSRF-Token": value }, data: { project: "Of another tab." } });
    if (!saved.ok()) throw new Error(`the other tab: ${saved.status()}`);
    await page.locator("main [name=days]").fill("299");
    await page.locator("main .beside .beside").waitFor();
    seen.both = await page.locator("main .beside .beside").textContent();
    await press(page, "Keep my version");
    await page.locator("main .beside .beside").waitFor({ state: "detached" });
}

async function settle(page) {
    await until(page, "returned");
    seen.asked = await page.locator("main label").first().textContent();
    await page.locator("main form textarea").fill("Two years, then it is deleted.");
    await press(page, "Send the answers");
    await until(page, "offered");
    seen.turn = await page.locator("main dl").first().textContent();
    await page.getByRole("checkbox").focus();
    await page.keyboard.press("Space");
    await press(page, "Accept and sign");
    await page.getByRole("link", { name: "Open the licence" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/licences\/[0-9a-f-]{36}$/);
}

async function read(page) {
    const saved = page.waitForEvent("download", { timeout: DEADLINE });
    await press(page, "Download the rows");
    const file = await saved;
    seen.file = file.suggestedFilename();
    seen.lines = fs.readFileSync(await file.path(), "utf8").split("\r\n").filter((line) => line && !line.startsWith("# ")).length - 1;
    await page.locator("[data-receipt]").nth(1).waitFor({ timeout: DEADLINE });
    seen.shown = Number(await page.locator("[data-rows]").getAttribute("data-rows"));
    const receipts = page.locator("[data-receipt]");
    seen.counted = (await receipts.evaluateAll((all) => all.map((one) => Number(one.dataset.receipt)))).reduce((sum, one) => sum + one, 0);
    seen.receipt = (await receipts.allTextContents()).join(" ");
    await press(page, "Make a token");
    await page.locator("main textarea[readonly]").waitFor();
    seen.token = (await page.locator("main textarea[readonly]").inputValue()).split(".").length;
}

/** Until the usage by day has what was read, and the invoice is paid. */
async function look(page) {
    for (const end = Date.now() + DEADLINE; ;) {
        await page.getByRole("heading", { name: "Invoices" }).waitFor();
        await page.waitForFunction(() => !document.querySelector("main [data-state=loading]"));
        const text = await page.locator("main").textContent();
        if (/INV-\d+-\d+.*paid/.test(text) && text.includes(input.rows)) break;
        if (Date.now() > end) throw new Error(`no paid invoice: ${text}`);
        await page.reload();
    }
    seen.invoice = await page.locator("main a[href*='/invoices/']").textContent();
    seen.usage = await page.locator("main").textContent();
}

async function renew(page) {
    await press(page, "Apply for renewal");
    await page.waitForURL(/\/cases\/[0-9a-f-]{36}$/);
    await until(page, "offered");
    seen.renewal = await page.locator("main").textContent();
    seen.stored = await page.evaluate(() => document.cookie);
}

/** The line is cut once, inside the second part of the rows: what the page has read until then is all it gets. */
function cutOnce(bytes) {
    const plain = window.fetch;
    let cut = false;
    delete window.showSaveFilePicker; // nobody sits there to choose a folder
    window.fetch = async (address, options) => {
        const answer = await plain(address, options);
        if (cut || !String(address).includes("/rows") || !answer.ok) return answer;
        cut = true;
        const reader = answer.body.getReader();
        let read = 0;
        const body = new ReadableStream({ async pull(controller) {
            const part = await reader.read();
            if (part.done || read + part.value.length > bytes) {
                await reader.cancel();
                controller.error(new TypeError("the line is cut"));
            } else {
                read += part.value.length;
                controller.enqueue(part.value);
            }
        } });
        return new Response(body, { status: answer.status, headers: answer.headers });
    };
}

await journey(seen, async (page, context) => {
    await page.addInitScript(cutOnce, 700000);
    for (const step of [apply, settle, read, look, renew]) await step(page, context);
});
