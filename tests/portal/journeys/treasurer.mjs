// SPDX-License-Identifier: AGPL-3.0-or-later
// The way of a batch through the pages, a deed a time: `import` a bank statement, `make` and freeze a batch and be refused as its approver, `approve` it
// with a key made here, `release` it; and `close` a month. What is seen goes to standard output.
import fs from "node:fs";
import path from "node:path";
import { input, journey } from "./journey.mjs";

const PASS = "a long pass phrase";
const seen = { deed: input.deed };
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Waits for a sentence anywhere in the page. */
const said = (page, text) => page.locator("body", { hasText: text }).waitFor();

/** Presses a deed's button, and the one in its dialog. */
async function deed(page, name) {
    await button(page, name).click();
    await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** A key of this approver, made in the page and saved where downloads go. */
async function makeKey(page) {
    await page.getByText("I have no key yet").click();
    const form = page.locator("details[open] form");
    await form.getByLabel("Pass phrase of your key").fill(PASS);
    await form.getByLabel("The pass phrase once more").fill(PASS);
    const saving = page.waitForEvent("download");
    await form.getByRole("button").click();
    const file = path.join(input.folder, `${input.email}.pem`);
    await (await saving).saveAs(file);
    await said(page, "Your key is registered");
    return file;
}

async function sign(page, file, pass = PASS) {
    await page.getByLabel("Your key file").setInputFiles(file);
    await page.locator("form", { hasText: "You approve as" }).getByLabel("Pass phrase of your key").fill(pass);
    await button(page, "Read the file and sign").click();
}

const deeds = {
    async import(page) {
        await page.goto(`${input.base}/treasury`);
        await page.locator("input[type=file]").setInputFiles(input.file);
        await button(page, "Import the statement").click();
        await said(page, input.sentence);
    },
    async make(page) {
        await page.goto(`${input.base}/treasury/batches`);
        await button(page, "Make a batch").click();
        await page.waitForURL(/\/treasury\/batches\/[0-9a-f-]{36}$/);
        seen.batch = page.url().split("/").at(-1);
        await deed(page, "Freeze and write the file");
        await button(page, "Read the file and sign").waitFor();
        const file = await makeKey(page);
        await sign(page, file, "another pass phrase");
        await said(page, "does not open with this pass phrase");
        await sign(page, file);
        const alert = page.locator("form", { hasText: "You approve as" }).getByRole("alert");
        await alert.waitFor();
        seen.refused = await alert.textContent();
    },
    async approve(page) {
        await page.goto(`${input.base}/treasury/batches/${input.batch}`);
        await button(page, "Read the file and sign").waitFor();
        const file = await makeKey(page);
        await sign(page, file);
        await said(page, "You have approved this batch.");
        seen.key = fs.readFileSync(file, "utf8").split("\n")[0];
    },
    async release(page) {
        await page.goto(`${input.base}/treasury/batches/${input.batch}`);
        await deed(page, "Release to the bank");
        await page.locator("main strong.mark", { hasText: "sent" }).waitFor({ timeout: 60000 });
        seen.releases = await button(page, "Release to the bank").count();
        const payments = page.locator("table", { hasText: "End-to-end id" }).locator("tbody tr");
        await payments.first().waitFor();
        seen.payments = await payments.count();
    },
    async close(page) {
        await page.goto(`${input.base}/treasury?period=${input.month}`);
        await page.locator("main tbody tr", { hasText: "earlier months are closed" }).waitFor();
        seen.checks = await page.locator("main tbody tr").allTextContents();
        const close = page.getByRole("button", { name: /^Close / });
        if ((await close.count()) === 0) return;
        await close.click();
        await page.getByRole("dialog").getByRole("button", { name: /^Close / }).last().click();
        await page.locator("main strong.mark", { hasText: "closed" }).waitFor();
        seen.hash = (await page.locator("main .facts .hash").textContent()).replaceAll(" ", "");
    },
};

await journey(seen, deeds[input.deed]);
