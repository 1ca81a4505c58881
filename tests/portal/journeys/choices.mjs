// SPDX-License-Identifier: AGPL-3.0-or-later
// Ballots that are more than yes or no, filled in in a browser. Standard input is one JSON object {base, email, password, proposal, rank: [names] | projects:
// [titles], dear: title}; standard output: what was said, the review, and the tracker.
import { input, journey, listen } from "./journey.mjs";

const seen = { said: [] };

/** The first by its button, the next by its choice number; then the two change places and change back. */
async function rank(page) {
    const box = (name) => page.locator("fieldset.candidate", { has: page.locator("legend", { hasText: name }) });
    const [first, ...others] = input.rank;
    await box(first).locator("button").first().click();
    for (const [i, name] of others.entries()) await box(name).locator("select").selectOption(String(i + 2));
    await box(first).locator("button").nth(1).click();
    await box(first).locator("button").first().click();
    seen.listed = await page.locator("[data-step=ballot] ol li").allTextContents();
}

async function choose(page) {
    const box = (title) => page.locator("[data-step=ballot] label", { hasText: title }).locator("input");
    for (const title of input.projects) await box(title).check();
    seen.marked = await box(input.dear).getAttribute("aria-disabled");
    await box(input.dear).focus();
    await page.keyboard.press("Space");
    seen.dear = await box(input.dear).isChecked();
    await box(input.projects[0]).uncheck();
    await box(input.projects[0]).check();
}

await journey(seen, async (page) => {
    await page.goto(`${input.base}/vote/${input.proposal}`);
    await page.locator("[data-step=ballot]").waitFor();
    await listen(page, seen.said);
    await (input.rank ? rank : choose)(page);
    await page.locator("[data-step=ballot] button[type=submit]").click();
    seen.review = await page.locator("[data-step=review] strong").first().textContent();
    await page.locator("[data-step=review] button").first().click();
    seen.tracker = await page.locator("output.tracker").textContent();
});
