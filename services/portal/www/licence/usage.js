// SPDX-License-Identifier: AGPL-3.0-or-later
// What was used under a licence and what is left, day by day, and what was billed for it. The figures are the server's.
import { Chart } from "../chart.js";
import { bytes, count, day, plural, t } from "../i18n.js";
import { invoiceColumns } from "../invoices.js";
import { States, useResource } from "../resource.js";
import { Facts, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { html } from "../view.js";
import { chargeText } from "./words.js";

const quotas = () => [{ key: "meter", label: t("licence.meter"), text: (one) => word("meter", one.meter) },
    { key: "period", label: t("licence.period"), text: (one) => word("quota-period", one.period) },
    { key: "limit", label: t("licence.limit"), numeric: true, text: (one) => count(one.limit) },
    { key: "used", label: t("licence.used"), numeric: true, text: (one) => count(one.used) },
    { key: "left", label: t("licence.left"), numeric: true, text: (one) => count(one.left) },
    { key: "reset_at", label: t("licence.reset"), cell: (one) => html`<${When} at=${one.reset_at} />` }];

/** Units of one meter, each day that had any, the oldest first. */
function Days({ days, meter }) {
    const of = days.filter((one) => one.meter === meter).reverse();
    return html`<${Chart} caption=${t("licence.usage.chart", { meter: word("meter", meter) })} unit=${word("meter", meter)} kind="bar"
        axis=${t("licence.day")} x=${of.map((one) => day(one.day))}
        series=${[{ label: word("meter", meter), values: of.map((one) => one.units) }]} />`;
}

const deliveries = () => [{ key: "opened_at", label: t("licence.delivery.when"), cell: (one) => html`<${When} at=${one.opened_at} />` },
    { key: "state", label: t("grants.state"), text: (one) => word("delivery-state", one.state) },
    { key: "rows", label: t("meter.rows"), numeric: true, cell: (one) => count(one.rows) },
    { key: "bytes", label: t("meter.bytes"), numeric: true, cell: (one) => bytes(one.bytes) },
    { key: "reason", label: t("licence.receipt.why"), text: (one) => (one.reason ? word("delivery-end", one.reason) : "") }];

/** @param {{ grant: object }} props */
export function Usage({ grant }) {
    const usage = useResource(`/metering/v1/grants/${grant.id}/usage`);
    const { currency } = grant.price.base;
    return html`<section><h2>${t("licence.usage")}</h2><${States} of=${usage}>${(of) => {
        const meters = [...new Set(of.days.map((one) => one.meter))].sort();
        return html`<${Facts} of=${[
                [t("licence.usage.period"), t("licence.usage.from-to", { from: day(of.from), to: day(of.to) })],
                ...meters.map((meter) => [word("meter", meter), count(of.days.filter((one) => one.meter === meter).reduce((sum, one) => sum + one.units, 0))]),
                [t("licence.usage.waiting"), of.not_folded > 0 ? plural("licence.usage.rows", of.not_folded) : null],
                [t("licence.usage.live"), of.live.length > 0 ? count(of.live.length) : null],
                [t("licence.usage.charge"), chargeText(of.expected_charge, currency)]]} />
            ${of.quotas.length > 0 ? html`<${Table} caption=${t("licence.quotas")} columns=${quotas()} rows=${of.quotas}
                id=${(one) => `${one.meter} ${one.period}`} />` : html`<p>${t("licence.quota.none")}</p>`}
            ${meters.length === 0 ? html`<p>${t("licence.usage.none")}</p>`
                : meters.map((meter) => html`<${Days} key=${meter} days=${of.days} meter=${meter} />`)}
            <p><button type="button" class="secondary" onClick=${usage.reload}>${t("licence.usage.again")}</button></p>`;
    }}<//>
        <h3>${t("licence.deliveries")}</h3><${Listing} path="/metering/v1/deliveries" query=${{ grant: grant.id }} caption=${t("licence.deliveries.caption")}
            columns=${deliveries()} empty="licence.deliveries.none" name="deliveries" /></section>`;
}


export function Invoices({ grant }) {
    return html`<section><h2>${t("licence.invoices")}</h2><p>${t("licence.invoices.says")}</p>
        <${Listing} path="/payout/v1/invoices" query=${{ grant: grant.id }} caption=${t("licence.invoices.caption")} columns=${invoiceColumns((one) => `/payout/v1/invoices/${one.id}/print`)}
            empty="licence.invoices.none" name="invoices" /></section>`;
}
