// SPDX-License-Identifier: AGPL-3.0-or-later
// What stands on paper, as text: the sheets are those kept in sheets/, word by word, and a statement's figures are those of the interface. CH_SHEETS=write
// keeps what is printed now; read the difference before it is committed.
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { ANSWERS, CLOCK, placeOf } from "./answers.mjs";
import { openPage, settled } from "./browser.mjs";
import { stage } from "./stage.mjs";

const here = stage(), { skip } = here;
const STATEMENT = /^GET (\/payout\/v1\/statements\/([0-9a-f-]{36}))$/;
const statements = Object.keys(ANSWERS).map((name) => STATEMENT.exec(name)).filter(Boolean).sort(([left], [right]) => (left < right ? -1 : 1));
const sheets = [...statements.map(([, , id], n) => [`statement-${n + 1}`, `/me/statements/${id}`]),
    ...[["decision", "/decisions/:id"], ["consent", "/me/consents/:id"], ["contribution", "/me/contribute/:id"], ["trial-balance", "/treasury"]]
        .map(([name, path]) => [name, placeOf(path)])];

async function printed(place, language) {
    here.stub.state = "filled";
    const { page, complaints } = await openPage(here.browser, { clock: CLOCK, signedIn: here.stub.base, language });
    await page.goto(here.stub.base + place);
    await settled(page);
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const text = await page.evaluate(() => document.body.innerText);
    const margins = await page.evaluate(() => document.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join("\n"));
    return { page, complaints, margins, text: text.split("\n").map((line) => line.replace(/[^\S\n]+/g, " ").trim()).filter(Boolean).join("\n") };
}

test("three statements are there", () => assert.equal(statements.length, 3));

for (const [name, place] of sheets)
    for (const language of ["en", "es"])
        test(`${name} on paper, ${language}`, { skip, timeout: 60000 }, async () => {
            const file = new URL(`sheets/${name}.${language}.txt`, import.meta.url);
            const { page, complaints, text, margins } = await printed(place, language);
            const sheet = `${text}\n`;
            if (process.env.CH_SHEETS === "write") fs.writeFileSync(file, sheet);
            assert.equal(sheet, fs.readFileSync(file, "utf8"));
            assert.match(margins, /counter\(page\)[\s\S]*counter\(pages\)/);
            const shown = await page.locator("button:visible, nav:visible, form:visible, footer:visible, canvas:visible, details:not([open]):visible").count();
            assert.deepEqual([shown, complaints], [0, []]);
            await page.context().close();
        });

for (const [name, address, id] of statements)
    test(`the figures of statement ${id} are the interface's`, { skip, timeout: 60000 }, async () => {
        const { body } = ANSWERS[name], { page } = await printed(`/me/statements/${id}`, "en");
        const euros = (minor) => new Intl.NumberFormat("en", { style: "currency", currency: body.currency, currencyDisplay: "code" }).format(minor / 100).replace(/\s/g, " ");
        const cells = (rows) => rows.evaluateAll((all) => all.map((row) => [...row.cells].slice(-3).map((cell) => cell.innerText.replace(/\s/g, " ").trim())));
        assert.equal(await page.locator("strong[data-amount]").getAttribute("data-amount"), (body.amount / 100).toFixed(2));
        assert.deepEqual(await cells(page.locator("table").first().locator("tbody tr")), body.steps.map((step) => [step.base, step.amount, step.remaining].map(euros)));
        assert.equal(body.line.amount, body.amount, address);
        assert.equal(body.steps.reduce((sum, step) => sum + step.amount, 0) + body.carried, body.pot + body.carried_in);
        await page.context().close();
    });
