// SPDX-License-Identifier: AGPL-3.0-or-later
// What a proposal does when it comes into force, in words: a sentence for its kind, then its facts. Never the document as it is stored.
import { lines } from "./changes.js";
import { deadline, has, t, when } from "./i18n.js";
import { purposeName } from "./names.js";
import { Facts, Money, UserText } from "./show.js";
import { html } from "./view.js";

const TIMES = new Set(["from", "until", "old_grants_at"]);
const DOCUMENTS = new Set(["terms_version", "pool_charter", "benefit_rule"]);

function label(name) {
    return has(`effect.field.${name}`) ? t(`effect.field.${name}`) : name;
}

function shown(name, value) {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return null;
    if (typeof value === "boolean") return t(value ? "word.yes" : "word.no");
    if (name === "purpose") return purposeName(value);
    if (TIMES.has(name)) return name === "until" ? deadline(value) : when(value);
    if (value?.currency && "minor" in value) return html`<${Money} of=${value} />`;
    if (name === "text" || name === "reason") return html`<${UserText} text=${value} />`;
    if (typeof value === "object") return html`<${UserText} text=${lines(value).join("\n")} />`;
    return String(value);
}

/** One sentence: what happens if this carries. */
export function effectSentence(effect) {
    const about = effect.document?.pool ?? effect.document?.rule ?? effect.clause ?? effect.ref ?? effect.rule?.type ?? "";
    const purpose = effect.purpose ? purposeName(effect.purpose) : "";
    return t(`effect.says.${effect.schema}`, { about, purpose, title: effect.title ?? "", version: effect.document?.version ?? "" });
}

/** @param {{effect: object, brief?: boolean}} props brief: the sentence alone */
export function Effect({ effect, brief }) {
    const facts = DOCUMENTS.has(effect.schema) ? [] : Object.entries(effect).filter(([name]) => name !== "schema" && name !== "candidates");
    return html`<p>${effectSentence(effect)}</p>
        ${!brief && facts.length > 0 && html`<${Facts} of=${facts.map(([name, value]) => [label(name), shown(name, value)])} />`}`;
}
