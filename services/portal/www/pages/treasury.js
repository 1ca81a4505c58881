// SPDX-License-Identifier: AGPL-3.0-or-later
// The treasurer's desk: the books at a glance, what waits, the bank, and the close of a month.
import { send } from "../api.js";
import { BankEntries, StatementImport, bankStatements } from "../bank.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, day, language, plural, t } from "../i18n.js";
import { amount, decimal } from "../money.js";
import { PrintButton, PrintSheet } from "../print.js";
import { States, useResource } from "../resource.js";
import { navigate } from "../router.js";
import { Facts, Hash, Money, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { trust } from "../trust.js";
import { html } from "../view.js";

export const title = "treasury.title";

const money = (key, label, pick = (row) => row[key]) => ({ key, label, numeric: true, cell: (row) => html`<${Money} of=${pick(row)} />` });

const balances = () => [
    { key: "path", label: t("treasury.account"), cell: (one) => (one.account_id === null ? one.path : html`<a href="/treasury?account=${one.account_id}">${one.path}</a>`) },
    { key: "kind", label: t("treasury.kind"), text: (one) => word("account.kind", one.kind) },
    { key: "accounts", label: t("treasury.accounts"), numeric: true, text: (one) => count(one.accounts) },
    money("balance", t("treasury.balance")),
];

function TrialBalance() {
    const found = useResource("/payout/v1/trial-balances/current");
    return html`<${States} of=${found}>${(data) => html`
        <${Table} caption=${t("treasury.trial-balance.caption")} rows=${data.accounts} columns=${balances()} id=${(one) => one.path} />
        <p>${t("treasury.sum")} <${Money} of=${data.sum} />. ${t("treasury.assets")} <${Money} of=${data.assets_and_expenses} />.</p>
        <p><${PrintButton} /></p>`}<//>`;
}

const targets = () => [
    { key: "step", label: t("treasury.step") }, { key: "rule", label: t("treasury.rule"), text: (one) => `${one.rule} ${one.version}` },
    money("target", t("treasury.target")), money("missing", t("treasury.missing")),
];

function Positions() {
    const found = useResource("/payout/v1/positions");
    return html`<${States} of=${found}>${({ pools, reserve }) => html`
        <${Table} caption=${t("treasury.pools.caption")} rows=${pools.flatMap((one) => one.accounts.map((account) => ({ ...account, pool: one.pool, id: `${one.pool} ${account.state}` })))}
            columns=${[{ key: "pool", label: t("grants.pool") }, { key: "state", label: t("decisions.state"), text: (one) => word("position", one.state) }, money("amount", t("treasury.amount"))]} />
        <p>${t("treasury.reserve")} <${Money} of=${reserve.balance} /></p>
        ${reserve.targets.length > 0 && html`<${Table} caption=${t("treasury.targets")} rows=${reserve.targets} columns=${targets()} id=${(one) => one.step} />`}`}<//>`;
}

const usage = () => [
    { key: "month", label: t("impact.month"), text: (one) => day(one.month) }, { key: "pool", label: t("grants.pool") }, { key: "organisation_name", label: t("grants.licensee") },
    { key: "meter", label: t("treasury.meter"), text: (one) => word("meter", one.meter) },
    ...["units", "late", "quarantined"].map((key) => ({ key, label: t(`treasury.${key}`), numeric: true, text: (one) => count(one[key]) })),
    { key: "sealed", label: t("treasury.sealed"), numeric: true, text: (one) => (one.sealed === null ? t("treasury.not-sealed") : count(one.sealed)) },
];

const reconciliations = () => [
    { key: "name", label: t("treasury.bank-account") }, money("book", t("treasury.book")), money("statement", t("treasury.statement")), money("difference", t("treasury.difference")),
    { key: "statement_on", label: t("treasury.statement-of"), text: (one) => (one.statement_on ? day(one.statement_on) : t("treasury.no-statement")) },
];

function Bank() {
    const found = useResource("/payout/v1/reconciliations");
    const suspense = useResource("/payout/v1/suspense-totals", { isEmpty: (data) => data.ages.length === 0 });
    return html`<${States} of=${found} empty="treasury.bank.empty">${({ items }) => html`
            <${Table} caption=${t("treasury.reconciliation")} rows=${items} columns=${reconciliations()} id=${(one) => one.bank_account_id} />`}<//>
        <h3>${t("treasury.import")}</h3><${StatementImport} done=${() => [found, suspense].forEach((one) => one.reload())} />
        <h3>${t("treasury.suspense")}</h3>
        <${States} of=${suspense} empty="treasury.suspense.empty">${({ ages }) => html`
            <${Table} caption=${t("treasury.suspense.caption")} rows=${ages} id=${(one) => one.days} columns=${[
                { key: "days", label: t("treasury.days") }, { key: "count", label: t("treasury.entries"), numeric: true, text: (one) => count(one.count) },
                money("credits", t("treasury.credits")), money("debits", t("treasury.debits"))]} />
            <${BankEntries} done=${() => [found, suspense].forEach((one) => one.reload())} />`}<//>
        <h3>${t("treasury.statements")}</h3>
        <${Listing} path="/payout/v1/bank-statements" caption=${t("treasury.statements.caption")} columns=${bankStatements()} empty="treasury.statements.empty" name="bank-statements" />`;
}

/** The figures of one check in the words of the page. */
function fact({ item, facts, detail }) {
    const shown = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value?.currency ? amount(value, language.value) : value]));
    switch (item.split(":")[0]) {
    case "month_over": return t("period.fact.month_over", { day: day(facts.before) });
    case "earlier_closed": return facts.month ? t("period.fact.earlier_open", { month: day(facts.month) }) : t("period.fact.earlier_closed");
    case "reconciled": return t(facts.closing ? "period.fact.reconciled" : "period.fact.no-statement", shown);
    case "statement_to_end": return facts.to ? t("period.fact.statement_to_end", { account: facts.account, day: day(facts.to) }) : t("period.fact.no-statement-yet", shown);
    case "zero": return t("period.fact.zero", shown);
    case "suspense_empty": return t(facts.waiting.minor === 0 ? "treasury.suspense.empty" : "period.fact.waiting", shown);
    case "invoices_issued": return plural("period.fact.drafts", facts.drafts);
    default: return detail;
    }
}

