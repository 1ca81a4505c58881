// SPDX-License-Identifier: AGPL-3.0-or-later
// A member uploads a file in a browser while the line is cut once, and reads the report. Standard input is one JSON object {base, email, password, pool,
// file, columns}; columns: field of each column, "" to leave it out. Standard output: what was said on the way and at the end.
import { input, journey, listen } from "./journey.mjs";

const seen = { said: [], patches: 0, heads: 0 };
await journey(seen, async (page) => {
    await page.route("**/licensing/v1/uploads/*", async (route) => {
        const method = route.request().method();
        if (method === "HEAD") seen.heads += 1;
        if (method === "PATCH" && ++seen.patches === 2) return route.abort("connectionreset");
        return route.continue();
    });
    await page.goto(`${input.base}/me/contribute`);
    await page.locator("main select").first().selectOption(input.pool);
    await listen(page, seen.said);
    await page.locator("#files").setInputFiles(input.file);
    const columns = page.locator("fieldset select");
    await columns.first().waitFor();
    for (const [i, field] of input.columns.entries()) await columns.nth(i).selectOption(field);
    const values = { software: "SDS011", method: "continuous measurement", processing: "none", from: "2019-05-06", until: "2019-05-12" };
    for (const [name, value] of Object.entries(values)) await page.locator(`main form [name=${name}]`).fill(value);
    await page.locator("main form button[type=submit]").click();
    await page.locator(".progress").first().waitFor();
    seen.bars = await page.locator(".progress progress").count();
    await page.getByText("The line is cut").first().waitFor();
    await page.locator(".progress", { hasText: "Done" }).waitFor({ timeout: 120000 });
    await page.getByText("No row has an error.").waitFor(); // the report is asked for once the file is taken
    seen.end = await page.locator("main").textContent();
});
