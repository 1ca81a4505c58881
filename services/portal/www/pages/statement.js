// SPDX-License-Identifier: AGPL-3.0-or-later
// One statement: every figure is the server's, in the order in which the money was shared, with the formula that leads from one to the next.
import { saveBlob } from "../download.js";
import { count, day, fraction, language, t, when } from "../i18n.js";
import { decimal, money } from "../money.js";
import { PrintButton, PrintSheet } from "../print.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, word } from "../show.js";
import { Table } from "../table.js";
import { html, useEffect } from "../view.js";
import { canonical } from "../seal.js";

export const title = "statement.title";

/** The words of one step of the rule, with its own figures. */
function formula(step, shown) {
    const { rule = {}, kind } = step;
    const of = rule.num !== undefined ? { fraction: fraction(rule.num, rule.den), base: shown(step.base), wanted: shown(step.wanted) } : null;
    if (kind === "until_target") return t("statement.formula.until_target", { ...of, target: shown(rule.target ?? step.wanted), wanted: shown(step.wanted), amount: shown(step.amount) });
    if (kind === "fixed") return t(rule.amount_from ? "statement.formula.fixed-from" : "statement.formula.fixed", { wanted: shown(step.wanted), from: rule.amount_from ? t(`statement.source.${rule.amount_from}`) : "", max: rule.max !== undefined ? shown(rule.max) : "–" });
    return of && ["percent", "split", "assign"].includes(kind) ? t("statement.formula.share", of) : t(`statement.formula.${kind}`, { base: shown(step.base), amount: shown(step.amount) });
}

/** The parts of a split, each by its own weight. */
function parts(step, shown) {
    const weights = step.rule?.parts ?? [];
    return (step.parts ?? []).map((part, n) => html`<br />${t("statement.formula.part", { part: count(n + 1), weight: word("statement.weight", weights[n]?.weight ?? "equal"),
        share: count(String(weights[n]?.share ?? 1)), amount: shown(part.amount), whole: count(String(part.weight_total)) })}`);
}

function Steps({ of, shown }) {
    const columns = [{ key: "id", label: t("statement.step.name") }, { key: "kind", label: t("statement.step.kind"), cell: (row) => word("statement.kind", row.kind) },
        { key: "to", label: t("statement.step.to"), cell: (row) => (row.kind === "split" ? t("statement.step.members") : row.to ?? "") },
        { key: "formula", label: t("statement.step.formula"), cell: (row) => html`${formula(row, shown)}${parts(row, shown)}` },
        ...["base", "amount", "remaining"].map((name) => ({ key: name, label: t(`statement.step.${name}`), numeric: true, cell: (row) => shown(row[name]) }))];
    return html`<${Table} caption=${t("statement.step.caption")} columns=${columns} rows=${of.steps} id=${(row) => row.id} />`;
}

function rowFormula(row, shown) {
    if (row.quotient === undefined || row.quotient === null) return t("statement.trace.frozen", { frozen: row.frozen ? word("statement.frozen", row.frozen) : "" });
    return t("statement.trace.formula", { total: shown(row.total), weight: count(String(row.weight)), whole: count(String(row.weight_total)), quotient: shown(row.quotient),
                                          remainder: count(String(row.remainder)), extra: shown(row.extra), amount: shown(row.amount) });
}

function Trace({ of, shown }) {
    const steps = (of.trace?.steps ?? []).filter((step) => step.rows?.length > 0);
    if (steps.length === 0) return null;
    const columns = [{ key: "level", label: t("statement.trace.level"), cell: (row) => word("statement.level", row.level) },
        { key: "contribution", label: t("statement.trace.contribution"), cell: (row) => row.contribution ?? "" },
        { key: "formula", label: t("statement.step.formula"), cell: (row) => rowFormula(row, shown) },
        { key: "amount", label: t("statement.step.amount"), numeric: true, cell: (row) => shown(row.amount) }];
    return html`<section><h2>${t("statement.trace.title")}</h2><p>${t("statement.trace.says")}</p>
        ${steps.map((step) => html`<${Table} key=${step.id} caption=${t("statement.trace.caption", { step: step.id })} columns=${columns} rows=${step.rows} id=${(_, place) => place} />`)}</section>`;
}

function Eligibility({ of }) {
    return of.eligibility.map((one) => html`<p key=${one.step}>${one.failed
        ? t("statement.eligible.no", { step: one.step, figure: word("statement.figure", one.failed), has: String(one.has), needs: String(one.needs) }) : t("statement.eligible.yes", { step: one.step })}</p>`);
}

