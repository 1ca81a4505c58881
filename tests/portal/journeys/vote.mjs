// SPDX-License-Identifier: AGPL-3.0-or-later
// What a voter does in a browser, by keyboard alone. Standard input is one JSON object {base, email, password, proposal, choice, other, lose}; lose: the
// answer to the first cast is lost on its way. Standard output is one JSON object: what was seen and sent, and every error, warning and failed request.
import { input, journey } from "./journey.mjs";

const seen = { casts: [], addresses: [], storage: null, tracker: null, review: null };

function watch(page) {
    page.on("request", (request) => {
        seen.addresses.push(request.url());
        if (request.url().endsWith("/cast-ballot")) seen.casts.push(request.postData());
    });
    page.on("response", (response) => response.status() >= 400 && seen.complaints.push(`${response.status()} ${response.url()}`));
}

/** Tab until what has the focus fits; never more than the page has places. */
async function tabTo(page, locator) {
    for (let i = 0; i < 200; i++) {
        await page.keyboard.press("Tab");
        if (await locator.evaluate((node) => node === document.activeElement)) return;
    }
    throw new Error(`the keyboard does not reach ${locator}`);
}

async function fill(page, choice) {
    const radios = page.locator("[data-step=ballot] input[type=radio]"), wanted = radios.nth(["yes", "no", "abstain"].indexOf(choice));
    await radios.first().waitFor();
    const chosen = page.locator("[data-step=ballot] input[type=radio]:checked");
    await tabTo(page, await chosen.count() ? chosen : radios.first());
    await page.keyboard.press("Space");
    for (let i = 0; i < 3 && !(await wanted.isChecked()); i++) await page.keyboard.press("ArrowDown");
    if (!(await wanted.isChecked())) throw new Error("the choice is not what the keyboard chose");
    await tabTo(page, page.locator("[data-step=ballot] button[type=submit]"));
    await page.keyboard.press("Enter");
    await page.locator("[data-step=review]").waitFor();
}

await journey(seen, async (page, context) => {
    watch(page);
    if (input.lose) {
        // the trust gets the record, the page does not get the answer
        await page.route("**/cast-ballot", async (route) => {
            await context.request.fetch(route.request());
            await route.abort("connectionreset");
        }, { times: 3 });
    }
    await page.goto(`${input.base}/vote/${input.proposal}`);
    await fill(page, input.other);
    await tabTo(page, page.locator("[data-step=review] button").nth(1));
    await page.keyboard.press("Enter");
    await fill(page, input.choice);
    seen.review = await page.locator("[data-step=review] strong").first().textContent();
    const cast = page.locator("[data-step=review] button").first();
    await tabTo(page, cast);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter"); // twice in a row casts once
    await page.locator("[data-step=receipt]").waitFor({ timeout: 60000 });
    seen.tracker = await page.locator("output.tracker").textContent();
    seen.storage = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.cookie]));
    await page.reload();
    await page.locator("[data-step=voted]").waitFor();
    seen.ballotAfter = await page.locator("[data-step=ballot]").count();
    seen.trackerAfter = (await page.content()).includes(seen.tracker);
});