const checks = () => [
    { key: "item", label: t("pool.check"), text: (one) => word("period.check", one.item.split(":")[0]) },
    { key: "done", label: t("treasury.check.state"), text: (one) => t(one.done ? "treasury.check.done" : one.blocking ? "treasury.check.blocks" : "treasury.check.open") },
    { key: "detail", label: t("treasury.check.detail"), text: fact },
];

/** A month with the checklist of its close, and with what was frozen where it is closed. */
function Period({ id, done }) {
    const period = useResource(`/payout/v1/periods/${id}`);
    const closed = () => {
        period.reload();
        done?.();
    };
    return html`<${States} of=${period}>${(data) => html`
        <${Facts} of=${[[t("decisions.state"), html`<strong class="mark">${word("period.state", data.state)}</strong>`], [t("treasury.transactions"), count(data.transactions)],
            [t("treasury.closed-at"), data.closed_at && html`<${When} at=${data.closed_at} />`], [t("treasury.balance-hash"), data.balance_sha256 && html`<${Hash} value=${data.balance_sha256} />`]]} />
        <${Table} caption=${t("treasury.period.caption", { month: day(id) })} rows=${data.checks} columns=${checks()} id=${(one) => one.item} />
        ${data.state === "closed" ? null : data.checks.some((one) => one.blocking && !one.done) ? html`<p>${t("treasury.close.blocked")}</p>`
            : html`<${Deed} label=${t("treasury.close", { month: day(id) })} ask=${t("treasury.close.ask")} said=${t("treasury.close.done")}
                send=${(how) => send("POST", `/payout/v1/periods/${id}/close-period`, undefined, how)} done=${closed} />`}`}<//>`;
}

