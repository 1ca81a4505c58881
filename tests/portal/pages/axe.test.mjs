// SPDX-License-Identifier: AGPL-3.0-or-later
// axe on every page, in both themes, both languages and two widths; and no sideways scroll.
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../../services/portal/www/router.js";
import { CLOCK, PLACES, needsOf, placeOf } from "./answers.mjs";
import { axe, openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const paths = routes.map(({ path }) => path).filter((path) => path in PLACES);

async function open(path, options) {
    const opened = await openPage(here.browser, { clock: CLOCK, signedIn: needsOf(path) && here.stub.base, ...options });
    await opened.page.goto(here.stub.base + placeOf(path));
    await settled(opened.page);
    return opened;
}

/** Only tables of data may be scrolled sideways. */
function sideways(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

for (const language of ["en", "es"])
    for (const path of paths)
        test(`axe: ${path} in ${language}, both themes, both widths`, { skip, timeout: 120000 }, async () => {
            const { page, complaints } = await open(path, { language });
            const found = [];
            for (const theme of ["light", "dark"])
                for (const width of [1280, 320]) {
                    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
                    await page.setViewportSize({ width, height: 900 });
                    found.push(...(await axe(page)).map((one) => `${theme} ${width}: ${one}`));
                    if ((await sideways(page)) > 0) found.push(`${theme} ${width}: scrolls sideways by ${await sideways(page)}`);
                }
            assert.deepEqual([...found, ...complaints], []);
            await page.context().close();
        });
