// SPDX-License-Identifier: AGPL-3.0-or-later
// Invoices and credit notes as a list, the same for those who pay them and those who write them.
import { day, language, t } from "./i18n.js";
import { amount } from "./money.js";
import { Money, word } from "./show.js";
import { html } from "./view.js";

const money = (key, label) => ({ key, label, numeric: true, text: (one) => amount(one[key], language.value), cell: (one) => html`<${Money} of=${one[key]} />` });

/** @param {(one: object) => string} address where an invoice is opened */
export function invoiceColumns(address) {
    const name = (one) => one.number ?? t("invoice.draft");
    return [
        { key: "number", label: t("licence.invoice"), text: name, cell: (one) => html`<a href=${address(one)}>${name(one)}</a>` },
        { key: "kind", label: t("licence.invoice.kind"), text: (one) => word("licence.invoice.kind", one.kind) },
        { key: "service_month", label: t("licence.invoice.month"), text: (one) => one.service_month ?? "", cell: (one) => one.service_month && day(one.service_month) },
        { key: "state", label: t("grants.state"), text: (one) => word("licence.invoice.state", one.state),
            cell: (one) => html`<span class="mark">${word("licence.invoice.state", one.state)}</span>` },
        { key: "due_on", label: t("licence.invoice.due"), text: (one) => one.due_on ?? "", cell: (one) => one.due_on && day(one.due_on) },
        money("gross", t("licence.invoice.gross")), money("open", t("licence.invoice.open")),
        { key: "reference", label: t("licence.invoice.reference"), text: (one) => one.reference ?? "" },
    ];
}
