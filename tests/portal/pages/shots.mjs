// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes docs/screenshots from the recorded answers: node shots.mjs [PATH...]. Every page once as it is on a desk, at half its size; those of NARROW also as on a telephone,
// in the dark and in Spanish. Nothing compares them: they are for looking at.
import fs from "node:fs";
import { routes } from "../../../services/portal/www/router.js";
import { CLOCK, PLACES, needsOf, placeOf } from "./answers.mjs";
import { BUILT, launch, missing, settled } from "./browser.mjs";
import { startStub } from "./stub.mjs";

const NARROW = ["/", "/vote/:id", "/me", "/me/statements/:id", "/treasury", "/licences/:id"];
const TALLEST = 2000; // pixels of a page that are shown
const WIDE = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 0.5, colorScheme: "light", locale: "en" };
const SMALL = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 1, colorScheme: "dark", locale: "es" };
const folder = new URL("../../../docs/screenshots/", import.meta.url);

function nameOf(path) {
    return path === "/" ? "home" : path.slice(1).replaceAll(/[:/]+/g, "-");
}

async function shoot(browser, stub, path, look, file) {
    const context = await browser.newContext({ ...look, timezoneId: "Europe/Madrid", reducedMotion: "reduce" });
    if (needsOf(path)) await context.addCookies([{ name: "ch_csrf", value: "stub", url: stub.base }]);
    const page = await context.newPage();
    await page.clock.setFixedTime(CLOCK);
    await page.goto(stub.base + placeOf(path));
    await settled(page);
    const height = Math.min(TALLEST, await page.evaluate(() => document.documentElement.scrollHeight));
    await page.screenshot({ path: new URL(file, folder).pathname, type: "jpeg", quality: 42, fullPage: true, clip: { x: 0, y: 0, width: look.viewport.width, height } });
    await context.close();
}

const why = missing();
if (why) throw new Error(why);
fs.mkdirSync(folder, { recursive: true });
const stub = await startStub(BUILT), browser = await launch();
const wanted = process.argv.slice(2);
const paths = routes.map(({ path }) => path).filter((path) => path in PLACES && (wanted.length === 0 || wanted.includes(path)));
for (const path of paths) {
    await shoot(browser, stub, path, WIDE, `${nameOf(path)}.jpg`);
    if (NARROW.includes(path)) await shoot(browser, stub, path, SMALL, `${nameOf(path)}-narrow.jpg`);
}
await browser.close();
await stub.close();
console.log(`${paths.length} pages`);
