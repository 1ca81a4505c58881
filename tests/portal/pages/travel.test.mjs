// SPDX-License-Identifier: AGPL-3.0-or-later
// Every page by the Tab key alone: the skip link comes first and works, everything that can be used is reached once and shows its focus where it can be seen,
// and whoever goes on leaves the page again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../../services/portal/www/router.js";
import { CLOCK, PLACES, needsOf, placeOf } from "./answers.mjs";
import { openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const paths = routes.map(({ path }) => path).filter((path) => path in PLACES);
const OUTLINE = 2; // pixels at least
const INNER = 20; // stops inside of fields, at most

/** Numbers everything that takes part in Tab: how many there are. Of radio buttons of one name one does. */
function count(page) {
    return page.evaluate(() => {
        const usable = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((one) => one.checkVisibility({ visibilityProperty: true })
            && one.tabIndex >= 0 && !one.disabled && !one.closest("[inert]"));
        const groups = new Set();
        const stops = usable.filter((one) => one.type !== "radio" || (!groups.has(one.name) && groups.add(one.name)));
        for (const [n, one] of stops.entries()) one.dataset.stop = one.type === "radio" ? `radio ${one.name}` : n;
        return stops.length;
    });
}

/** What has the focus: its number, and what is wrong with how it shows; null: nothing of the page. */
function focused(page) {
    return page.evaluate((least) => {
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(one), box = one.getBoundingClientRect();
        const wrong = [];
        if (outlineStyle === "none" || parseFloat(outlineWidth) < least) wrong.push(`no focus to see: ${outlineStyle} ${outlineWidth}`);
        if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) wrong.push("focus outside the window");
        return { stop: one.type === "radio" ? `radio ${one.name}` : one.dataset.stop ?? null, html: one.outerHTML.slice(0, 100), wrong };
    }, OUTLINE);
}

for (const path of paths)
    test(`by the Tab key: ${path}`, { skip, timeout: 120000 }, async () => {
        const { page, complaints } = await openPage(here.browser, { clock: CLOCK, signedIn: needsOf(path) && here.stub.base });
        await page.goto(here.stub.base + placeOf(path));
        await settled(page);
        await page.evaluate(() => {
            document.activeElement?.blur();
            getSelection().removeAllRanges();
            scrollTo(0, 0);
        });
        const stops = await count(page), found = [], seen = [];
        await page.keyboard.press("Tab");
        const first = await focused(page);
        if (!/href="#/.test(first?.html ?? "")) found.push(`the first stop is no skip link: ${first?.html}`);
        for (let at = first, presses = 0; at && presses < stops + INNER; at = await focused(page), presses += 1) {
            if (at.stop !== seen.at(-1)) { // a field for a day or a month has stops of its own inside
                if (seen.includes(at.stop)) found.push(`reached twice: ${at.html}`);
                found.push(...at.wrong.map((wrong) => `${wrong}: ${at.html}`));
                seen.push(at.stop);
            }
            await page.keyboard.press("Tab");
        }
        if (seen.length !== stops) found.push(`${seen.length} of ${stops} reached`);
        await page.evaluate(() => document.querySelector("a[href^='#']").focus());
        await page.keyboard.press("Enter");
        await page.keyboard.press("Tab");
        const inside = await page.evaluate(() => document.activeElement === document.body || document.querySelector("main").contains(document.activeElement)
            || document.querySelector("main").compareDocumentPosition(document.activeElement) === Node.DOCUMENT_POSITION_FOLLOWING);
        if (!inside) found.push("the skip link does not lead to the main part");
        assert.deepEqual([...found, ...complaints], []);
        await page.context().close();
    });
