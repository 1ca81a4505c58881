// SPDX-License-Identifier: AGPL-3.0-or-later
// One distribution run: what each step of the rule gave, what is held and why, and the way of the money to the bank with the approvals it needs.
import { send } from "../api.js";
import { Batch, NewBatch } from "../batches.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, day, language, t } from "../i18n.js";
import { money } from "../money.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Money, Until, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { html, useEffect } from "../view.js";

export const title = "run.title";

/** The way of a run; where it stands is its progress. */
const WAY = ["open", "inputs_frozen", "numbered", "computed", "review", "posted"];
const MOVING = new Set(["open", "inputs_frozen", "numbered", "computed"]);

const bare = (currency) => (minor) => money(minor, currency, language.value);

const steps = (text) => [
    { key: "id", label: t("treasury.step") }, { key: "kind", label: t("run.kind"), text: (one) => word("step.kind", one.kind) }, { key: "to", label: t("run.to") },
    ...["base", "wanted", "amount", "remaining"].map((key) => ({ key, label: t(`run.${key}`), numeric: true, text: (one) => text(one[key]) })),
    { key: "shortfall", label: t("run.shortfall"), text: (one) => t(one.shortfall ? "word.yes" : "word.no") },
];

function Result({ id }) {
    const result = useResource(`/payout/v1/runs/${id}/result`);
    if (result.error?.slug === "not_allowed_here") return html`<p data-state="empty">${t("run.result.later")}</p>`;
    return html`<${States} of=${result}>${(data) => {
        const text = bare(data.currency);
        return html`<${Table} caption=${t("run.steps")} rows=${data.steps} columns=${steps(text)} />
            <${Table} caption=${t("run.funds")} rows=${data.funds} id=${(one) => one.to} columns=${[{ key: "to", label: t("run.to") }, { key: "amount", label: t("treasury.amount"), numeric: true, text: (one) => text(one.amount) }]} />
            <${Facts} of=${[[t("run.pot"), text(data.pot)], [t("run.leftover"), text(data.leftover)], [t("run.carried"), text(data.carried)],
                [t("run.flags"), data.flags.map((one) => word("run.flag", one)).join(", ")], [t("run.result-hash"), html`<${Hash} value=${data.hash} />`]]} />
            <p><a href="/payout/v1/runs/${id}/result" download="run-${data.run_id}.json">${t("run.download")}</a></p>`;
    }}<//>`;
}

const holds = () => [
    { key: "reason", label: t("run.hold.reason"), text: (one) => word("hold", one.reason) },
    { key: "amount", label: t("treasury.amount"), numeric: true, cell: (one) => html`<${Money} of=${one.amount} />` },
    { key: "since", label: t("run.hold.since"), cell: (one) => html`<${When} at=${one.since} />` },
    { key: "lifted_by", label: t("run.hold.lifted"), text: (one) => word("hold.lifted", one.lifted_by) }, { key: "note", label: t("run.hold.note") },
];

const payables = () => [
    { key: "reason", label: t("run.hold.reason"), text: (one) => word("hold", one.reason) }, { key: "days", label: t("treasury.days") },
    { key: "members", label: t("pool.members"), numeric: true, text: (one) => count(one.members) },
    { key: "amount", label: t("treasury.amount"), numeric: true, cell: (one) => html`<${Money} of=${one.amount} />` },
];

function Holds() {
    const owed = useResource("/payout/v1/payables");
    return html`<${States} of=${owed} empty="run.payables.empty">${({ items, total }) => html`
            <${Table} caption=${t("run.payables")} rows=${items} columns=${payables()} id=${(one) => `${one.reason} ${one.days}`} /><p>${t("treasury.sum")} <${Money} of=${total} /></p>`}<//>
        <${Listing} path="/payout/v1/holds" caption=${t("run.holds")} columns=${holds()} empty="run.holds.empty" name="holds" />`;
}

function Abandon({ id, done }) {
    const form = useForm({
        values: { reason: "" }, done,
        send: (values, { key }) => send("POST", `/payout/v1/runs/${id}/abandon-run`, values, { key }),
    });
    return html`<details><summary>${t("run.abandon")}</summary><p>${t("run.abandon.text")}</p>
        <${Form} of=${form} submit=${t("run.abandon")}><${Field} of=${form} name="reason" label=${t("run.reason")} minlength="3" maxlength="500" required /><//></details>`;
}

function Way({ run, reload }) {
    const place = WAY.indexOf(run.state);
    const confirm = (how) => send("POST", `/payout/v1/runs/${run.id}/confirm-run`, undefined, how);
    return html`${place >= 0 && html`<label>${t("run.progress", { state: word("run.state", run.state) })} <progress value=${place + 1} max=${WAY.length}></progress></label>`}
        ${run.state === "review" && html`<p>${t("run.review")} <${Until} at=${run.review_until} /></p>
            <${Deed} label=${t("run.confirm")} ask=${t("run.confirm.ask")} said=${t("run.confirmed")} send=${confirm} done=${reload} />`}
        ${place >= 0 && run.state !== "posted" && html`<${Abandon} id=${run.id} done=${reload} />`}`;
}

function Batches() {
    const batches = useResource("/payout/v1/batches", { query: { limit: 10 } });
    return html`<${States} of=${batches} empty="batch.empty">${({ items }) => items.map((batch) => html`<${Batch} key=${batch.id} batch=${batch} reload=${batches.reload} />`)}<//>
        <${NewBatch} done=${batches.reload} />`;
}

function Whole({ run, reload }) {
    const name = t("run.name", { pool: run.pool, month: day(run.month) });
    useEffect(() => setTitle(name), [name]);
    return html`<${Facts} of=${[
            [t("decisions.state"), html`<strong class="mark">${word("run.state", run.state)}</strong>`], [t("run.number"), run.run_id], [t("treasury.rule"), `${run.rule} ${run.rule_version}`],
            [t("treasury.pot"), run.pot && html`<${Money} of=${run.pot} />`], [t("run.carried-in"), run.carried_in && html`<${Money} of=${run.carried_in} />`],
            [t("treasury.to-members"), run.total && html`<${Money} of=${run.total} />`], [t("run.lines"), run.lines === null ? null : count(run.lines)], [t("run.reason"), run.reason],
            [t("run.rail-fees"), run.rail_fees && html`<${Money} of=${run.rail_fees} />`], [t("run.carried"), run.carried && html`<${Money} of=${run.carried} />`],
            [t("treasury.opened"), html`<${When} at=${run.opened_at} />`], [t("run.confirmed-at"), run.confirmed_at && html`<${When} at=${run.confirmed_at} />`],
            [t("run.ended-at"), run.ended_at && html`<${When} at=${run.ended_at} />`],
            [t("run.inputs-hash"), html`<${Hash} value=${run.inputs_sha256} />`], [t("run.lines-root"), html`<${Hash} value=${run.lines_root} />`],
        ]} />
        <${Way} run=${run} reload=${reload} />
        <h2>${t("run.result")}</h2><${Result} key=${run.state} id=${run.id} />
        <h2>${t("run.held")}</h2><${Holds} />
        <h2>${t("batch.title")}</h2><p>${t("batch.intro")}</p><${Batches} />`;
}

export default function Run({ params }) {
    const run = useResource(`/payout/v1/runs/${params.id}`);
    useEffect(() => {
        if (!MOVING.has(run.data?.state)) return undefined;
        const timer = setInterval(run.reload, 2000);
        return () => clearInterval(timer);
    }, [run.data?.state]);
    return html`<${States} of=${run}>${(data) => html`<${Whole} run=${data} reload=${run.reload} />`}<//>`;
}
