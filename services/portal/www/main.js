// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the pages begin: language, theme, who is signed in, and then one page after the other inside the same frame.
import { leavePage } from "./api.js";
import { Frame, shown } from "./frame.js";
import { chooseLanguage, setLanguage, startLanguages, t } from "./i18n.js";
import { match, routes, start as startRouter, unknown } from "./router.js";
import { start as startSignIn } from "./signin.js";
import { setTheme, theme } from "./theme.js";
import { loadTrust } from "./trust.js";
import { html, render } from "./view.js";

async function loadCatalogue(name) {
    const answer = await fetch(new URL(`lang/${name}.json`, import.meta.url));
    return answer.json();
}

function languageChanged(name) {
    document.documentElement.lang = name === "qps" ? "en" : name;
    shown.value = { ...shown.value };
}

/** ?lang= holds for the tab, a choice on the page for this browser. */
function wishedLanguages() {
    const asked = new URLSearchParams(location.search).get("lang");
    if (asked) sessionStorage.setItem("language", asked);
    return [localStorage.getItem("language"), sessionStorage.getItem("language"), navigator.languages];
}

let moves = 0;

/**
 * Loads the page of the present address and shows it; of several that were asked for quickly, the last. Until it is there the old one stands
 * as it is: `turn` changes with the page, for a new turn makes a page anew and asks all its questions again.
 */
async function move() {
    const found = match(routes, location.pathname) ?? { route: unknown, params: {} };
    const turn = (moves += 1);
    const query = Object.fromEntries(new URLSearchParams(location.search));
    leavePage();
    shown.value = { ...shown.value, busy: true };
    const page = await found.route.load().catch((error) => ({ error }));
    if (moves !== turn) return;
    shown.value = { turn, page, route: found.route, params: found.params, query, title: null };
}

async function start() {
    setTheme(theme());
    startLanguages(loadCatalogue, languageChanged);
    const [charter] = await Promise.all([loadTrust().catch(() => null), startSignIn()]);
    await setLanguage(chooseLanguage(...wishedLanguages(), charter?.language));
    startRouter({
        ask: t("leave.unsaved"), onMove: move,
        onTitle: (title) => {
            if (shown.value.title !== title) shown.value = { ...shown.value, title };
        } });
    await move();
    document.body.replaceChildren();
    render(html`<${Frame} retry=${move} />`, document.body);
}

start();
