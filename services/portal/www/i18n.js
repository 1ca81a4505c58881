// SPDX-License-Identifier: AGPL-3.0-or-later
// Texts, numbers and times in the reader's language. It knows no page and no browser; catalogues are handed to it.

/** Languages somebody may choose; `qps` is made from English, to see texts that are not in a catalogue. */
export const LANGUAGES = ["en", "es"];

const PSEUDO = "qps";
const ACCENTED = Object.fromEntries([..."aeiounycAEIOUNYC"].map((plain, n) => [plain, [..."áéíóúñýçÁÉÍÓÚÑÝÇ"][n]]));
const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** The language in use; `value` is en, es or qps. */
export const language = { value: "en" };

let catalogue = {};
let formats = "en"; // what Intl is told: the pseudo-locale formats as English does
let made = new Map(); // formatters, which are slow to make

/** Letters with accents, 40 per cent longer, in brackets; what stands in braces is left alone. */
export function pseudo(text) {
    const parts = text.split(/(\{\w+\})/);
    const accented = parts.map((part, n) => (n % 2 ? part : part.replace(/[a-z]/gi, (letter) => ACCENTED[letter] ?? letter)));
    const length = parts.reduce((sum, part, n) => sum + (n % 2 ? 0 : part.length), 0);
    return `[${accented.join("")}${"·".repeat(Math.ceil(length * 0.4))}]`;
}

let load = async () => ({});
let changed = () => {};

/** How catalogues are fetched, and who is told of another language. */
export function startLanguages(loader, onChange) {
    load = loader;
    changed = onChange;
}

/** Changes the language of everything shown. */
export async function setLanguage(name) {
    useCatalogue(name, await load(name === PSEUDO ? "en" : name));
    changed(name);
}

/** Takes a catalogue into use. For `qps` hand the English one. */
export function useCatalogue(name, texts) {
    catalogue = name === PSEUDO ? Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, pseudo(text)])) : texts;
    language.value = name;
    formats = name === PSEUDO ? "en" : name;
    made = new Map();
}

/** The first of the wishes that there is a catalogue for: profile, ?lang=, Accept-Language, the charter's. */
export function chooseLanguage(...wishes) {
    for (const wish of wishes.flat()) {
        const name = wish === PSEUDO ? PSEUDO : String(wish ?? "").toLowerCase().split("-")[0];
        if (name === PSEUDO || LANGUAGES.includes(name)) return name;
    }
    return "en";
}

/** Is there a text under this key? */
export function has(key) {
    return Object.hasOwn(catalogue, key);
}

/** The text under `key`, with {name} replaced by values.name. */
export function t(key, values = {}) {
    const text = catalogue[key];
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

function formatter(kind, options) {
    const name = kind.name + JSON.stringify(options ?? null);
    if (!made.has(name)) made.set(name, new kind(formats, options));
    return made.get(name);
}

/** The form of `key` that goes with n: key.one, key.many, key.other; {count} is n as text. */
export function plural(key, n, values = {}) {
    const form = `${key}.${formatter(Intl.PluralRules).select(Number(n))}`;
    return t(has(form) ? form : `${key}.other`, { count: count(n), ...values });
}

/** A whole number, grouped; number, bigint or a text of digits. */
export function count(n) {
    return formatter(Intl.NumberFormat, { maximumFractionDigits: 0 }).format(typeof n === "string" ? BigInt(n) : n);
}

/** A share of 1 as per cent, with so many digits behind the point. */
export function percent(share, digits = 0) {
    return t("number.percent", { number: formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(share * 100) });
}

/** "3/5 (60 %)"; numerator and denominator are numbers or texts of digits. */
export function fraction(numerator, denominator) {
    const share = Number(denominator) === 0 ? 0 : Number(numerator) / Number(denominator);
    return t("number.fraction", { numerator: count(numerator), denominator: count(denominator), percent: percent(share, 1) });
}

/** Bytes with the unit that keeps the number short. */
export function bytes(n) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    const step = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
    return formatter(Intl.NumberFormat, { style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0 }).format(n / 1000 ** step);
}

/** A calendar day (YYYY-MM-DD) or month (YYYY-MM), which have no zone. */
export function day(text) {
    const month = text.length === 7;
    const options = { timeZone: "UTC", year: "numeric", month: "long", ...(month ? {} : { day: "numeric" }) };
    return formatter(Intl.DateTimeFormat, options).format(new Date(`${month ? `${text}-01` : text}T00:00:00Z`));
}

/** Date and time with the name of the zone. */
export function absolute(iso) {
    return formatter(Intl.DateTimeFormat,
        { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(new Date(iso));
}

/** "in 3 days", "2 hours ago". */
export function relative(iso, now = Date.now()) {
    const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
    const [unit, size] = UNITS.find(([, long]) => Math.abs(seconds) >= long) ?? ["second", 1];
    return formatter(Intl.RelativeTimeFormat, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** A moment: absolute with its zone, plus relative. */
export function when(iso, now = Date.now()) {
    return t("time.when", { absolute: absolute(iso), relative: relative(iso, now) });
}

/** A deadline: as a moment, and in words that it is over. */
export function deadline(iso, now = Date.now()) {
    const over = new Date(iso).getTime() <= now;
    return t(over ? "time.deadline.closed" : "time.deadline.open", { absolute: absolute(iso), relative: relative(iso, now) });
}

/** A length of time given in seconds, in its two largest units. */
export function duration(seconds) {
    let rest = seconds;
    const parts = [];
    for (const [unit, size] of UNITS.filter(([name]) => name !== "month" && name !== "week")) {
        const whole = Math.floor(rest / size);
        if (whole > 0 && parts.length < 2)
            parts.push(formatter(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "long" }).format(whole));
        rest -= whole * size;
    }
    return parts.length ? formatter(Intl.ListFormat, { type: "unit" }).format(parts)
        : formatter(Intl.NumberFormat, { style: "unit", unit: "second", unitDisplay: "long" }).format(0);
}
