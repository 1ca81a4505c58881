// SPDX-License-Identifier: AGPL-3.0-or-later
// Two texts as one with what was added and removed, said in words besides the marks; and documents as lines of text, so that they can be compared.
import { diff } from "./diff.js";
import { t } from "./i18n.js";
import { html, useMemo } from "./view.js";

/** A document as lines "path: value", in its own order. */
export function lines(value, path = "") {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value) && value.every((one) => typeof one !== "object" || one === null)) return value.length ? [`${path}: ${value.join(", ")}`] : [];
    if (typeof value !== "object") return [`${path}: ${value}`];
    return Object.entries(value).flatMap(([name, one]) => lines(one, path ? `${path} / ${Array.isArray(value) ? Number(name) + 1 : name}` : name));
}

function Piece({ kind, text }) {
    if (kind === "same") return text;
    const word = html`<span class="unseen">${t(`changes.${kind}`)} </span>`;
    return kind === "added" ? html`<ins>${word}${text}</ins>` : html`<del>${word}${text}</del>`;
}

/** @param {{before: string, after: string, lang?: string}} props */
export function Changes({ before, after, lang }) {
    const pieces = useMemo(() => diff(before, after), [before, after]);
    if (pieces.every((piece) => piece.kind === "same")) return html`<p>${t("changes.none")}</p>`;
    return html`<p class="hint">${t("changes.legend")}</p>
        <div class="written changes" lang=${lang}>${pieces.map((piece, i) => html`<${Piece} key=${i} ...${piece} />`)}</div>`;
}
