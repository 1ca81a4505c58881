// SPDX-License-Identifier: AGPL-3.0-or-later
// The catalogues against each other and against the pages: nothing missing, nothing unused, no text in code.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

const ROOT = new URL("../../../", import.meta.url);
const WWW = new URL("services/portal/www/", ROOT);
const CATALOGUES = Object.fromEntries(["en", "es"].map((name) => [name, fs.readFileSync(new URL(`lang/${name}.json`, WWW), "utf8")]));
const EN = JSON.parse(CATALOGUES.en), ES = JSON.parse(CATALOGUES.es);
const FORMS = /\.(one|many|other)$/;
const SOURCES = Object.fromEntries(fs.readdirSync(WWW, { recursive: true }).filter((name) => name.endsWith(".js"))
    .map((name) => [name, fs.readFileSync(new URL(name, WWW), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "")]));

function found(pattern) {
    return Object.entries(SOURCES).flatMap(([name, text]) => [...text.matchAll(pattern)].map((hit) => ({ name, key: hit[1] })));
}

const literals = new Set(found(/"([\w./-]+)"/g).map(({ key }) => key));
const prefixes = [...new Set([...found(/`([\w/-]+\.[\w./-]*)\$\{/g), ...found(/`([\w-]+\.)\$\{/g)].map(({ key }) => key)
    .concat(found(/\bword\("([\w.-]+)"/g).map(({ key }) => `${key}.`)))];
const plurals = found(/\bplural\("([\w./-]+)"/g);

function isUsed(key) {
    const base = key.replace(FORMS, "");
    return literals.has(key) || literals.has(base) || prefixes.some((prefix) => key.startsWith(prefix));
}

test("both catalogues have the same keys, sorted, one a line", () => {
    assert.deepEqual(Object.keys(EN).filter((key) => !(key in ES)), []);
    assert.deepEqual(Object.keys(ES).filter((key) => !(key in EN)), []);
    for (const [name, text] of Object.entries(CATALOGUES))
        assert.equal(text.split("\n").length, Object.keys(EN).length + 3, `${name}: a key twice, or more than one a line`);
});

test("no text is empty, and Spanish is not English left standing", () => {
    for (const key of Object.keys(EN)) assert.ok(EN[key].trim() && ES[key].trim(), key);
    const same = Object.keys(EN).filter((key) => EN[key] === ES[key] && EN[key].split(/\s+/).filter((word) => /^[a-z]{3,}$/.test(word)).length > 3);
    assert.deepEqual(same, []);
});

test("both name the same values", () => {
    const values = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const key of Object.keys(EN)) assert.deepEqual(values(EN[key]), values(ES[key]), key);
});

test("every key a page names is there", () => {
    const named = found(/\bt\("([^"]+)"/g).filter(({ key }) => !(key in EN));
    assert.deepEqual(named, []);
    const titles = found(/^export const title = "([^"]+)"/gm).filter(({ key }) => !(key in EN));
    assert.deepEqual(titles, []);
});

test("every plural has its forms", () => {
    const missing = plurals.flatMap(({ name, key }) => ["one", "many", "other"].filter((form) => !(`${key}.${form}` in EN)).map((form) => `${name}: ${key}.${form}`));
    assert.deepEqual(missing, []);
});

test("no key is unused", () => {
    assert.deepEqual(Object.keys(EN).filter((key) => !isUsed(key)), []);
});

test("every refusal is explained in the words of errors.def, and in Spanish", () => {
    const lines = fs.readFileSync(new URL("include/commonhold/errors.def", ROOT), "utf8").matchAll(/^CH_OUTCOME\((\w+), (\d+), "(.*)", "(.*)"\)$/gm);
    const wrong = [...lines].filter(([, , status]) => Number(status) >= 400)
        .filter(([, slug, , title, advice]) => EN[`problem.${slug}.title`] !== title || EN[`problem.${slug}.next`] !== advice).map(([, slug]) => slug);
    assert.deepEqual(wrong, []);
});

/** Templates without what is put into them: only tags, attributes and text are left. */
function templates(source) {
    const texts = [];
    for (let at = source.indexOf("html`"); at >= 0; at = source.indexOf("html`", at)) {
        let depth = 0, text = "";
        for (at += 5; at < source.length && !(depth === 0 && source[at] === "`"); at++) {
            if (source.startsWith("${", at)) depth++;
            if (depth === 0) text += source[at];
            if (depth > 0 && source[at] === "{" && source[at - 1] !== "$") depth++;
            if (depth > 0 && source[at] === "}") depth--;
        }
        texts.push(text);
    }
    return texts;
}

test("no text stands in a template", () => {
    const texts = Object.entries(SOURCES).flatMap(([name, source]) => templates(source).flatMap((text) => [
        ...text.replace(/<code>.*?<\/code>/g, "").replace(/<[^>]*>/g, "\n").split("\n").filter((line) => /\p{L}{2,}/u.test(line)),
        ...[...text.matchAll(/\b(?:title|alt|placeholder|aria-label)="([^"]*\p{L}[^"]*)"/gu)].map(([, said]) => said),
    ].map((line) => `${name}: ${line.trim()}`)));
    assert.deepEqual(texts, []);
});
