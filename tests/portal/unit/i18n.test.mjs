// SPDX-License-Identifier: AGPL-3.0-or-later
// Texts, plurals, numbers and times in both languages and the pseudo-locale.
import assert from "node:assert/strict";
import test from "node:test";
import * as i18n from "../../../services/portal/www/i18n.js";

process.env.TZ = "Europe/Madrid";
const NOW = Date.parse("2026-05-03T10:00:00Z");
const ENGLISH = {
    "number.percent": "{number} %", "number.fraction": "{numerator}/{denominator} ({percent})", "time.when": "{absolute} ({relative})",
    "time.deadline.open": "until {absolute} ({relative})", "time.deadline.closed": "closed since {absolute} ({relative})",
    "row.one": "{count} row", "row.other": "{count} rows", hello: "Hello {name}, {name}" };
const SPANISH = {
    ...ENGLISH, "time.deadline.open": "hasta el {absolute} ({relative})", "row.one": "{count} fila", "row.many": "{count} de filas", "row.other": "{count} filas" };

/** Intl parts numbers and units by blanks of several widths. */
function plain(text) {
    return text.replace(/[\u00a0\u202f]/g, " ");
}

function inLanguage(name, texts, check) {
    test(`in ${name}: ${check.name}`, () => {
        i18n.useCatalogue(name, texts);
        check();
    });
}

inLanguage("en", ENGLISH, function texts() {
    assert.equal(i18n.t("hello", { name: "Ada" }), "Hello Ada, Ada");
    assert.equal(i18n.t("hello", { name: "{name}" }), "Hello {name}, {name}");
    assert.equal(i18n.t("hello"), "Hello {name}, {name}");
    assert.equal(i18n.t("no.such"), "no.such");
    assert.equal(i18n.t("hello", { name: 0 }), "Hello 0, 0");
});

inLanguage("en", ENGLISH, function plurals() {
    assert.deepEqual([0, 1, 2, 1234].map((n) => i18n.plural("row", n)), ["0 rows", "1 row", "2 rows", "1,234 rows"]);
});

inLanguage("es", SPANISH, function plurals() {
    assert.deepEqual([1, 2, 1000000].map((n) => plain(i18n.plural("row", n))), ["1 fila", "2 filas", "1.000.000 de filas"]);
});

inLanguage("en", ENGLISH, function numbers() {
    assert.equal(i18n.count("9007199254740993"), "9,007,199,254,740,993");
    assert.equal(i18n.fraction(3, 5), "3/5 (60 %)");
    assert.equal(i18n.fraction(1, 3), "1/3 (33.3 %)");
    assert.equal(i18n.fraction(0, 0), "0/0 (0 %)");
    assert.deepEqual([0, 999, 1000, 1500000, 20971520].map((n) => plain(i18n.bytes(n))), ["0 byte", "999 byte", "1 kB", "1.5 MB", "21 MB"]);
});

inLanguage("es", SPANISH, function numbers() {
    assert.equal(i18n.fraction(1, 3), "1/3 (33,3 %)");
    assert.equal(i18n.count(1234567), "1.234.567");
});

inLanguage("en", ENGLISH, function times() {
    const said = plain(i18n.when("2026-05-05T10:00:00Z", NOW));
    assert.match(said, /^May 5, 2026.* 12:00 PM (GMT\+2|CEST) \(in 2 days\)$/);
    assert.match(i18n.deadline("2026-05-03T11:30:00Z", NOW), /^until .*\(in 1 hour\)$/);
    assert.match(i18n.deadline("2026-05-03T10:00:00Z", NOW), /^closed since /);
    assert.equal(i18n.relative("2026-04-03T10:00:00Z", NOW), "last month");
    assert.equal(i18n.relative("2026-05-03T10:00:00Z", NOW), "now");
});

inLanguage("es", SPANISH, function times() {
    assert.match(i18n.deadline("2026-05-05T10:00:00Z", NOW), /^hasta el 5 de mayo de 2026.*\(pasado mañana\)$/);
});

inLanguage("en", ENGLISH, function days() {
    assert.deepEqual([i18n.day("2026-03-29"), i18n.day("2026-03")], ["March 29, 2026", "March 2026"]);
});

inLanguage("en", ENGLISH, function durations() {
    assert.deepEqual([0, 59, 3600, 90061, 31536000].map(i18n.duration), ["0 seconds", "59 seconds", "1 hour", "1 day, 1 hour", "1 year"]);
});

test("the language is the first of the wishes that there is", () => {
    assert.equal(i18n.chooseLanguage(null, "es", ["en"]), "es");
    assert.equal(i18n.chooseLanguage(undefined, "", ["fr-FR", "es-MX"], "en"), "es");
    assert.equal(i18n.chooseLanguage("klingon", ["de"]), "en");
    assert.equal(i18n.chooseLanguage("qps", ["es"]), "qps");
});

test("the pseudo-locale is longer, in brackets, and leaves placeholders alone", () => {
    const text = i18n.pseudo("Cast {count} ballots");
    assert.match(text, /^\[.*\{count\}.*\]$/);
    assert.ok(text.length >= "Cast {count} ballots".length * 1.3 && !/Cast/.test(text));
    i18n.useCatalogue("qps", ENGLISH);
    assert.match(i18n.plural("row", 1), /^\[1 .*\]$/);
    assert.equal(i18n.language.value, "qps");
});

test("another language is fetched, taken into use and told", async () => {
    const told = [];
    i18n.startLanguages(async (name) => (name === "es" ? SPANISH : ENGLISH), (name) => told.push(name));
    await i18n.setLanguage("es");
    assert.equal(i18n.plural("row", 2), "2 filas");
    assert.deepEqual(told, ["es"]);
});
