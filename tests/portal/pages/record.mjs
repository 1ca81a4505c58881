// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes answers.json from a trust that runs: node record.mjs BASE READERS [PATH...]. READERS is a JSON object {"member": e-mail address, "treasurer": ...};
// behind an address, and a space, the code of its second factor. With paths of the table only their pages are recorded, beside what is in the file. The
// demonstration's trust is a good one (deploy/demo.sh). Every page is opened once, as the one whom it is for, and what the interfaces answered is kept.
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
    "/me/contribute/:id": ["/licensing/v1/contributions", "id"], "/me/consents/:id": ["/licensing/v1/consents", "id"],
    "/me/statements/:id": ["/payout/v1/statements", "id"], "/treasury/runs/:id": ["/payout/v1/runs", "id"], "/treasury/batches/:id": ["/payout/v1/batches", "id"], "/panel/:id": ["/governance/v1/appeals", "id"], "/steward/:id": ["/governance/v1/proposals?type=council_election", "id"], "/treasury/invoices/:id": ["/payout/v1/invoices", "id"], "/council/:id": ["/governance/v1/council-cases", "id"],
    "/licences/:id": ["/licensing/v1/grants", "id"], "/apply/:id": ["/licensing/v1/applications?state=draft", "id"], "/cases/:id": ["/licensing/v1/applications?state=agreed", "id"] };
/** POST that asks and changes nothing. */
const ASKING = new Set(["/licensing/v1/policy/matches"]);
const FIXED = { "/problems/:slug": "/problems/stale" };

async function keep(response) {
    const request = response.request(), url = new URL(request.url());
    const type = response.headers()["content-type"] ?? "";
    const asks = ["GET", "HEAD"].includes(request.method()) || ASKING.has(url.pathname);
    if (url.pathname.startsWith("/a/") || type.startsWith("text/html") || !asks) return;
    const text = await response.text().catch(() => "");
    if (text === "") return; // the page went on
    const lines = type.includes("ndjson"), body = lines ? text.split("\n", FEW).map((line) => `${line}\n`).join("") : type.includes("json") ? JSON.parse(text) : text;
    if (Array.isArray(body?.items) && body.items.length > FEW) Object.assign(body, { items: body.items.slice(0, FEW) });
    answers[`${request.method()} ${url.pathname}${url.search}`] = { status: response.status(), type, etag: response.headers().etag, body };
}

async function sample(page, path) {
    if (FIXED[path] || !path.includes(":")) return FIXED[path] ?? path;
    const [list, member] = SAMPLES[path];
    const { items = [] } = await (await page.request.get(base + list, { headers: { Accept: "application/json" } })).json();
    return items.length ? path.replace(/:\w+/, items[0][member]) : null;
}

/** Whose eyes a page is seen with, by the first part of its path; a member's where nobody is named. */
const READERS = { treasury: "treasurer", council: "council", board: "board", work: "officer", members: "officer", audit: "board", licences: "licensee", apply: "licensee", cases: "licensee" };

function readerOf(path) {
    return emails[READERS[path.split("/")[1]] ?? "member"];
}

async function signedIn(browser, who) {
    const [email, code] = who.split(" ");
    const { page } = await openPage(browser);
    const signed = await page.request.post(`${base}/portal/v1/sign-ins`, { data: { email, password: PASSWORD, code } });
    if (signed.status() !== 201) throw new Error(`${email}: ${signed.status()}`);
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
