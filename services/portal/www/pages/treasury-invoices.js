// SPDX-License-Identifier: AGPL-3.0-or-later
// What licensees owe: open invoices by age, those overdue longest, and every invoice and credit note.
import { count, day, plural, t } from "../i18n.js";
import { invoiceColumns } from "../invoices.js";
import { States, useResource } from "../resource.js";
import { Money } from "../show.js";
import { Listing, Table } from "../table.js";
import { html } from "../view.js";

export const title = "invoices.title";

const open = () => ({ key: "open", label: t("licence.invoice.open"), numeric: true, cell: (one) => html`<${Money} of=${one.open} />` });

const ages = () => [
    { key: "days", label: t("invoices.days-overdue") }, { key: "count", label: t("invoices.count"), numeric: true, text: (one) => count(one.count) }, open(),
];

const overdue = () => [
    { key: "number", label: t("licence.invoice"), cell: (one) => html`<a href="/treasury/invoices/${one.invoice_id}">${one.number}</a>` },
    { key: "due_on", label: t("licence.invoice.due"), cell: (one) => day(one.due_on) },
    { key: "days_overdue", label: t("invoices.days-overdue"), numeric: true, text: (one) => plural("invoices.days", one.days_overdue) }, open(),
];

function Receivables() {
    const found = useResource("/payout/v1/receivables", { isEmpty: (data) => data.ages.every((one) => one.count === 0) });
    return html`<${States} of=${found} empty="invoices.nothing-open">${({ ages: rows, items }) => html`
        <${Table} caption=${t("invoices.ages.caption")} rows=${rows} columns=${ages()} id=${(one) => one.days} />
        ${items.length > 0 ? html`<${Table} caption=${t("invoices.overdue.caption")} rows=${items} columns=${overdue()} id=${(one) => one.invoice_id} />` : html`<p>${t("invoices.nothing-overdue")}</p>`}`}<//>`;
}

export default function Invoices() {
    return html`<h2>${t("invoices.receivables")}</h2><${Receivables} />
        <h2>${t("invoices.all")}</h2>
        <${Listing} path="/payout/v1/invoices" caption=${t("invoices.caption")} columns=${invoiceColumns((one) => `/treasury/invoices/${one.id}`)} empty="invoices.empty" name="invoices" />`;
}
