// SPDX-License-Identifier: AGPL-3.0-or-later
// Which pages there are, which one an address means, and the way from page to page: history, scroll, focus, title, and the question before unsaved work
// is left. It draws nothing. The server answers 200 for these addresses and 404 for all others: build.sh writes the paths into assets.json.

/**
 * `needs`: who must be signed in for the page to make sense; what they may see is decided by the interfaces.
 * `nav`: the menu the page stands in, with `menu.<path>` as its text; one of offices, for those who hold one of them.
 * @type {{path: string, load: () => Promise<{title: string, default: Function}>, needs?: "person"|"member"|"licensee", nav?: "public"|"own"|"office",
 *     offices?: string[]}[]}
 */
export const routes = [
    { path: "/", load: () => import("./pages/home.js") },
    { path: "/charter", load: () => import("./pages/charter.js"), nav: "public" },
    { path: "/assets", load: () => import("./pages/assets.js"), nav: "public" },
    { path: "/catalogue", load: () => import("./pages/catalogue.js"), nav: "public" },
    { path: "/catalogue/:pool", load: () => import("./pages/pool.js") },
    { path: "/decisions", load: () => import("./pages/decisions.js"), nav: "public" },
    { path: "/decisions/:id", load: () => import("./pages/decision.js") },
    { path: "/impact", load: () => import("./pages/impact.js"), nav: "public" },
    { path: "/grants", load: () => import("./pages/grants.js"), nav: "public" },
    { path: "/verify", load: () => import("./pages/verify.js"), nav: "public" },
    { path: "/sign-in", load: () => import("./pages/sign-in.js") },
    { path: "/join", load: () => import("./pages/join.js") },
    { path: "/join/organisation", load: () => import("./pages/organisation.js") },
    { path: "/accessibility", load: () => import("./pages/accessibility.js") },
    { path: "/problems/:slug", load: () => import("./pages/problem.js") },
    { path: "/me", load: () => import("./pages/me.js"), needs: "member", nav: "own" },
    { path: "/me/contribute", load: () => import("./pages/contribute.js"), needs: "member", nav: "own" },
    { path: "/me/contribute/:id", load: () => import("./pages/contribution.js"), needs: "member" },
    { path: "/me/consents", load: () => import("./pages/consents.js"), needs: "member", nav: "own" },
    { path: "/me/consents/:id", load: () => import("./pages/consent-receipt.js"), needs: "member" },
    { path: "/me/statements", load: () => import("./pages/statements.js"), needs: "member", nav: "own" },
    { path: "/me/statements/:id", load: () => import("./pages/statement.js"), needs: "member" },
    { path: "/me/account", load: () => import("./pages/account.js"), needs: "person", nav: "own" },
    { path: "/budget", load: () => import("./pages/budget.js"), nav: "own" },
    { path: "/proposals/new", load: () => import("./pages/proposal-new.js"), needs: "member" },
    { path: "/proposals/:id/edit", load: () => import("./pages/proposal-edit.js"), needs: "member" },
    { path: "/vote/:id", load: () => import("./pages/vote.js"), needs: "member" },
    { path: "/licences", load: () => import("./pages/licences.js"), needs: "licensee", nav: "own" },
    { path: "/licences/:id", load: () => import("./pages/licence.js"), needs: "licensee" },
    { path: "/apply", load: () => import("./pages/apply.js"), needs: "licensee", nav: "own" },
    { path: "/apply/:id", load: () => import("./pages/apply-edit.js"), needs: "licensee" },
    { path: "/cases/:id", load: () => import("./pages/case.js"), needs: "person" },
    { path: "/treasury", load: () => import("./pages/treasury.js"), needs: "member", nav: "office", offices: ["treasurer"] },
    { path: "/treasury/invoices", load: () => import("./pages/treasury-invoices.js"), needs: "member", nav: "office", offices: ["treasurer"] },
    { path: "/treasury/invoices/:id", load: () => import("./pages/treasury-invoice.js"), needs: "member" },
    { path: "/treasury/budget", load: () => import("./pages/treasury-budget.js"), needs: "member", nav: "office", offices: ["treasurer"] },
    { path: "/treasury/batches", load: () => import("./pages/treasury-batches.js"), needs: "member", nav: "office", offices: ["treasurer"] },
    { path: "/treasury/batches/:id", load: () => import("./pages/treasury-batch.js"), needs: "member" },
    { path: "/treasury/runs/:id", load: () => import("./pages/treasury-run.js"), needs: "member" },
    { path: "/council", load: () => import("./pages/council.js"), needs: "member", nav: "office", offices: ["council"] },
    { path: "/council/prohibitions", load: () => import("./pages/prohibitions.js"), needs: "member" },
    { path: "/council/:id", load: () => import("./pages/council-case.js"), needs: "member" },
    { path: "/board", load: () => import("./pages/board.js"), needs: "member", nav: "office", offices: ["board"] },
    { path: "/board/oversight", load: () => import("./pages/oversight.js"), needs: "member", nav: "office", offices: ["board"] },
    { path: "/steward/:id", load: () => import("./pages/steward.js"), needs: "member" },
    { path: "/panel/:id", load: () => import("./pages/panel.js"), needs: "person" },
    { path: "/work", load: () => import("./pages/work.js"), needs: "member", nav: "office",
        offices: ["membership_officer", "licensing_officer", "steward", "steward_deputy", "appeals", "conduct"] },
    { path: "/members", load: () => import("./pages/members.js"), needs: "member", nav: "office", offices: ["membership_officer"] },
    { path: "/audit", load: () => import("./pages/audit.js"), needs: "member", nav: "office", offices: ["board", "council", "treasurer"] },
];

