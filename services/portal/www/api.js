// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests to the roles' interfaces: problem documents, keys, ETags, the CSRF value, time-outs, one repeat after a lost connection. What an answer
// means is the page's business.
import { has, t } from "./i18n.js";

const LONGEST = 15000; // milliseconds
const SAFE = new Set(["GET", "HEAD"]);

/** What signin.js hangs in: `ready` before each request, `signIn` after a 401; it resolves with true when the request should be sent again. */
export const hooks = { ready: async () => {}, signIn: async () => false };

let page = new AbortController();

/** Another page is shown: what was asked for the last one is not wanted any more. */
export function leavePage() {
    page.abort();
    page = new AbortController();
}

/** A refusal or a fault. `slug` is offline, timeout or aborted where no answer came. */
export class Problem extends Error {
    constructor({ status = 0, slug, title, detail, requestId, retryAfter, errors = [], current }) {
        super(title ?? slug);
        Object.assign(this, { status, slug, detail, requestId, retryAfter, errors, current });
        this.title = has(`problem.${slug}.title`) ? t(`problem.${slug}.title`) : title ?? slug;
        this.next = has(`problem.${slug}.next`) ? t(`problem.${slug}.next`) : undefined;
        this.cause = has(`problem.cause.${status}`) ? t(`problem.cause.${status}`) : undefined;
    }
}

/** A key for one action of the user: made once, sent with each try. */
export function newKey() {
    return crypto.randomUUID();
}

/** Value of a cookie that scripts may read; "" without it. */
export function cookie(name) {
    const pair = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
    return pair ? pair.slice(name.length + 1) : "";
}

function address(path, query) {
    const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
    return pairs.length ? `${path}?${new URLSearchParams(pairs.flatMap(([name, value]) => [value].flat().map((one) => [name, one])))}` : path;
}

function headersOf(method, body, { key, etag, headers }) {
    const given = new Headers({ Accept: "application/json", ...headers });
    if (body !== undefined && !given.has("Content-Type")) given.set("Content-Type", "application/json");
    if (key) given.set("Idempotency-Key", key);
    if (etag) given.set("If-Match", etag);
    if (!SAFE.has(method)) given.set("X-CSRF-Token", cookie("ch_csrf"));
    return given;
}

function text(body) {
    return body === undefined || typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body);
}

async function once(method, url, body, options) {
    const limit = AbortSignal.timeout(LONGEST);
    const signals = [limit, options.signal ?? (SAFE.has(method) ? page.signal : undefined)].filter(Boolean);
    try {
        const answer = await fetch(url, { method, body: text(body), headers: headersOf(method, body, options), signal: AbortSignal.any(signals) });
        return { answer, said: await answer.text() };
    } catch (error) {
        if (limit.aborted) throw new Problem({ slug: "timeout" });
        if (error.name === "AbortError") throw new Problem({ slug: "aborted" });
        throw new Problem({ slug: "offline" });
    }
}

/** What is repeated is safe to repeat: reads, and writes the server knows by their key. */
async function sent(method, url, body, options) {
    await hooks.ready();
    try {
        return await once(method, url, body, options);
    } catch (problem) {
        if (problem.slug !== "offline" || !(SAFE.has(method) || options.key)) throw problem;
        return once(method, url, body, options);
    }
}

function fieldOf({ pointer = "", detail = "", ...rest }) {
    return { ...rest, pointer, field: pointer.replace(/^\//, ""), message: detail };
}

function parsed(answer, said) {
    const isJson = /\bjson\b/.test(answer.headers.get("Content-Type") ?? "");
    try {
        return isJson && said ? JSON.parse(said) : said || null;
    } catch {
        return null;
    }
}

function problemOf(answer, body) {
    const given = body && typeof body === "object" ? body : {};
    const slug = answer.headers.get("X-Commonhold-Outcome") ?? String(given.type ?? "").split("/").pop();
    return new Problem({
        ...given, status: answer.status, slug: slug || "internal", requestId: answer.headers.get("X-Request-Id"),
        retryAfter: Number(answer.headers.get("Retry-After")) || undefined, errors: (given.errors ?? []).map(fieldOf) });
}

async function request(method, path, body, options) {
    const url = address(path, options.query);
    let { answer, said } = await sent(method, url, body, options);
    if (answer.status === 401 && !options.signingIn && (await hooks.signIn())) ({ answer, said } = await sent(method, url, body, options));
    const data = parsed(answer, said);
    if (!answer.ok) throw problemOf(answer, data);
    return { data, status: answer.status, etag: answer.headers.get("ETag"), headers: answer.headers };
}

/**
 * Reads. Without `signal` it ends with the page.
 * @param {string} path
 * @param {{query?: object, signal?: AbortSignal, headers?: object, signingIn?: boolean}} [options]
 * @returns {Promise<{data: any, status: number, etag: ?string, headers: Headers}>}
 */
export function get(path, options = {}) {
    return request("GET", path, undefined, options);
}

/**
 * Writes. `key` makes it repeatable (newKey, once per action), `etag` goes into If-Match. It goes on when the page changes.
 * @param {"POST"|"PUT"|"PATCH"|"DELETE"} method
 * @param {string} path
 * @param {any} [body] an object becomes JSON
 * @param {{key?: string, etag?: string, headers?: object, signal?: AbortSignal, query?: object, signingIn?: boolean}} [options]
 */
export function send(method, path, body, options = {}) {
    return request(method, path, body, options);
}