const periods = () => [
    { key: "id", label: t("impact.month"), text: (one) => day(one.id), cell: (one) => html`<a href="/treasury?period=${one.id}">${day(one.id)}</a>` }, { key: "state", label: t("decisions.state"), text: (one) => word("period.state", one.state) },
    { key: "closed_at", label: t("treasury.closed-at"), cell: (one) => html`<${When} at=${one.closed_at} />` },
    { key: "balance_sha256", label: t("treasury.balance-hash"), cell: (one) => html`<${Hash} value=${one.balance_sha256} />` },
];

function Periods() {
    const found = useResource("/payout/v1/periods");
    return html`<${States} of=${found} empty="treasury.periods.empty">${({ items }) => {
        const first = items.find((one) => one.state !== "closed");
        return html`<${Table} caption=${t("treasury.periods.caption")} rows=${items} columns=${periods()} />
            ${first && html`<${Period} id=${first.id} done=${found.reload} />`}`;
    }}<//>`;
}

const runs = () => [
    { key: "month", label: t("impact.month"), text: (one) => day(one.month), cell: (one) => html`<a href="/treasury/runs/${one.id}">${day(one.month)}</a>` },
    { key: "pool", label: t("grants.pool") }, { key: "state", label: t("decisions.state"), text: (one) => word("run.state", one.state) },
    money("pot", t("treasury.pot")), money("total", t("treasury.to-members")), { key: "opened_at", label: t("treasury.opened"), cell: (one) => html`<${When} at=${one.opened_at} />` },
];

function OpenRun() {
    const form = useForm({
        values: { pool: "", month: "" }, done: ({ data }) => navigate(`/treasury/runs/${data.id}`),
        send: (values, { key }) => send("POST", "/payout/v1/runs", values, { key }),
    });
    return html`<${Form} of=${form} submit=${t("treasury.run.open")}>
        <${Field} of=${form} name="pool" label=${t("grants.pool")} hint=${t("treasury.run.pool")} required />
        <${Field} of=${form} name="month" label=${t("treasury.run.month")} type="month" required /><//>`;
}

const postings = () => [
    { key: "occurred_on", label: t("treasury.day"), text: (one) => day(one.occurred_on), sorted: "descending" }, { key: "txn_no", label: t("treasury.transaction"), numeric: true },
    { key: "kind", label: t("treasury.kind") }, ...["minor", "after_minor"].map((key) => ({ key, label: t(`treasury.${key}`), numeric: true, text: (one) => decimal(one[key], trust.value.currency),
        cell: (one) => html`<${Money} of=${{ minor: one[key], currency: trust.value.currency }} />` })),
];

export default function Treasury({ query }) {
    if (query.account) return html`<p><a href="/treasury">${t("treasury.back")}</a></p>
        <${Listing} path="/payout/v1/accounts/${query.account}/postings" caption=${t("treasury.postings")} columns=${postings()} empty="treasury.postings.empty"
            name="postings-${query.account}" id=${(one) => `${one.txn_no} ${one.line}`} />`;
    if (query.period) return html`<p><a href="/treasury">${t("treasury.back")}</a></p><h2>${day(query.period)}</h2><${Period} id=${query.period} />`;
    return html`<${PrintSheet} title=${t("treasury.trial-balance")} />
        <h2>${t("treasury.trial-balance")}</h2><${TrialBalance} />
        <h2>${t("treasury.pools")}</h2><${Positions} />
        <h2>${t("treasury.usage")}</h2><p>${t("treasury.usage.intro")}</p>
        <${Listing} path="/metering/v1/usage" caption=${t("treasury.usage.caption")} columns=${usage()} empty="treasury.usage.empty" name="usage" id=${(one) => `${one.month} ${one.grant_id} ${one.meter}`} />
        <h2>${t("treasury.bank")}</h2><${Bank} />
        <h2>${t("treasury.periods")}</h2><${Periods} />
        <h2>${t("treasury.runs")}</h2>
        <${Listing} path="/payout/v1/runs" caption=${t("treasury.runs.caption")} columns=${runs()} empty="treasury.runs.empty" name="runs" />
        <h3>${t("treasury.run.open")}</h3><${OpenRun} />`;
}