function Paid({ of, shown }) {
    const amount = { key: "amount", label: t("statement.step.amount"), numeric: true, cell: (row) => (row.amount?.minor === undefined ? shown(row.amount) : shown(row.amount.minor)) };
    const kinds = [["holds", [{ key: "reason", label: t("statements.hold.reason"), cell: (row) => word("hold", row.reason) }, { key: "since", label: t("statement.paid.since"), cell: (row) => when(row.since) },
            { key: "lifted_by", label: t("statements.hold.lifted-by") }]],
        ["payments", [{ key: "end_to_end_id", label: t("statement.paid.payment") }, { key: "state", label: t("statements.state"), cell: (row) => word("payment-state", row.state) },
            { key: "bank_reference", label: t("statement.paid.bank") }, { key: "booked_on", label: t("statement.paid.booked"), cell: (row) => (row.booked_on ? day(row.booked_on) : "") }]],
        ["clawbacks", [{ key: "run_id", label: t("statement.paid.clawback") }, { key: "at", label: t("statement.paid.at"), cell: (row) => when(row.at) }]],
        ["netting", [{ key: "txn", label: t("statement.paid.netting") }]]].filter(([name]) => of[name]?.length > 0);
    if (kinds.length === 0) return html`<p>${t("statement.paid.nothing")}</p>`;
    return kinds.map(([name, columns]) => html`<${Table} key=${name} caption=${t(`statement.paid.of.${name}`)} columns=${[...columns, amount]} rows=${of[name]} id=${(_, place) => place} />`);
}

function Proof({ of }) {
    const save = () => saveBlob(new Blob([canonical(of)], { type: "application/json" }), `statement-${of.pool}-${of.month}.json`);
    return html`<${Facts} of=${[[t("statement.proof.result"), html`<${Hash} value=${of.result_hash} />`], [t("statement.proof.root"), html`<${Hash} value=${of.lines_root} />`],
            [t("statement.proof.inputs"), html`<${Hash} value=${of.inputs_sha256} />`], [t("statement.proof.rule"), html`<${Hash} value=${of.rule_sha256} />`]]} />
        <p>${t(of.proof ? "statement.proof.logged" : "statement.proof.not-yet")}</p>
        <pre><code>commonhold verify statement statement.json --vkey VKEY</code></pre>
        <p><button type="button" class="secondary" onClick=${save}>${t("statement.proof.save")}</button></p>`;
}

function Statement({ of }) {
    const shown = (minor) => money(BigInt(minor ?? 0), of.currency, language.value);
    const name = t("statement.title-of", { pool: of.pool, month: day(of.month) });
    useEffect(() => setTitle(name), [name]);
    return html`<${PrintSheet} title=${t("statement.title")} period=${`${of.pool} ${of.month}`} hash=${of.result_hash} verify="commonhold verify statement statement.json --vkey VKEY" />
        <p><${PrintButton} /></p>
        <${Facts} of=${[[t("statement.yours"), html`<strong data-amount=${decimal(of.amount, of.currency)}>${shown(of.amount)}</strong>`], [t("statement.pot"), shown(of.pot)], [t("statement.carried-in"), shown(of.carried_in)],
            [t("statement.units"), of.weights ? count(String(of.weights.units)) : null], [t("statement.rule"), t("statement.rule-version", { rule: of.rule, version: of.rule_version })],
            [t("statement.resolution"), of.resolution && of.resolution !== "charter" ? html`<a href=${`/decisions/${of.resolution}`}>${t("statement.resolution-link")}</a>` : t("statement.charter")],
            [t("statements.state"), word("run-state", of.state)], [t("statement.run"), of.run_id]]} />
        ${of.why_none && html`<p role="note"><strong>${t("statement.none")}</strong> ${t(`statement.why.${of.why_none}`)}</p>`}
        <section><h2>${t("statement.step.title")}</h2><${Steps} of=${of} shown=${shown} /><p>${t("statement.carried", { amount: shown(of.carried) })}</p><${Eligibility} of=${of} /></section>
        <${Trace} of=${of} shown=${shown} />
        <section><h2>${t("statement.paid.title")}</h2><${Paid} of=${of} shown=${shown} /></section>
        <section><h2>${t("statement.proof.title")}</h2><${Proof} of=${of} /></section>`;
}

export default function Page({ params }) {
    const statement = useResource(`/payout/v1/statements/${params.id}`);
    return html`<${States} of=${statement} empty="statement.empty">${(data) => html`<${Statement} of=${data} />`}<//>`;
}
