// SPDX-License-Identifier: AGPL-3.0-or-later
// Amounts: examples, and random ones against a second way that only handles strings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, decimal, money, places } from "../../../services/portal/www/money.js";

const SPACE = "\u00a0";
const SEED = 20261123;

/** xorshift: the same amounts in each run. */
function random(seed) {
    let state = seed;
    return (below) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % below;
    };
}

/** Digits as a person would write them: point put in by hand, groups of three from the right. */
function byHand(minor, currency, language) {
    const negative = minor.startsWith("-");
    const count = { JPY: 0, EUR: 2, KWD: 3, CLF: 4 }[currency];
    const digits = minor.replace("-", "").padStart(count + 1, "0");
    const [whole, fraction] = [digits.slice(0, digits.length - count), digits.slice(digits.length - count)];
    const [group, point] = language === "es" ? [".", ","] : [",", "."];
    const grouped = language === "es" && whole.length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
    const number = grouped + (count ? point + fraction : "");
    const sign = negative ? "-" : "";
    return language === "es" ? `${sign}${number}${SPACE}${currency}` : `${sign}${currency}${SPACE}${number}`;
}

test("amounts read as each language writes them", () => {
    const cases = [
        [123456, "EUR", "en", `EUR${SPACE}1,234.56`],
        [123456, "EUR", "es", `1234,56${SPACE}EUR`],
        [1234567, "EUR", "es", `12.345,67${SPACE}EUR`],
        [0, "EUR", "en", `EUR${SPACE}0.00`],
        [-5, "EUR", "en", `-EUR${SPACE}0.05`],
        [-5, "EUR", "es", `-0,05${SPACE}EUR`],
        [1500, "JPY", "en", `JPY${SPACE}1,500`],
        [1, "KWD", "en", `KWD${SPACE}0.001`],
        ["9007199254740993", "EUR", "en", `EUR${SPACE}90,071,992,547,409.93`],
        [170141183460469231731687303715884105727n, "EUR", "en", `EUR${SPACE}1,701,411,834,604,692,317,316,873,037,158,841,057.27`],
    ];
    for (const [minor, currency, language, text] of cases) {
        assert.equal(money(minor, currency, language), text);
    }
    assert.equal(amount({ minor: 99, currency: "EUR" }, "en"), `EUR${SPACE}0.99`);
});

test("random amounts are what handling their digits gives", () => {
    const draw = random(SEED);
    for (let i = 0; i < 4000; i++) {
        const length = 1 + draw(30);
        const digits = Array.from({ length }, () => draw(10)).join("");
        const minor = (draw(2) ? BigInt(digits) : -BigInt(digits)).toString();
        const currency = ["JPY", "EUR", "KWD", "CLF"][draw(4)];
        const language = ["en", "es"][draw(2)];
        assert.equal(money(minor, currency, language), byHand(minor, currency, language), `seed ${SEED}, ${minor} ${currency} ${language}`);
        assert.equal(BigInt(decimal(minor, currency).replace(".", "")), BigInt(minor));
    }
});

test("for files: a point, no groups, no currency", () => {
    const cases = [[-123456, "EUR", "-1234.56"], [7, "EUR", "0.07"], [7, "JPY", "7"], [-7, "CLF", "-0.0007"]];
    for (const [minor, currency, text] of cases) {
        assert.equal(decimal(minor, currency), text);
    }
});

test("a number that is not exact is refused", () => {
    for (const minor of [2 ** 53, 0.5, Number.NaN]) {
        assert.throws(() => money(minor, "EUR", "en"), RangeError);
    }
});

test("decimals are those of the services", () => {
    assert.deepEqual(["EUR", "JPY", "BHD", "UYW", "XXX"].map(places), [2, 0, 3, 4, 2]);
});
