// SPDX-License-Identifier: AGPL-3.0-or-later
// What `make portal` made: nothing but what was checked, nothing a policy would refuse, nothing too large.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { test } from "node:test";
import zlib from "node:zlib";
import { routes } from "../../../services/portal/www/router.js";

const BUILT = process.env.CH_PORTAL ?? new URL("../../../build/portal", import.meta.url).pathname;
const HERE = new URL("../../../services/portal/", import.meta.url);
const skip = fs.existsSync(`${BUILT}/assets.json`) ? undefined : `the pages are not built in ${BUILT}: make portal says why`;
const assets = skip ? { files: [] } : JSON.parse(fs.readFileSync(`${BUILT}/assets.json`, "utf8"));
const PAGE_MODULE = 12 * 1024, LONGEST = 300;

function sum(bytes) {
    return createHash("sha256").update(bytes).digest("hex");
}

function read(path) {
    return fs.readFileSync(`${BUILT}/${path}`);
}

const scripts = assets.files.map(({ path }) => path).filter((path) => /\.m?js$/.test(path));
const own = scripts.filter((path) => !path.startsWith("vendor/"));

test("assets.json lists every file with its size and sum, and each has its compressed copy", { skip }, () => {
    const there = fs.readdirSync(BUILT, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        .map((one) => `${one.parentPath}/${one.name}`.slice(BUILT.length + 1)).filter((path) => path !== "assets.json" && !path.endsWith(".gz"));
    assert.deepEqual(assets.files.map(({ path }) => path).sort(), there.sort());
    for (const { path, size, sha256 } of assets.files) {
        assert.deepEqual([size, sha256], [read(path).length, sum(read(path))], path);
        assert.deepEqual(zlib.gunzipSync(read(`${path}.gz`)), read(path), path);
    }
    assert.deepEqual(assets.pages, routes.map(({ path }) => path));
    assert.match(assets.build, /^[0-9a-f]{16}$/);
});

test("own files are copied as written", { skip }, () => {
    for (const path of own) assert.deepEqual(read(path), fs.readFileSync(new URL(`www/${path}`, HERE)), path);
});

test("the eight files are those that vendor.sha256 names, but for their imports", { skip }, () => {
    const lines = fs.readFileSync(new URL("vendor.sha256", HERE), "utf8").trim().split("\n");
    assert.equal(lines.length, 8);
    for (const line of lines) {
        const [wanted, path] = line.split(/\s+/);
        const published = fs.readFileSync(new URL(`node_modules/${path}`, HERE));
        assert.equal(sum(published), wanted, path);
        const name = path.split("/").pop().replace("uPlot.iife.min.js", "uplot.mjs");
        const same = (text) => text.toString().replace(/(from|import)\s*["'][^"']+["']/g, "").replace("\nexport default uPlot;\n", "");
        assert.equal(same(read(`vendor/${name}`)), same(published), name);
    }
});

test("package.json names exact versions alone, and nothing third-party is committed", { skip }, () => {
    const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(new URL("package.json", HERE), "utf8"));
    for (const version of Object.values({ ...dependencies, ...devDependencies })) assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.equal(fs.existsSync(new URL("www/vendor", HERE)), false);
});

test("every import is relative and leads to a file", { skip }, () => {
    const paths = new Set(scripts);
    for (const path of scripts) {
        const imports = [...read(path).toString().matchAll(/(?:^|[;}])(?:import|export)\b[^"';]*?from\s*["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/gm)];
        for (const [, stated, asked] of imports) {
            const target = new URL(stated ?? asked, `http://built.example/${path}`);
            assert.ok(/^\.\.?\//.test(stated ?? asked) && paths.has(target.pathname.slice(1)), `${path} imports ${stated ?? asked}`);
        }
    }
});

test("no inline script, handler or style, and nothing that makes code or markup of text", { skip }, () => {
    const page = read("index.html").toString();
    assert.doesNotMatch(page, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|importmap|https?:\/\//);
    for (const path of own) {
        const text = read(path).toString();
        assert.doesNotMatch(text, /\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|javascript:/, path);
        assert.doesNotMatch(text, /\sstyle=["']/, path);
    }
});

/* Names of vocabularies look like addresses; nothing is fetched there, nor could be. */
test("no host but our own is named", { skip }, () => {
    for (const path of [...own, "base.css", "print.css"]) assert.doesNotMatch(read(path).toString(), /https?:\/\/(?!(www\.w3|w3id)\.org\/)/, path);
});

test("own modules have at most 300 lines, page modules at most 12 KB compressed", { skip }, () => {
    for (const path of own) {
        assert.ok(read(path).toString().split("\n").length - 1 <= LONGEST, `${path} is longer than ${LONGEST} lines`);
        if (path.startsWith("pages/")) assert.ok(read(`${path}.gz`).length <= PAGE_MODULE, `${path}: ${read(`${path}.gz`).length} bytes`);
    }
});

test("the licence text of each package is there", { skip }, () => {
    const text = read("vendor/LICENSES.txt").toString();
    const { dependencies } = JSON.parse(fs.readFileSync(new URL("package.json", HERE), "utf8"));
    for (const [name, version] of Object.entries(dependencies)) assert.ok(text.includes(`== ${name} ${version}\n`), name);
    assert.ok((text.match(/Permission is hereby granted|Apache License/g) ?? []).length >= Object.keys(dependencies).length);
});
