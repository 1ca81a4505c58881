// SPDX-License-Identifier: AGPL-3.0-or-later
// What comes of it all, in figures the services publish: use of the data by month, what went to members, what the commons hold. Each with its
// definition, unit, source and last change; nothing that rests on fewer than five members.
import { Chart } from "../chart.js";
import { day, language, t } from "../i18n.js";
import { amount, decimal } from "../money.js";
import { purposeName } from "../names.js";
import { States, useResource } from "../resource.js";
import { Facts, Money, When, word } from "../show.js";
import { Table } from "../table.js";
import { trust } from "../trust.js";
import { html } from "../view.js";

export const title = "impact.title";

const MONTHS = 24;

/** What a figure means, in which unit, where it comes from and when it changed. */
function Metric({ name, unit, query, changed, note, children }) {
    return html`<section>
        <h2>${t(`impact.${name}`)}</h2>
        <${Facts} of=${[
            [t("impact.definition"), t(`impact.${name}.definition`)],
            [t("impact.unit"), unit],
            [t("impact.query"), html`<a href=${query}><code>GET ${query}</code></a>`],
            [t("impact.changed"), changed && html`<${When} at=${changed} />`],
            [t("impact.note"), note],
        ]} />
        ${children}
    </section>`;
}

/** One series for each pool, purpose group and meter, over the months there are. */
function usageSeries(items) {
    const months = [...new Set(items.map((one) => one.month))].sort();
    const lines = new Map();
    for (const { pool, month, totals } of items)
        for (const one of totals) {
            const label = t("impact.use.series", { pool, purpose: purposeName(one.purpose_group), meter: word("meter", one.meter) });
            if (!lines.has(label)) lines.set(label, new Array(months.length).fill(null));
            lines.get(label)[months.indexOf(month)] = one.units;
        }
    return { x: months.map(day), series: [...lines].map(([label, values]) => ({ label, values })) };
}

function Use() {
    const query = `/metering/v1/totals?limit=${MONTHS}`;
    const found = useResource("/metering/v1/totals", { query: { limit: MONTHS } });
    return html`<${States} of=${found} empty="impact.use.empty">${({ items }) => {
        const hidden = items.filter((one) => one.withheld).map((one) => day(one.month));
        const note = hidden.length ? t("impact.withheld", { k: Math.max(...items.map((one) => one.k)), months: [...new Set(hidden)].join(", ") })
            : t("impact.nothing-withheld", { k: Math.max(...items.map((one) => one.k)) });
        return html`<${Metric} name="use" unit=${t("impact.use.unit")} query=${query} changed=${items[0].published_at} note=${note}>
            <${Chart} caption=${t("impact.use")} unit=${t("impact.use.unit")} kind="line" axis=${t("impact.month")} ...${usageSeries(items)} /><//>`;
    }}<//>`;
}

/** Runs that were posted, the oldest first; one bar each, in the currency's own units. */
function Paid() {
    const query = "/payout/v1/runs?limit=50";
    const runs = useResource("/payout/v1/runs", { query: { limit: 50 }, isEmpty: (data) => !data.items.some((one) => one.state === "posted") });
    const currency = trust.value?.currency;
    return html`<${States} of=${runs} empty="impact.paid.empty">${({ items }) => {
        const posted = items.filter((one) => one.state === "posted").reverse();
        return html`<${Metric} name="paid" unit=${currency} query=${query} changed=${posted.at(-1).ended_at} note=${t("impact.paid.note")}>
            <${Chart} caption=${t("impact.paid")} unit=${currency} kind="bar" axis=${t("impact.month")}
                x=${posted.map((run) => t("impact.paid.run", { pool: run.pool, month: day(run.month) }))}
                series=${[{ label: t("impact.paid"), values: posted.map((run) => Number(decimal(run.total.minor, run.total.currency))),
                    texts: posted.map((run) => amount(run.total, language.value)) }]} /><//>`;
    }}<//>`;
}

const funds = () => [
    { key: "fund", label: t("impact.fund"), text: (one) => word("fund", one.fund) },
    ...["in", "promised", "spent", "free"].map((key) => ({ key, label: t(`impact.fund.${key}`), numeric: true, cell: (one) => html`<${Money} of=${one[key]} />` })),
];

function Funds() {
    const found = useResource("/payout/v1/funds");
    return html`<${States} of=${found} empty="impact.funds.empty">${({ items }) => html`
        <${Metric} name="funds" unit=${trust.value?.currency} query="/payout/v1/funds" note=${t("impact.funds.note")}>
            <${Table} caption=${t("impact.funds")} rows=${items} columns=${funds()} id=${(one) => one.account} /><//>`}<//>`;
}

export default function Impact() {
    return html`<p>${t("impact.intro")}</p><${Use} /><${Paid} /><${Funds} />`;
}