/** What an address without a page shows. */
export const unknown = { path: "", load: () => import("./pages/unknown.js") };

/** Addresses of the interfaces and of files: the browser's own business, not a page's. */
const ELSEWHERE = /^\/([a-z]+\/v1\/|log\/|\.well-known\/|a\/|healthz$|readyz$|metrics$)/;

/** Parameters of `path` under a pattern such as /decisions/:id; null when it is another path. */
export function paramsOf(pattern, path) {
    const wanted = pattern.split("/"), given = path.split("/");
    if (wanted.length !== given.length) return null;
    const params = {};
    for (const [n, part] of wanted.entries()) {
        if (!part.startsWith(":")) {
            if (part !== given[n]) return null;
            continue;
        }
        if (given[n] === "") return null;
        try {
            params[part.slice(1)] = decodeURIComponent(given[n]);
        } catch {
            return null;
        }
    }
    return params;
}

/** The first route of the table that takes the path, with its parameters; null without one. */
export function match(routes, path) {
    for (const route of routes) {
        const params = paramsOf(route.path, path);
        if (params) return { route, params };
    }
    return null;
}

/** Is this an address that one of our pages answers, rather than a file or an interface? */
export function isPage(url, origin) {
    return url.origin === origin && !ELSEWHERE.test(url.pathname);
}

let moved = () => {}; // told after each change of address
let named = () => {}; // told when a page has found its title
let question = "";
const guards = new Set();
let at = ""; // address shown, to come back to when somebody stays

/** Gives the page shown a title that is known only now; it becomes h1 and part of the document's title. */
export function setTitle(text) {
    named(text);
}

/** While `isUnsaved` says true, leaving asks first. Returns the function that ends this. */
export function guard(isUnsaved) {
    guards.add(isUnsaved);
    return () => guards.delete(isUnsaved);
}

function mayLeave() {
    return ![...guards].some((isUnsaved) => isUnsaved()) || window.confirm(question);
}

function keepScroll() {
    history.replaceState({ ...history.state, scroll: window.scrollY }, "");
}

/** Goes to another address of ours; `replace` leaves no trace of the present one. */
export function navigate(address, { replace = false } = {}) {
    if (!mayLeave()) return;
    guards.clear();
    keepScroll();
    history[replace ? "replaceState" : "pushState"]({ scroll: 0 }, "", address);
    at = location.href;
    moved();
}

function plainClick(event) {
    return event.button === 0 && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function clicked(event) {
    const link = plainClick(event) ? event.target.closest?.("a[href]") : null;
    if (!link || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (!isPage(url, location.origin)) return;
    if (url.pathname === location.pathname && url.search === location.search && url.hash) return; // a place on this page
    event.preventDefault();
    navigate(url.pathname + url.search + url.hash);
}

function wentBack() {
    const here = new URL(location.href), before = new URL(at);
    if (here.pathname === before.pathname && here.search === before.search) return;
    if (!mayLeave()) {
        history.pushState({ scroll: 0 }, "", at);
        return;
    }
    guards.clear();
    at = location.href;
    moved();
}

/** After the page shown was drawn: the place it was left at, or its heading. */
export function arrive(heading) {
    const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (target) target.scrollIntoView();
    else window.scrollTo(0, history.state?.scroll ?? 0);
    heading?.focus({ preventScroll: true });
}

/**
 * Begins to listen. `onMove` is called after each change of address, `onTitle` with a title that a page has found, `ask` is the question before unsaved
 * work is left.
 */
export function start({ onMove, onTitle, ask }) {
    moved = onMove;
    named = onTitle;
    question = ask;
    at = location.href;
    history.scrollRestoration = "manual";
    document.addEventListener("click", clicked);
    window.addEventListener("popstate", wentBack);
    window.addEventListener("beforeunload", (event) => {
        if ([...guards].some((isUnsaved) => isUnsaved())) event.preventDefault();
    });
}
