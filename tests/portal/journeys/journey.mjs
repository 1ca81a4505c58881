// SPDX-License-Identifier: AGPL-3.0-or-later
// What every journey is made of: who travels (standard input, one JSON object with base, and email and password or cookies), a browser in which they are signed in,
// and what was seen and complained of, which becomes one JSON object on standard output.
import fs from "node:fs";
import { launch } from "../pages/browser.mjs";

export const input = JSON.parse(fs.readFileSync(0, "utf8"));

/** As whoever travels: by their cookies, where they are signed in elsewhere already, else with password and code. */
async function enter(context) {
    if (input.cookies) {
        await context.addCookies(Object.entries(input.cookies).map(([name, value]) => ({ name, value, domain: "127.0.0.1", path: name === "ch_signin" ? "/portal" : "/" })));
        return;
    }
    const signed = await context.request.post(`${input.base}/portal/v1/sign-ins`, { data: { email: input.email, password: input.password, ...(input.code ? { code: input.code } : {}) } });
    if (signed.status() !== 201) throw new Error(`sign-in: ${signed.status()}`);
}

/** Runs `deed(page, context)` and prints `seen`, with the errors and warnings of the console as its `complaints`. */
export async function journey(seen, deed, { width = 1280, language = "en" } = {}) {
    seen.complaints = [];
    const browser = await launch();
    try {
        const context = await browser.newContext({ viewport: { width, height: 900 }, locale: language });
        await enter(context);
        const page = await context.newPage();
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.complaints.push(message.text()));
        page.on("pageerror", (error) => seen.complaints.push(String(error)));
        await deed(page, context);
    } finally {
        await browser.close();
    }
    console.log(JSON.stringify(seen));
}

/** From now on `said` takes what the live regions of the page say. */
export async function listen(page, said) {
    await page.exposeFunction("spoken", (text) => text && said.push(text));
    await page.evaluate(() => {
        for (const region of document.querySelectorAll("[aria-live]"))
            new MutationObserver(() => window.spoken(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
    });
}
