// SPDX-License-Identifier: AGPL-3.0-or-later
// What anybody does behind a vote: looks a tracker up on its page, and has the browser check the whole bundle. Standard input is one JSON object
// {base, email, password, proposal, tracker}; standard output one JSON object with what the page said.
import { input, journey } from "./journey.mjs";

const seen = {};
await journey(seen, async (page) => {
    await page.goto(`${input.base}/vote/${input.proposal}`);
    await page.locator("#tracker").fill(input.tracker.toLowerCase().replaceAll("-", " "));
    await page.keyboard.press("Enter");
    seen.tracker = await page.locator("[data-tracker]").getAttribute("data-tracker");
    await page.locator("#own-tracker").fill(input.tracker);
    await page.keyboard.press("Enter");
    seen.bundle = await page.locator("[data-bundle]").getAttribute("data-bundle");
    seen.said = await page.locator("[data-bundle]").textContent();
    seen.wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}, { width: 320, language: "es" });
