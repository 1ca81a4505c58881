// SPDX-License-Identifier: AGPL-3.0-or-later
// What people in offices do on their pages, a deed a time: `admit` somebody who wants to join, `open` the account with the invite that was shown, `post` a steward's key
// made here, `reveal` it from its file, `accuse` a member and call them to a hearing, `answer` there. What is seen goes to standard output.
import path from "node:path";
import { input, journey } from "./journey.mjs";

const PASS = "a long pass phrase";
const seen = { deed: input.deed };
const button = (page, name) => page.getByRole("button", { name, exact: true });
const said = (page, text) => page.locator("main", { hasText: text }).waitFor();

const deeds = {
    async admit(page) {
        await page.goto(`${input.base}/work`);
        await page.getByText(`Decide on ${input.applicant}`).click();
        const form = page.locator("details[open] form");
        await button(form, "Decide").click();
        await form.getByRole("link", { name: "Choose yes or no." }).waitFor();
        await form.getByRole("radio", { name: "yes, admitted" }).check();
        await button(form, "Decide").click();
        await said(page, `${input.applicant} is admitted`);
        seen.invite = await page.locator("main .summary code").textContent();
        await page.getByText("Nobody waits to be admitted.").waitFor();
    },
    async open(page, context) {
        await context.clearCookies();
        await page.goto(input.invite);
        await page.getByLabel("E-mail address").fill(input.address);
        for (const field of await page.locator("main input[type=password]").all()) await field.fill(input.secret);
        await page.locator("main form").getByRole("button").last().click();
        await page.waitForURL(/\/me$/);
    },
    async accuse(page) {
        await page.goto(`${input.base}/proposals/new`);
        await page.locator("#proposal-type").selectOption("expulsion");
        await page.locator("[name=title]").fill("An expulsion");
        await page.locator("[name=text]").first().fill("What was done.");
        await page.getByLabel("Member", { exact: true }).fill(input.accused);
        await page.locator("main form").first().getByRole("button").last().click();
        await page.waitForURL(/\/proposals\/[0-9a-f-]{36}\/edit$/);
        seen.proposal = page.url().split("/").at(-2);
        await said(page, "Nobody was called yet.");
        await page.getByLabel("What the member is called to, or what was said").fill("Come on Monday.");
        await button(page, "Call, or record").click();
        await page.locator("main form .summary").waitFor();
        await page.getByLabel("Time of the hearing").fill(input.time);
        await button(page, "Call, or record").click();
        await page.locator("main ol li", { hasText: "Come on Monday." }).waitFor();
    },
    async answer(page) {
        await page.goto(`${input.base}/decisions/${input.proposal}`);
        await page.locator("main ol li", { hasText: "Come on Monday." }).waitFor();
        await page.getByLabel("Your answer").fill("It was not me.");
        await button(page, "Answer").click();
        await page.locator("main ol li", { hasText: "It was not me." }).waitFor();
        seen.heard = await page.locator("main ol li strong").allTextContents();
    },
    async post(page) {
        await page.goto(`${input.base}/steward/${input.proposal}`);
        await page.getByLabel("Pass phrase of your key").fill(PASS);
        await page.getByLabel("The pass phrase once more").fill("another one, long too");
        await button(page, "Make the key, save the file, post the public half").click();
        await page.locator("main form .summary").waitFor();
        await page.getByLabel("The pass phrase once more").fill(PASS);
        const saving = page.waitForEvent("download");
        await button(page, "Make the key, save the file, post the public half").click();
        await (await saving).saveAs(path.join(input.folder, "steward.pem"));
        await said(page, "Your class has posted its key.");
        seen.rows = await page.locator("main tbody tr").allTextContents();
    },
    async reveal(page) {
        await page.goto(`${input.base}/steward/${input.proposal}`);
        await page.getByLabel("Your key file").setInputFiles(path.join(input.folder, "steward.pem"));
        await page.getByLabel("Pass phrase of your key").fill("not this one at all");
        await button(page, "Reveal your key").click();
        await page.locator("main form .summary").waitFor();
        seen.wrong = await page.locator("main form .summary").textContent();
        await page.getByLabel("Pass phrase of your key").fill(PASS);
        await button(page, "Reveal your key").click();
        await said(page, "Your key is revealed. A second one opens the box.");
    },
};

await journey(seen, deeds[input.deed]);
