// SPDX-License-Identifier: AGPL-3.0-or-later
// What the stub server says: answers recorded from a real trust (record.mjs), and what becomes of them in each state of a page.
import fs from "node:fs";
import { routes } from "../../../services/portal/www/router.js";

const recorded = JSON.parse(fs.readFileSync(new URL("answers.json", import.meta.url), "utf8"));

/** When they were recorded: the browser's clock stands there. */
export const CLOCK = recorded.clock;
/** Address to open for each path of the table. */
export const PLACES = recorded.places;
/** {"GET /address?query": {status, type, etag, body}} */
export const ANSWERS = recorded.answers;

/** Needed by every page alike: answered in each state. */
const FRAME = new Set(["/governance/v1/charters/current", "/portal/v1/sign-ins/current", "/governance/v1/members/self"]);
const PROBLEM = { type: "/problems/unavailable", title: "The service cannot answer at the moment", status: 503 };

export function placeOf(path) {
    return PLACES[path] ?? path;
}

export function needsOf(path) {
    return routes.find((route) => route.path === path)?.needs;
}

/** The answer to a request: exactly this one, else one to the address with another query. */
function found(method, url) {
    const exact = ANSWERS[`${method} ${url.pathname}${url.search}`];
    if (exact) return exact;
    const key = Object.keys(ANSWERS).find((name) => name === `${method} ${url.pathname}` || name.startsWith(`${method} ${url.pathname}?`));
    return key && ANSWERS[key];
}

/** Lists without items; an object stays what it is, for the server never answers half of one. */
export function emptied(body) {
    return Array.isArray(body?.items) ? { ...body, items: [], next: null } : body;
}

const HOSTILE = "<img src=/x onerror=alert(1)><script>alert(2)</script>";
const WRITTEN = new Set(["title", "text", "display_name", "name", "provenance", "comment", "reason_text", "who", "notice"]);

/** The same with markup in everything that people write. */
export function hostile(value) {
    if (Array.isArray(value)) return value.map(hostile);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one === "string" && WRITTEN.has(name) ? one + HOSTILE : hostile(one)]));
}

/**
 * What is said in a state (filled, empty, error, loading, hostile); null: nothing, for ever.
 * @param {string} [needs] whom the page shown is for: a licensee's is opened by a person of an organisation
 * @returns {?{status: number, type: string, etag?: string, body: any}}
 */
export function answer(state, method, url, needs) {
    const known = found(method, url);
    const fixed = FRAME.has(url.pathname);
    if (!fixed && state === "loading") return null;
    if (!fixed && state === "error") return { status: 503, type: "application/problem+json", body: PROBLEM };
    if (!known) return { status: 404, type: "application/problem+json", body: { type: "/problems/not_found", title: "There is no such thing, or it is not yours", status: 404 } };
    if (needs === "licensee" && url.pathname === "/portal/v1/sign-ins/current") return { ...known, body: { ...known.body, kind: "person", organisation: known.body.subject } };
    if (!fixed && state === "empty") return { ...known, body: emptied(known.body) };
    return state === "hostile" ? { ...known, body: hostile(known.body) } : known;
}
