// SPDX-License-Identifier: AGPL-3.0-or-later
// All proposals, open and decided, newest first.
import { t } from "../i18n.js";
import { Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "decisions.title";

const STATES = ["submitted", "discussion", "referred", "frozen", "voting", "closed", "carried", "rejected", "lapsed", "cooling", "second_reading",
    "in_force", "superseded", "expired", "annulled", "withdrawn", "not_admitted"];
const TYPES = ["terms", "benefit_rule", "prohibit_purpose", "permit_purpose", "council_election", "board_election", "budget_round", "bylaw", "entrenched",
    "succession", "expulsion", "recall", "policy", "board_decision"];

const columns = () => [
    { key: "title", label: t("decisions.proposal"), text: (one) => one.title, cell: (one) => html`<a href="/decisions/${one.id}">${one.title}</a>` },
    { key: "type", label: t("decisions.type"), text: (one) => word("proposal.type", one.type) },
    { key: "state", label: t("decisions.state"), text: (one) => word("proposal.state", one.state),
        cell: (one) => html`<span class="mark">${word("proposal.state", one.state)}</span>` },
    { key: "opens_at", label: t("decisions.opens"), cell: (one) => html`<${When} at=${one.opens_at} />` },
    { key: "closes_at", label: t("decisions.closes"), cell: (one) => html`<${Until} at=${one.closes_at} />` },
    { key: "in_force_at", label: t("decisions.in-force"), cell: (one) => html`<${When} at=${one.in_force_at} />` },
];

function choices(list, values) {
    return values.map((value) => ({ value, label: word(list, value) }));
}

export default function Decisions() {
    const filters = [
        { name: "state", label: t("decisions.state"), options: choices("proposal.state", STATES) },
        { name: "type", label: t("decisions.type"), options: choices("proposal.type", TYPES) },
    ];
    return html`<p>${t("decisions.intro")}</p>
        <${Listing} path="/governance/v1/proposals" caption=${t("decisions.caption")} columns=${columns()} filters=${filters}
            empty="decisions.empty" name="decisions" />`;
}
