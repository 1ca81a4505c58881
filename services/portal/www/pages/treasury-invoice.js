// SPDX-License-Identifier: AGPL-3.0-or-later
// One invoice or credit note as its document has it, and what a treasurer may do with it: issue, credit, write off.
import { Problem, send } from "../api.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, day, language, percent, t } from "../i18n.js";
import { minorOf, money } from "../money.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Money, When, word } from "../show.js";
import { Table } from "../table.js";
import { html, useEffect } from "../view.js";

export const title = "invoice.title";

const PPM = 1000000;
const OPEN = new Set(["issued", "part_paid"]);
const CREDITABLE = new Set(["issued", "part_paid", "paid"]);

const numeric = (key, label, text) => ({ key, label, numeric: true, text: (one) => text(one[key]) });
const vat = () => [
    { key: "vat_category", label: t("invoice.vat-category"), text: (one) => word("vat", one.vat_category) },
    { key: "vat_ppm", label: t("invoice.vat-rate"), numeric: true, text: (one) => percent(one.vat_ppm / PPM, 2) },
];

const lines = (shown) => [
    { key: "text", label: t("invoice.line") }, numeric("units", t("treasury.units"), count), numeric("net", t("invoice.net"), shown), ...vat(), numeric("vat", t("invoice.vat"), shown),
];

const groups = (shown) => [...vat(), numeric("base", t("invoice.net"), shown), numeric("tax", t("invoice.vat"), shown), { key: "text", label: t("invoice.vat-text") }];

const notes = () => [
    { key: "number", label: t("licence.invoice"), cell: (one) => html`<a href="/treasury/invoices/${one.id}">${one.number}</a>` },
    { key: "gross", label: t("licence.invoice.gross"), numeric: true, cell: (one) => html`<${Money} of=${one.gross} />` },
];

/** What is credited of each line that has an amount; of all, whatever is left, where none has. */
function credited(values, invoice) {
    const currency = invoice.net.currency;
    const given = invoice.lines.filter(({ line }) => values[`line-${line}`]?.trim());
    const part = given.map(({ line }) => {
        const minor = minorOf(values[`line-${line}`], currency);
        if (minor === null) throw new Problem({ slug: "invalid", errors: [{ field: `line-${line}`, message: t("invoice.not-an-amount") }] });
        return { line, net: { minor, currency } };
    });
    return { reason: values.reason, ...(part.length > 0 && { lines: part }) };
}

function Credit({ invoice, done }) {
    const form = useForm({ values: { reason: "" }, done, send: (values, { key }) => send("POST", `/payout/v1/invoices/${invoice.id}/credit-invoice`, credited(values, invoice), { key }) });
    return html`<details><summary>${t("invoice.credit")}</summary><p>${t("invoice.credit.text")}</p>
        <${Form} of=${form} submit=${t("invoice.credit.send")}>
            <${Field} of=${form} name="reason" label=${t("run.reason")} maxlength="1000" required />
            ${invoice.lines.map((one) => html`<${Field} key=${one.line} of=${form} name=${`line-${one.line}`} label=${t("invoice.credit.line", { line: one.text })}
                hint=${t("invoice.credit.hint", { net: money(one.net, invoice.net.currency, language.value) })} inputmode="decimal" />`)}<//></details>`;
}

function WriteOff({ invoice, done }) {
    const form = useForm({ values: { reason: "", vat_recoverable: true }, done, send: (values, { key }) => send("POST", `/payout/v1/invoices/${invoice.id}/write-off-invoice`, values, { key }) });
    return html`<details><summary>${t("invoice.write-off")}</summary><p>${t("invoice.write-off.text")}</p>
        <${Form} of=${form} submit=${t("invoice.write-off")}><${Field} of=${form} name="reason" label=${t("run.reason")} maxlength="1000" required />
            <${Field} of=${form} name="vat_recoverable" type="checkbox" label=${t("invoice.vat-recoverable")} /><//></details>`;
}

function Deeds({ invoice, reload }) {
    if (invoice.state === "draft") {
        return html`<${Deed} label=${t("invoice.issue")} ask=${t("invoice.issue.ask")} said=${t("invoice.issued")} done=${reload}
            send=${(how) => send("POST", `/payout/v1/invoices/${invoice.id}/issue-invoice`, undefined, how)} />`;
    }
    if (invoice.kind !== "INV") return null;
    return html`${CREDITABLE.has(invoice.state) && html`<${Credit} invoice=${invoice} done=${reload} />`}${OPEN.has(invoice.state) && html`<${WriteOff} invoice=${invoice} done=${reload} />`}`;
}

function WrittenOff({ of }) {
    return html`<h2>${t("invoice.written-off")}</h2><${Facts} of=${[[t("decision.event.at"), html`<${When} at=${of.at} />`], [t("run.reason"), of.reason], [t("invoice.net"), html`<${Money} of=${of.net} />`],
        [t("invoice.vat"), html`<${Money} of=${of.vat} />`], [t("invoice.vat-recovered"), t(of.vat_recoverable ? "word.yes" : "word.no")]]} />`;
}

function Whole({ invoice, reload }) {
    const name = t(`invoice.name.${invoice.kind}`, { number: invoice.number ?? t("invoice.draft") });
    useEffect(() => setTitle(name), [name]);
    const shown = (minor) => money(minor, invoice.net.currency, language.value);
    return html`<${Facts} of=${[
            [t("grants.state"), html`<strong class="mark">${word("licence.invoice.state", invoice.state)}</strong>`], [t("grants.licensee"), invoice.buyer.name],
            [t("licence.invoice.month"), invoice.service_month && day(invoice.service_month)], [t("invoice.issued-on"), invoice.issued_on && day(invoice.issued_on)],
            [t("licence.invoice.due"), invoice.due_on && day(invoice.due_on)], [t("licence.invoice.reference"), invoice.reference],
            ...["net", "vat"].map((key) => [t(`invoice.${key}`), html`<${Money} of=${invoice[key]} />`]),
            ...["gross", "open"].map((key) => [t(`licence.invoice.${key}`), html`<${Money} of=${invoice[key]} />`]),
            [t("invoice.credits"), invoice.credits && html`<a href="/treasury/invoices/${invoice.credits.id}">${invoice.credits.number}</a>`], [t("run.reason"), invoice.reason],
            [t("print.hash"), html`<${Hash} value=${invoice.doc_sha256} />`],
        ]} />
        ${invoice.number && html`<p><a href="/payout/v1/invoices/${invoice.id}/print">${t("invoice.print")}</a></p>`}
        <${Deeds} key=${invoice.state} invoice=${invoice} reload=${reload} />
        <h2>${t("invoice.lines")}</h2><${Table} caption=${t("invoice.lines.caption")} rows=${invoice.lines} columns=${lines(shown)} id=${(one) => one.line} />
        <${Table} caption=${t("invoice.vat.caption")} rows=${invoice.vat_groups} columns=${groups(shown)} id=${(one) => `${one.vat_category} ${one.vat_ppm}`} />
        ${invoice.credit_notes.length > 0 && html`<${Table} caption=${t("invoice.credit-notes")} rows=${invoice.credit_notes} columns=${notes()} />`}
        ${invoice.written_off && html`<${WrittenOff} of=${invoice.written_off} />`}
        <p><a href="/treasury/invoices">${t("invoices.back")}</a></p>`;
}

export default function Invoice({ params }) {
    const invoice = useResource(`/payout/v1/invoices/${params.id}`);
    return html`<${States} of=${invoice}>${(data) => html`<${Whole} invoice=${data} reload=${invoice.reload} />`}<//>`;
}
