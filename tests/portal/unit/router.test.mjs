// SPDX-License-Identifier: AGPL-3.0-or-later
// Which addresses are pages, and that each page of the table can be loaded; the cases of paths are those of tests/unit/test_page_path.c.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { isPage, match, paramsOf, routes } from "../../../services/portal/www/router.js";

const ORIGIN = "https://trust.example";

for (const [pattern, path, params] of [
    ["/", "/", {}], ["/", "/charter", null], ["/charter", "/charter", {}], ["/charter", "/charter/", null], ["/charter", "/charters", null],
    ["/charter", "/", null], ["/decisions/:id", "/decisions/7", { id: "7" }], ["/decisions/:id", "/decisions", null],
    ["/decisions/:id", "/decisions/", null], ["/decisions/:id", "/decisions/7/8", null], ["/decisions/:id", "/decision/7", null],
    ["/proposals/:id/edit", "/proposals/7/edit", { id: "7" }], ["/proposals/:id/edit", "/proposals//edit", null],
    ["/proposals/:id/edit", "/proposals/7", null], ["/catalogue/:pool", "/catalogue/a%20b", { pool: "a b" }], ["/catalogue/:pool", "/catalogue/%ff", null],
])
    test(`${path} under ${pattern}`, () => assert.deepEqual(paramsOf(pattern, path), params));

test("the first route that fits is taken", () => {
    const table = [{ path: "/a/:x" }, { path: "/a/b" }];
    assert.equal(match(table, "/a/b").route, table[0]);
    assert.equal(match(table, "/b"), null);
});

test("interfaces, files and other hosts are not pages", () => {
    for (const address of ["/governance/v1/rules", "/log/checkpoint", "/.well-known/jwks.json", "/a/0123/main.js", "/healthz"])
        assert.equal(isPage(new URL(address, ORIGIN), ORIGIN), false, address);
    assert.equal(isPage(new URL("https://elsewhere.example/charter"), ORIGIN), false);
    for (const address of ["/", "/charter", "/me/statements/1", "/problems/stale", "/login"])
        assert.equal(isPage(new URL(address, ORIGIN), ORIGIN), true, address);
});

test("each path stands once, and its module is there", () => {
    assert.equal(new Set(routes.map(({ path }) => path)).size, routes.length);
    for (const { path, load } of routes) {
        const [, file] = String(load).match(/import\("\.\/(.+)"\)/);
        assert.ok(fs.existsSync(new URL(`../../../services/portal/www/${file}`, import.meta.url)), `${path}: ${file}`);
    }
});
