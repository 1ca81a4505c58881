// SPDX-License-Identifier: AGPL-3.0-or-later
// A case before the ethics council, a deed a time: one seat may `propose` a condition, each may `vote` after looking at the list, and anybody may `read` what came of it.
// What is seen goes to standard output.
import { input, journey } from "./journey.mjs";

const seen = { deed: input.deed };
const button = (page, name) => page.getByRole("button", { name, exact: true });
const said = (page, text) => page.locator("main", { hasText: text }).first().waitFor();

async function fromList(page) {
    await page.goto(`${input.base}/council`);
    const row = page.locator("main tr", { has: page.locator(`a[href="/council/${input.case}"]`) });
    await row.waitFor();
    seen.row = await row.textContent();
    await row.getByRole("link").click();
    await page.waitForURL(`**/council/${input.case}`);
}

const deeds = {
    async propose(page) {
        await fromList(page);
        await page.locator("summary", { hasText: "Propose a condition" }).click();
        const form = page.locator("details[open] form");
        await form.locator("[name=id]").fill("C1");
        await form.locator("[name=kind]").selectOption("max_days");
        await form.locator("[name=value]").fill("30");
        await form.getByRole("button").click();
        const condition = page.locator("main ol li", { hasText: "30" });
        await condition.waitFor();
        seen.condition = await condition.textContent();
    },
    async vote(page) {
        await fromList(page);
        await button(page, "Cast the vote").click();
        await page.locator("main form .summary").waitFor();
        seen.missing = await page.locator("main form .summary a").allTextContents();
        await page.getByRole("radio", { name: "yes", exact: true }).check();
        await page.getByLabel("Main reason").selectOption("safeguards");
        await page.getByLabel("Your reasons in words").fill("The safeguards hold.");
        await button(page, "Cast the vote").click();
        await said(page, "You have voted: yes.");
    },
    async read(page) {
        await page.goto(`${input.base}/council/${input.case}`);
        await page.locator("main table", { hasText: "The safeguards hold." }).waitFor();
        seen.state = await page.locator("main strong.mark").first().textContent();
        seen.votes = await page.locator("main table", { hasText: "The safeguards hold." }).first().locator("tbody tr").count();
        seen.kept = await page.locator("main ul li", { hasText: "30" }).first().textContent();
    },
};

await journey(seen, deeds[input.deed]);
