// SPDX-License-Identifier: AGPL-3.0-or-later
// Chromium with its ears open: whatever the console, the policy or the network complains of is kept. Where something is missing it says why.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../services/portal/package.json", import.meta.url));

/** The folder of the built pages. */
export const BUILT = process.env.CH_PORTAL ?? new URL("../../../build/portal", import.meta.url).pathname;
const CHROMIUM = process.env.CH_CHROMIUM ?? "/usr/bin/chromium";

/** Why no page can be opened here; undefined: it can. */
export function missing() {
    if (!fs.existsSync(`${BUILT}/assets.json`)) return `the pages are not built in ${BUILT}: make portal says why`;
    if (!fs.existsSync(CHROMIUM)) return `${CHROMIUM} is not there (CH_CHROMIUM names another)`;
    return undefined;
}

export async function launch() {
    const { chromium } = require("playwright-core");
    return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/**
 * A page and what is complained of on it.
 * @param {{ clock?: string, signedIn?: string, width?: number, theme?: string, language?: string }} options signedIn: the address, whose cookie is set
 */
export async function openPage(browser, { clock, signedIn, width = 1280, theme = "light", language = "en" } = {}) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, locale: language, timezoneId: "Europe/Madrid", reducedMotion: "reduce" });
    if (signedIn) await context.addCookies([{ name: "ch_csrf", value: "stub", url: signedIn }]);
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`));
    page.on("pageerror", (error) => complaints.push(`error: ${error.stack}`));
    page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    if (clock) await page.clock.setFixedTime(clock);
    return { page, complaints };
}

/** Waits until the page stands: its heading, and nothing that is still loading. */
export async function settled(page) {
    await page.waitForSelector("main h1");
    await page.waitForFunction(() => !document.querySelector("main [aria-busy=true], main[aria-busy=true]"));
}

/** The accessibility rules of every level that is promised, none switched off. */
export async function axe(page) {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(() => window.axe.run(document, {
        resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
}
