// SPDX-License-Identifier: AGPL-3.0-or-later
// The small things pages are made of: facts, hashes, times, amounts, what people wrote. How each is shown is decided here, once.
import { html } from "./view.js";
import { deadline, has, language, t, when } from "./i18n.js";
import { amount } from "./money.js";

/** A list of facts: [label, value] each; a fact without value is left out. */
export function Facts({ of }) {
    const known = of.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return html`<dl class="facts">${known.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** "3f2a 09bc ...": what two people can read to each other. */
export function grouped(text) {
    return text.replace(/(.{4})(?=.)/g, "$1 ");
}

/** A hash in groups of four; nothing where there is none. */
export function Hash({ value }) {
    return value ? html`<code class="hash">${grouped(value)}</code>` : null;
}

/** A time: absolute with its zone, and relative. */
export function When({ at }) {
    return at ? html`<time dateTime=${at}>${when(at)}</time>` : null;
}

/** Until when something may be done, or that it is over. */
export function Until({ at }) {
    return at ? html`<time dateTime=${at}>${deadline(at)}</time>` : null;
}

/** {minor, currency} in the language of the page. */
export function Money({ of }) {
    return of ? html`<span class="money">${amount(of, language.value)}</span>` : null;
}

/** What somebody wrote: text, with its own lines and its own language. */
export function UserText({ text, lang }) {
    return html`<div class="written" lang=${lang}>${text}</div>`;
}

/** What decided something: the charter, or a proposal to read. */
export function Origin({ of }) {
    return of === "charter" ? t("origin.charter") : html`<a href="/decisions/${of}">${t("origin.decision")}</a>`;
}

/** A word of the server's lists (states, types, causes) in the user's language; a word that is new to the catalogue stays as it is. */
export function word(list, value) {
    const key = `${list}.${value.replaceAll(" ", "-")}`;
    return has(key) ? t(key) : value;
}
