// SPDX-License-Identifier: AGPL-3.0-or-later
// Cases before the ethics council: what waits for a vote, until when, what the matcher says, and where a conflict has to be declared.
import { fraction, t } from "../i18n.js";
import { about } from "../cases.js";
import { Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "council.title";

/** What the matcher found about an application, and which version of it. */
function matcher(one) {
    const { evaluation } = one.body ?? {};
    return evaluation ? t("council.matcher.text", { decision: word("decision-word", evaluation.decision), version: evaluation.evaluator }) : "";
}

const columns = () => [
    { key: "about", label: t("council.case"), text: about, cell: (one) => html`<a href="/council/${one.id}">${about(one)}</a>` },
    { key: "kind", label: t("council.kind"), text: (one) => word("case.kind", one.kind) },
    { key: "closes_at", label: t("council.deadline"), cell: (one) => html`<${Until} at=${one.closes_at} />` },
    { key: "voted", label: t("council.quorum"), text: (one) => fraction(one.voted, one.seats) },
    { key: "special", label: t("pool.special"), text: (one) => one.body?.offer && t(one.body.offer.special_category ? "word.yes" : "word.no") },
    { key: "matcher", label: t("council.matcher"), text: matcher },
    { key: "my_vote", label: t("council.my-vote"), text: (one) => (one.my_vote ? word("choice", one.my_vote) : t("council.not-voted")) },
    { key: "conflicts", label: t("council.conflicts"), text: (one) => one.conflicts.map((conflict) => t("council.conflict.of", conflict)).join("; ") },
];

const decided = () => [
    columns()[0], columns()[1],
    { key: "approved", label: t("council.decision"), text: (one) => t(one.approved ? "council.approved" : "council.refused") },
    { key: "decided_at", label: t("council.decided"), cell: (one) => html`<${When} at=${one.decided_at} />` },
];

export default function Council() {
    return html`<p>${t("council.intro")} <a href="/council/prohibitions">${t("prohibitions.title")}</a></p>
        <h2>${t("council.open")}</h2>
        <${Listing} path="/governance/v1/council-cases" query=${{ state: "open" }} caption=${t("council.open.caption")} columns=${columns()} empty="council.open.empty" name="cases" />
        <h2>${t("council.past")}</h2>
        <${Listing} path="/governance/v1/council-decisions" caption=${t("council.past.caption")} columns=${decided()} empty="council.past.empty" name="council-decisions" />`;
}
