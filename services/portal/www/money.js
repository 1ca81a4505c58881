// SPDX-License-Identifier: AGPL-3.0-or-later
// Amounts in minor units as text. BigInt all the way: no amount passes through a floating-point number, none is rounded, and the
// decimals of a currency are those the services use (common/money.c). It adds nothing up.

/** Currencies with other than two decimals, by decimals. */
const DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
};
const PLACES = new Map(Object.entries(DECIMALS).flatMap(([places, codes]) => codes.split(" ").map((code) => [code, Number(places)])));
const formats = new Map();

/** @param {string} currency ISO 4217 @returns {number} its decimals */
export function places(currency) {
    return PLACES.get(currency) ?? 2;
}

/** @param {bigint|string|number} minor; a number only where it is exact @returns {bigint} */
function exact(minor) {
    if (typeof minor === "number" && !Number.isSafeInteger(minor)) {
        throw new RangeError(`${minor} minor units are not exact`);
    }
    return BigInt(minor);
}

/** "-1234.56": for files and programs, without grouping and currency. */
export function decimal(minor, currency) {
    const value = exact(minor);
    const count = places(currency);
    const digits = (value < 0n ? -value : value).toString().padStart(count + 1, "0");
    const whole = digits.slice(0, digits.length - count);
    return (value < 0n ? "-" : "") + whole + (count ? "." + digits.slice(-count) : "");
}

function formatOf(currency, language) {
    const name = `${language} ${currency}`;
    if (!formats.has(name)) {
        const count = places(currency);
        formats.set(name, new Intl.NumberFormat(language, {
            style: "currency", currency, currencyDisplay: "code", minimumFractionDigits: count, maximumFractionDigits: count,
        }));
    }
    return formats.get(name);
}

/** "EUR 1,234.56", "1.234,56 EUR": the language's way of writing it, the currency by its code. */
export function money(minor, currency, language) {
    const value = exact(minor);
    const [whole, fraction] = decimal(value < 0n ? -value : value, currency).split(".");
    /* The pattern of a negative amount needs a negative number: of -0.05 it is that of -1, with the 0 put in. */
    const units = BigInt(whole);
    const parts = formatOf(currency, language).formatToParts(value < 0n ? -(units || 1n) : units);
    const own = { fraction, ...(units === 0n && { integer: "0" }) };
    return parts.map((part) => own[part.type] ?? part.value).join("");
}

/** Money as the services write it, {minor, currency}. */
export function amount(of, language) {
    return money(of.minor, of.currency, language);
}

/** "12.34" as minor units; null: it is no amount. */
export function minorOf(text, currency) {
    const found = /^(\d{1,15})(?:[.,](\d+))?$/.exec(text.trim()), digits = places(currency);
    if (!found || (found[2] ?? "").length > digits) return null;
    return Number(BigInt(found[1] + (found[2] ?? "").padEnd(digits, "0")));
}
