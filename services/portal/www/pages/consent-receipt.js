// SPDX-License-Identifier: AGPL-3.0-or-later
// The receipt of one answer about consent: to what, for whom, by which notice, who is responsible; on paper, and as the signed record in a file.
import { saveBlob } from "../download.js";
import { plural, t } from "../i18n.js";
import { purposeName, recipientName } from "../names.js";
import { PrintButton, PrintSheet } from "../print.js";
import { States, useResource } from "../resource.js";
import { Facts, Hash, When, word } from "../show.js";
import { Table } from "../table.js";
import { html } from "../view.js";

export const title = "consent-receipt.title";

const columns = () => [{ key: "name", label: t("pool.field") }, { key: "sensitivity", label: t("pool.field.sensitivity"), text: (one) => word("sensitivity", one.sensitivity) }];

function Answer({ record }) {
    const controller = record["dpv:hasDataController"], notice = record["dpv:hasNotice"], stored = record["dpv:hasStorageCondition"];
    return html`<${Facts} of=${[
        [t("consent-receipt.answer"), html`<strong>${word("consent-state", record.state)}</strong>`],
        [t("consent-receipt.at"), html`<${When} at=${record["dct:date"]} />`],
        [t("consents.purpose"), purposeName(record["dpv:hasPurpose"].code)],
        [t("consent-receipt.recipient"), recipientName(record["dpv:hasRecipient"])],
        [t("statements.pool"), record["dct:title"] ?? record.pool],
        [t("consent-receipt.until"), record["dct:valid"] ? html`<${When} at=${record["dct:valid"]} />` : t("consent-receipt.until.withdrawn")],
        [t("consent-receipt.notice"), html`${notice.number}: <${Hash} value=${notice.sha256} />`],
        [t("consent-receipt.controller"), [controller.name, controller.address, controller.contact].filter(Boolean).join(", ")],
        [t("consent-receipt.stored"), plural("consent-receipt.stored.of", stored.retention_days, { countries: stored.countries.join(", ") })],
        [t("consent-receipt.subject"), html`<code>${record["dpv:hasDataSubject"]}</code>`],
        [t("consent-receipt.number"), html`<code>${record.receipt_id}</code>`],
        [t("consent-receipt.control"), html`<a href="/me/consents">${t("consents.title")}</a>`],
    ]} />`;
}

export default function Page({ params }) {
    const receipt = useResource(`/licensing/v1/consents/${encodeURIComponent(params.id)}/receipt`);
    const save = () => saveBlob(new Blob([JSON.stringify(receipt.data)], { type: "application/json" }), `consent-receipt-${params.id}.json`);
    return html`<${States} of=${receipt}>${({ record }) => html`
        <${PrintSheet} title=${t("consent-receipt.title")} period=${record["dct:date"].slice(0, 10)} />
        <p>${t("consent-receipt.says")}</p><p><${PrintButton} /></p>
        <${Answer} record=${record} />
        <${Table} caption=${t("consent-receipt.columns")} columns=${columns()} rows=${record["dpv:hasPersonalData"].columns} id=${(one) => one.name} />
        <section><h2>${t("consent-receipt.signed")}</h2><p>${t("consent-receipt.signed.says", { address: `${record.issuer}/.well-known/jwks.json` })}</p>
            <p><button type="button" class="secondary" onClick=${save}>${t("consent-receipt.save")}</button></p></section>`}<//>`;
}
