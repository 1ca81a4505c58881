// SPDX-License-Identifier: AGPL-3.0-or-later
// What a vote came to: turnout and votes by class, the outcome, and the comparison that decided it, in words and numbers.
import { count, fraction, t } from "./i18n.js";
import { word } from "./show.js";
import { Table } from "./table.js";
import { className } from "./trust.js";
import { html } from "./view.js";

const CLASSES = ["U", "W", "C"];

function cast(one) {
    return one.yes + one.no + one.abstain;
}

const columns = () => [
    { key: "name", label: t("outcome.class") },
    { key: "roll", label: t("outcome.roll"), numeric: true, text: (one) => count(one.roll) },
    { key: "cast", label: t("outcome.turnout"), numeric: true, text: (one) => (one.roll === 0 ? count(0) : fraction(cast(one), one.roll)) },
    ...["yes", "no", "abstain"].map((choice) => ({ key: choice, label: word("choice", choice), numeric: true, text: (one) => count(one[choice]) })),
];

/** The comparison that failed, as the decision rule made it; a vote that carried has none. */
export function failedText({ reason, class: code, outcome }) {
    if (reason.left === null) return t("outcome.none-failed");
    return t("outcome.comparison", {
        check: reason.check, what: word("outcome.check", code ? `${outcome}.class` : outcome), class: code ? className(code) : "", left: count(reason.left),
        op: t(reason.op === ">" ? "outcome.more" : "outcome.at-least"), right: count(reason.right),
    });
}

/** @param {{ counts: object, outcome: object, caption: string }} props of one reading */
export function Outcome({ counts, outcome, caption }) {
    const rows = [...CLASSES.map((code) => ({ id: code, name: className(code), ...counts[code] })), { id: "all", name: t("outcome.all"), ...outcome.totals }];
    return html`<p><strong class=${outcome.outcome === "carried" ? "good" : "bad"}>${word("outcome", outcome.outcome)}</strong></p>
        <p>${failedText(outcome)}</p>
        <p>${outcome.carried_classes.length ? t("outcome.carried-in", { classes: outcome.carried_classes.map((code) => className(code)).join(", ") }) : t("outcome.carried-in-none")}</p>
        <${Table} caption=${caption} rows=${rows} columns=${columns()} />`;
}
