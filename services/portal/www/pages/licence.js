// SPDX-License-Identifier: AGPL-3.0-or-later
// One licence: what it gives, reading under it, what was used and is left, invoices, deletions and duties to declare, renewal, history.
import { count, t } from "../i18n.js";
import { Deletions, Duties } from "../licence/duties.js";
import { Reading } from "../licence/reading.js";
import { Renewal } from "../licence/renewal.js";
import { Invoices, Usage } from "../licence/usage.js";
import { purposeName, recipientName } from "../names.js";
import { price } from "../pools.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Until, When, word } from "../show.js";
import { Table } from "../table.js";
import { html, useEffect } from "../view.js";

export const title = "licence.title";

/** What holds the licence now: a reader has to know before trying. */
function Held({ grant }) {
    if (grant.state === "active" && grant.suspensions.length === 0) return null;
    return html`<section><h2>${t("licence.held")}</h2><p><strong class="bad">${word("grant.state", grant.state)}</strong></p>
        ${grant.suspensions.length > 0 && html`<ul>${grant.suspensions.map((one) => html`<li
            key=${one.cause}><strong>${word("grant.cause", one.cause)}</strong>: ${one.reason}
            ${one.until && html` <${Until} at=${one.until} />`}</li>`)}</ul>`}</section>`;
}

function Terms({ grant }) {
    const columns = [{ key: "name", label: t("pool.field") }, { key: "rule", label: t("case.matcher.rule") }];
    return html`<section><h2>${t("licence.gives")}</h2>
        <${Facts} of=${[
            [t("grants.pool"), html`<a href=${`/catalogue/${grant.pool}`}>${grant.pool}</a>`], [t("grants.purpose"), purposeName(grant.purpose)],
            [t("grants.state"), word("grant.state", grant.state)], [t("grants.from"), html`<${When} at=${grant.from} />`],
            [t("grants.until"), html`<${Until} at=${grant.until} />`],
            [t("grants.class"), recipientName(grant.org_class)], [t("licence.actions"), grant.actions.map((one) => word("action", one)).join(", ")],
            [t("licence.modes"), grant.modes.map((one) => word("mode", one)).join(", ")], [t("grants.tier"), grant.tier],
            [t("pool.price"), price(grant.price)],
            [t("licence.cohort"), count(grant.min_cohort)], [t("grants.terms"),
                html`${t("grants.terms.version", { version: grant.terms_version })} <${Hash} value=${grant.terms_sha256} />`],
            [t("licence.application"), grant.application_id && html`<a href=${`/cases/${grant.application_id}`}>${t("licence.application.open")}</a>`],
        ]} />
        <${Table} caption=${t("licence.columns")} columns=${columns} rows=${grant.plan} id=${(one) => one.name} /></section>`;
}

const events = () => [{ key: "at", label: t("case.when"), cell: (one) => html`<${When} at=${one.at} />` },
    { key: "command", label: t("case.event"), text: (one) => word("command", one.command) },
    { key: "to", label: t("grants.state"), text: (one) => word("grant.state", one.to) },
    { key: "cause", label: t("licence.cause"), text: (one) => one.cause ?? "" }];

function Licence({ grant, reload }) {
    useEffect(() => setTitle(t("licence.title-of", { pool: grant.pool, purpose: purposeName(grant.purpose) })), [grant.id]);
    return html`<${Held} grant=${grant} />
        <${Reading} grant=${grant} />
        <${Usage} grant=${grant} />
        <${Terms} grant=${grant} />
        <${Invoices} grant=${grant} />
        <${Deletions} grant=${grant} />
        <${Duties} grant=${grant} reload=${reload} />
        <${Renewal} grant=${grant} reload=${reload} />
        <section><h2>${t("licence.history")}</h2><${Table} caption=${t("licence.history.caption")} columns=${events()} rows=${grant.events}
            id=${(one) => one.seq} /></section>`;
}

export default function Page({ params }) {
    const grant = useResource(`/licensing/v1/grants/${encodeURIComponent(params.id)}`);
    return html`<${States} of=${grant}>${(data) => html`<${Licence} grant=${data} reload=${grant.reload} />`}<//>`;
}
