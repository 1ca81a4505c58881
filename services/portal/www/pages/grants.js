// SPDX-License-Identifier: AGPL-3.0-or-later
// The public register: who may use what for which purpose until when, what holds a licence, and who was refused and why.
import { t } from "../i18n.js";
import { purposeName, recipientName } from "../names.js";
import { Hash, Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "grants.title";

const STATES = ["pending", "active", "suspended", "closed", "revoked", "expired"];

/** What holds a licence now, each with its end where it has one. */
function Suspensions({ of }) {
    if (of.suspensions.length === 0) return of.cause ? word("grant.cause", of.cause) : null;
    return html`<ul>${of.suspensions.map((one) => html`<li key=${one.cause}><strong>${word("grant.cause", one.cause)}</strong>: ${one.reason},
        <${When} at=${one.since} />${one.until && html`, ${t("grants.suspended-until")} <${Until} at=${one.until} />`}</li>`)}</ul>`;
}

const grants = () => [
    { key: "licensee", label: t("grants.licensee") },
    { key: "class", label: t("grants.class"), text: (one) => recipientName(one.class) },
    { key: "pool", label: t("grants.pool"), cell: (one) => html`<a href="/catalogue/${one.pool}">${one.pool}</a>` },
    { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "tier", label: t("grants.tier") },
    { key: "from", label: t("grants.from"), cell: (one) => html`<${When} at=${one.from} />` },
    { key: "until", label: t("grants.until"), cell: (one) => html`<${Until} at=${one.until} />` },
    { key: "state", label: t("grants.state"), text: (one) => word("grant.state", one.state), cell: (one) => html`<span class="mark">${word("grant.state", one.state)}</span>` },
    { key: "suspensions", label: t("grants.held-by"), text: (one) => one.suspensions.map((held) => `${held.cause}: ${held.reason}`).join("; "), cell: (one) => html`<${Suspensions} of=${one} />` },
    { key: "overdue_acknowledgements", label: t("grants.acknowledgements"), text: (one) => t(one.overdue_acknowledgements ? "grants.overdue" : "grants.in-time"),
        cell: (one) => (one.overdue_acknowledgements ? html`<strong class="bad">${t("grants.overdue")}</strong>` : t("grants.in-time")) },
    { key: "terms", label: t("grants.terms"), text: (one) => `${one.terms_version} ${one.terms_sha256}`,
        cell: (one) => html`${t("grants.terms.version", { version: one.terms_version })} <${Hash} value=${one.terms_sha256.slice(0, 16)} />` },
];

/** A reason of the evaluation: a word of ours, a prohibition or sanction by its id, or a rule of the terms by its name. */
function reason(code) {
    const [kind] = code.split(":");
    if (kind === "prohibition" || kind === "sanction") return word("refusal", kind);
    return code === "council" || kind === "core" ? word("refusal", code) : t("refusal.rule", { rule: code });
}

function Reasons({ of }) {
    return html`<ul>${of.reasons.map((code) => html`<li key=${code}>${reason(code)}</li>`)}
        ${of.council_reasons.map((one) => html`<li key=${one.seat}>${t("grants.seat", { seat: one.seat, vote: word("choice", one.vote), code: word("case.reason", one.code) })}
            <span class="written">${one.text}</span></li>`)}</ul>`;
}

const refusals = () => [
    { key: "organisation", label: t("grants.organisation") },
    { key: "pool", label: t("grants.pool") },
    { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "reasons", label: t("grants.reasons"), text: (one) => [...one.reasons.map(reason), ...one.council_reasons.map((vote) => vote.text)].join("; "), cell: (one) => html`<${Reasons} of=${one} />` },
    { key: "refused_at", label: t("grants.refused-at"), cell: (one) => html`<${When} at=${one.refused_at} />` },
    { key: "appealed", label: t("grants.appealed"), text: (one) => t(one.appealed ? "word.yes" : "word.no") },
];

export default function Grants() {
    const filters = [{ name: "state", label: t("grants.state"), options: STATES.map((value) => ({ value, label: word("grant.state", value) })) }];
    return html`<p>${t("grants.intro")}</p>
        <${Listing} path="/licensing/v1/register" caption=${t("grants.caption")} columns=${grants()} filters=${filters} empty="grants.empty" name="grants" id=${(one) => one.grant_id} />
        <h2>${t("grants.refusals")}</h2>
        <p>${t("grants.refusals.intro")}</p>
        <${Listing} path="/licensing/v1/register/refusals" caption=${t("grants.refusals.caption")} columns=${refusals()} empty="grants.refusals.empty" name="refusals"
            id=${(one) => one.application_id} />`;
}
