// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes answers.json from a trust that runs: node record.mjs BASE READERS [PATH...]. READERS is a JSON object {"member": e-mail address, "treasurer": ...} of
// accounts without second factor. With paths of the table only their pages are recorded, beside what is in the file. The demonstration's trust is a good one
// (deploy/demo.sh). Every page is opened once, as the one whom it is for, and what the interfaces answered is kept.
import fs from "node:fs";
import { routes } from "../../../services/portal/www/router.js";
import { launch, openPage, settled } from "./browser.mjs";

const [base, who, ...only] = process.argv.slice(2);
const emails = JSON.parse(who);
const PASSWORD = "correct horse battery staple";
const FEW = 6; // items of a list that are kept
const file = new URL("answers.json", import.meta.url);
const { places, answers: before } = only.length > 0 ? JSON.parse(fs.readFileSync(file, "utf8")) : { places: {}, answers: {} };
const answers = {};

/** Something to show for each parameter: [list, what of its first item]. */
const SAMPLES = {
    "/catalogue/:pool": ["/licensing/v1/pools", "ref"], "/decisions/:id": ["/governance/v1/proposals", "id"], "/vote/:id": ["/governance/v1/proposals", "id"], "/proposals/:id/edit": ["/governance/v1/proposals", "id"],
    "/me/statements/:id": ["/payout/v1/statements", "id"], "/treasury/runs/:id": ["/payout/v1/runs", "id"], "/council/:id": ["/governance/v1/council-cases", "id"] };
const FIXED = { "/problems/:slug": "/problems/stale" };

async function keep(response) {
    const request = response.request(), url = new URL(request.url());
    const type = response.headers()["content-type"] ?? "";
    if (url.pathname.startsWith("/a/") || type.startsWith("text/html") || !["GET", "HEAD"].includes(request.method())) return;
    const text = await response.text().catch(() => "");
    if (text === "") return; // the page went on
    const body = type.includes("json") ? JSON.parse(text) : text;
    if (Array.isArray(body?.items) && body.items.length > FEW) Object.assign(body, { items: body.items.slice(0, FEW) });
    answers[`${request.method()} ${url.pathname}${url.search}`] = { status: response.status(), type, etag: response.headers().etag, body };
}

async function sample(page, path) {
    if (FIXED[path] || !path.includes(":")) return FIXED[path] ?? path;
    const [list, member] = SAMPLES[path];
    const items = await page.evaluate(async (address) => (await (await fetch(address, { headers: { Accept: "application/json" } })).json()).items ?? [], list);
    return items.length ? path.replace(/:\w+/, items[0][member]) : null;
}

/** Whose eyes a page is seen with, by the first part of its path; a member's where nobody is named. */
const READERS = { treasury: "treasurer", council: "council", board: "board" };

function readerOf(path) {
    return emails[READERS[path.split("/")[1]] ?? "member"];
}

async function signedIn(browser, email) {
    const { page } = await openPage(browser);
    await page.goto(`${base}/sign-in`);
    await page.fill("input[type=email]", email);
    await page.fill("input[type=password]", PASSWORD);
    await page.click("main button[type=submit]");
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    page.on("response", keep);
    return page;
}

const browser = await launch();
const readers = {};
for (const { path } of routes.filter((route) => only.length === 0 || only.includes(route.path))) {
    const page = (readers[readerOf(path)] ??= await signedIn(browser, readerOf(path)));
    const place = await sample(page, path);
    if (!place) continue;
    places[path] = place;
    await page.goto(base + place);
    await settled(page);
    await page.waitForLoadState("networkidle");
}
await browser.close();
const good = Object.entries(answers).filter(([name, one]) => one.status < 400 && !(name in before));
const sorted = Object.fromEntries([...Object.entries(before), ...good].sort(([left], [right]) => (left < right ? -1 : 1)));
fs.writeFileSync(file, `${JSON.stringify({ clock: new Date().toISOString().replace(/\.\d+/, ""), places, answers: sorted }, null, 1)}\n`);
console.log(`${Object.keys(sorted).length} answers, ${fs.statSync(file).size} bytes`);
