// SPDX-License-Identifier: AGPL-3.0-or-later
// Every page in the pseudo-locale: whatever stands outside its brackets is data or a number, a day, a unit of Intl; no control is cut off, and nothing but tables
// of data makes a narrow page scroll sideways.
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../../services/portal/www/router.js";
import { ANSWERS, CLOCK, PLACES, needsOf, placeOf } from "./answers.mjs";
import { openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const paths = routes.map(({ path }) => path).filter((path) => path in PLACES);

/** All strings of a recorded answer, and its names: what people wrote and what the interfaces call things. */
function strings(value, found = new Set()) {
    if (typeof value === "string") for (const line of value.split("\n")) found.add(line.trim());
    else if (value !== null && typeof value === "object") for (const [name, one] of Object.entries(value)) strings(one, found.add(name));
    return found;
}
const DATA = [...strings(Object.values(ANSWERS).map((one) => one.body))].join("\n");

const MONTHS = [...Array(12).keys()].flatMap((n) => ["long", "short"].map((month) => new Intl.DateTimeFormat("en", { month }).format(new Date(Date.UTC(2026, n, 15)))));
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"], REGIONS = new Intl.DisplayNames("en", { type: "region" });
const COUNTRIES = LETTERS.flatMap((one) => LETTERS.map((two) => REGIONS.of(one + two))).flatMap((name) => name.match(/[\p{L}]{2,}/gu));
/** Words that Intl brings, and the names that languages have for themselves. */
const INTL = new RegExp(`^(?:${[...MONTHS, ...COUNTRIES, "EUR", "AM", "PM", "UTC", "GMT", "English", "Español", "MB", "kB", "byte", "bytes"].join("|")})$`);

/** What is left of a text outside brackets, as words that are neither data nor Intl's. */
function loose(text) {
    let depth = 0, outside = "";
    for (const letter of text) {
        if (letter === "[") depth += 1;
        if (depth === 0) outside += letter;
        if (letter === "]") depth -= 1;
    }
    const rest = outside.trim();
    if (rest === "" || DATA.includes(rest)) return [];
    return (rest.match(/[\p{L}_]{2,}/gu) ?? []).filter((word) => !INTL.test(word) && !DATA.includes(word));
}

/** Texts shown, but for what is marked as code, as a time, as written by people; with the labels that only screen readers say. */
function texts(page) {
    return page.evaluate(() => {
        const found = [], shown = (element) => element.checkVisibility() && !element.closest("code, pre, time, .written, .money, script, style, [lang]:not(html)");
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) if (shown(walker.currentNode.parentElement)) found.push(walker.currentNode.nodeValue);
        for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]"))
            if (shown(element)) for (const name of ["aria-label", "title", "placeholder"]) found.push(element.getAttribute(name) ?? "");
        return found;
    });
}

/** Controls whose text does not fit in them, and how far the page scrolls sideways. */
function squeezed(page) {
    return page.evaluate(() => {
        const cut = [...document.querySelectorAll("button, a, summary, label, legend, th, h1, h2, h3, h4")].filter((one) => one.checkVisibility() && !one.closest("table")
            && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1).map((one) => `cut off: ${one.outerHTML.slice(0, 120)}`);
        const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        return over > 0 ? [...cut, `scrolls sideways by ${over}`] : cut;
    });
}

for (const path of paths)
    test(`pseudo-locale: ${path}`, { skip, timeout: 120000 }, async () => {
        const { page, complaints } = await openPage(here.browser, { clock: CLOCK, signedIn: needsOf(path) && here.stub.base });
        const place = placeOf(path);
        await page.goto(`${here.stub.base}${place}${place.includes("?") ? "&" : "?"}lang=qps`);
        await settled(page);
        assert.match((await page.textContent("footer")) ?? "", /\[.*·+\]/, "the catalogue is not the pseudo-locale's");
        const found = [...new Set((await texts(page)).flatMap(loose))].map((word) => `not translated: ${word}`);
        for (const width of [1280, 320]) {
            await page.setViewportSize({ width, height: 900 });
            found.push(...(await squeezed(page)).map((one) => `${width}: ${one}`));
        }
        assert.deepEqual([...found, ...complaints], []);
        await page.context().close();
    });
