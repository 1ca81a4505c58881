// SPDX-License-Identifier: AGPL-3.0-or-later
// Payment batches: what is paid, who has approved and who is missing, the bank file, and what the bank said.
import { send } from "./api.js";
import { Deed } from "./deed.js";
import { Field, Form, useForm } from "./form.js";
import { count, day, t } from "./i18n.js";
import { States, useResource } from "./resource.js";
import { Facts, Hash, Money, When, word } from "./show.js";
import { Table } from "./table.js";
import { html } from "./view.js";

/** How many people other than its maker must approve a batch. */
const APPROVALS = 2;

const history = () => [
    { key: "state", label: t("decisions.state"), text: (one) => word("batch.state", one.state) },
    { key: "at", label: t("decision.event.at"), cell: (one) => html`<${When} at=${one.at} />` },
    { key: "reason", label: t("decision.event.reason") },
];

const approvals = () => [
    { key: "body", label: t("charter.office"), text: (one) => word("office", one.body) },
    { key: "member_id", label: t("decision.member-id"), cell: (one) => html`<code>${one.member_id}</code>` },
    { key: "at", label: t("decision.event.at"), cell: (one) => html`<${When} at=${one.at} />` },
];

function Approvals({ batch, level: Heading }) {
    const missing = Math.max(0, APPROVALS - batch.approvals.length);
    return html`<${Heading}>${t("batch.approvals")}<//>
        ${batch.approvals.length > 0 && html`<${Table} caption=${t("batch.approvals.caption")} rows=${batch.approvals} columns=${approvals()} />`}
        <p>${missing > 0 ? t("batch.approvals.missing", { missing: count(missing) }) : t("batch.approvals.complete")} ${t("batch.approvals.rule")}</p>`;
}

/** What the treasurer may do next, as the service says it. */
function Next({ batch, reload }) {
    const deed = (command, body) => (how) => send("POST", `/payout/v1/batches/${batch.id}/${command}`, body, how);
    if (batch.next === "freeze") return html`<${Deed} label=${t("batch.freeze")} ask=${t("batch.freeze.ask")} said=${t("batch.frozen")} send=${deed("freeze-batch")} done=${reload} />`;
    if (batch.next === "release") return html`<${Deed} label=${t("batch.release")} ask=${t("batch.release.ask")} said=${t("batch.released")} send=${deed("release-batch")} done=${reload} />`;
    return batch.next ? html`<p>${t("batch.next")} ${word("batch.next-step", batch.next)}</p>` : null;
}

/** How many payments stand in each state. */
function states(map) {
    return Object.entries(map).map(([state, number]) => t("bank.matched.kind", { kind: word("payment.state", state), count: count(number) })).join(", ");
}

/** @param {{ batch: object, reload: () => void, alone: boolean }} props alone: it is what the page is about, and has its title there */
export function Batch({ batch, reload, alone = false }) {
    return html`<section>${!alone && html`<h3><a href="/treasury/batches/${batch.id}">${t("batch.name", { account: batch.account, day: day(batch.execution_on) })}</a></h3>`}
        <${Facts} of=${[
            [t("decisions.state"), html`<strong class="mark">${word("batch.state", batch.state)}</strong>`], [t("batch.payments"), count(batch.count)], [t("batch.total"), html`<${Money} of=${batch.total} />`],
            [t("batch.states"), states(batch.payments)], [t("batch.left-out"), batch.listed.length ? count(batch.listed.length) : null], [t("batch.message"), batch.message_id],
            [t("batch.file-hash"), html`<${Hash} value=${batch.file_sha256} />`], [t("decision.event.reason"), batch.reason],
            [t("batch.rail"), batch.submission.map((one) => word("batch.step", one.step)).join(", ")],
        ]} />
        ${batch.file_sha256 && html`<p><a href="/payout/v1/batches/${batch.id}/file" download="${batch.message_id}.xml">${t("batch.file")}</a></p>`}
        <${Approvals} batch=${batch} level=${alone ? "h2" : "h4"} /><${Next} batch=${batch} reload=${reload} />
        <details><summary>${t("batch.history")}</summary><${Table} caption=${t("batch.history.caption")} rows=${batch.history} columns=${history()} id=${(one, n) => n} /></details></section>`;
}

/** Collects what is payable from one of the own bank accounts. */
export function NewBatch({ done, level: Heading = "h3" }) {
    const accounts = useResource("/payout/v1/bank-accounts");
    return html`<${Heading}>${t("batch.new")}<//><${States} of=${accounts} empty="treasury.bank.empty">${({ items }) => html`<${Choose} accounts=${items} done=${done} />`}<//>`;
}

function Choose({ accounts, done }) {
    const form = useForm({
        values: { account: accounts[0].name }, done,
        send: (values, { key }) => send("POST", "/payout/v1/batches", values, { key }),
    });
    return html`<${Form} of=${form} submit=${t("batch.make")}><${Field} of=${form} name="account" label=${t("treasury.bank-account")} type="select"
        options=${accounts.map((one) => ({ value: one.name, label: one.name }))} /><//>`;
}
