// SPDX-License-Identifier: AGPL-3.0-or-later
// What a file of page tests plays on: one browser and one stub server from its first test to its last, and why there are none here.
import { after, before } from "node:test";
import { BUILT, launch, missing } from "./browser.mjs";

/** @returns {{skip: string|undefined, browser: object, stub: {base: string}}} browser and stub are there once tests run, unless `skip` says why not */
export function stage() {
    const here = { skip: missing() };
    before(async () => {
        if (here.skip) return;
        here.stub = await (await import("./stub.mjs")).startStub(BUILT);
        here.browser = await launch();
    });
    after(async () => {
        await here.browser?.close();
        await here.stub?.close();
    });
    return here;
}
