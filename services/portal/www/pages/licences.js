// SPDX-License-Identifier: AGPL-3.0-or-later
// What an organisation may use and what it has applied for, each with what is to be done next.
import { t } from "../i18n.js";
import { purposeName } from "../names.js";
import { Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "licences.title";

const grants = () => [
    { key: "pool", label: t("grants.pool"), cell: (one) => html`<a
        href=${`/licences/${one.id}`}>${t("licences.open", { pool: one.pool, purpose: purposeName(one.purpose) })}</a>` },
    { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "tier", label: t("grants.tier") },
    { key: "state", label: t("grants.state"), text: (one) => word("grant.state", one.state),
        cell: (one) => html`<span class="mark">${word("grant.state", one.state)}</span>` },
    { key: "suspensions", label: t("grants.held-by"), text: (one) => one.suspensions.map((held) => word("grant.cause", held.cause)).join("; ") },
    { key: "from", label: t("grants.from"), cell: (one) => html`<${When} at=${one.from} />` },
    { key: "until", label: t("grants.until"), cell: (one) => html`<${Until} at=${one.until} />` },
];

const applications = () => [
    { key: "id", label: t("licences.application"), text: (one) => one.id,
        cell: (one) => html`<a href=${one.state === "draft" ? `/apply/${one.id}` : `/cases/${one.id}`}>
        ${one.purpose && one.pool ? t("licences.open", { pool: one.pool, purpose: purposeName(one.purpose) }) : t("apply.unfinished")}</a>` },
    { key: "state", label: t("grants.state"), text: (one) => word("application-state", one.state),
        cell: (one) => html`<span class="mark">${word("application-state", one.state)}</span>` },
    { key: "turn", label: t("licences.turn"), text: (one) => word("turn", one.turn.who) },
    { key: "until", label: t("licences.deadline"), text: (one) => one.turn.until ?? "", cell: (one) => html`<${Until} at=${one.turn.until} />` },
    { key: "changed_at", label: t("licences.changed"), cell: (one) => html`<${When} at=${one.changed_at} />` },
];

export default function Licences() {
    return html`<p>${t("licences.intro")} <a href="/apply">${t("licences.apply")}</a></p>
        <section><h2>${t("licences.grants")}</h2>
            <${Listing} path="/licensing/v1/grants" caption=${t("licences.grants.caption")} columns=${grants()} empty="licences.grants.empty" name="licences"
                /></section>
        <section><h2>${t("licences.applications")}</h2>
            <${Listing} path="/licensing/v1/applications" caption=${t("licences.applications.caption")} columns=${applications()}
                empty="licences.applications.empty" name="applications" /></section>`;
}
