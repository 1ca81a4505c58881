// SPDX-License-Identifier: AGPL-3.0-or-later
// One payment batch: what is paid, who approved and who is missing, the approval itself, and each payment with what can be done about it.
import { send } from "../api.js";
import { Batch } from "../batches.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { day, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Money, word } from "../show.js";
import { Listing } from "../table.js";
import { Approve, Key } from "../treasury/approve.js";
import { html, useEffect } from "../view.js";

export const title = "batches.batch";

/** States that end by themselves, or by the worker: the page looks again. */
const MOVING = new Set(["releasing"]);
/** What the service says may be cancelled. */
const CANCELLABLE = new Set(["draft", "frozen", "approved"]);

function Retry({ payment, reload }) {
    if (!["rejected", "returned"].includes(payment.state) || payment.retried_by) return null;
    return html`<${Deed} label=${t("payment.retry")} ask=${t("payment.retry.ask")} said=${t("payment.retried")} done=${reload}
        send=${(how) => send("POST", `/payout/v1/payments/${payment.id}/retry-payment`, undefined, how)} />`;
}

const payments = (reload) => [
    { key: "end_to_end_id", label: t("payment.end-to-end"), cell: (one) => html`<code>${one.end_to_end_id}</code>` },
    { key: "amount", label: t("treasury.amount"), numeric: true, cell: (one) => html`<${Money} of=${one.amount} />` },
    { key: "state", label: t("decisions.state"), text: (one) => (one.outcome_unknown ? t("payment.outcome-unknown") : word("payment.state", one.state)) },
    { key: "booked_on", label: t("payment.booked-on"), text: (one) => (one.booked_on ? day(one.booked_on) : "") },
    { key: "reason", label: t("decision.event.reason") },
    { key: "retried_by", label: t("payment.next"), text: (one) => (one.retried_by ? t("payment.tried-again") : ""), cell: (one) => (one.retried_by ? t("payment.tried-again") : html`<${Retry} payment=${one} reload=${reload} />`) },
];

function Cancel({ batch, reload }) {
    const form = useForm({ values: { reason: "" }, done: reload, send: (values, { key }) => send("POST", `/payout/v1/batches/${batch.id}/cancel-batch`, values, { key }) });
    return html`<details><summary>${t("batch.cancel")}</summary><p>${t("batch.cancel.text")}</p>
        <${Form} of=${form} submit=${t("batch.cancel")}><${Field} of=${form} name="reason" label=${t("run.reason")} minlength="3" maxlength="500" required /><//></details>`;
}

function Whole({ batch, reload }) {
    const name = t("batch.name", { account: batch.account, day: day(batch.execution_on) });
    useEffect(() => setTitle(name), [name]);
    return html`${batch.state === "unknown" && html`<p role="status"><strong>${t("batch.unknown.text")}</strong></p>`}
        <${Batch} batch=${batch} reload=${reload} alone />
        ${batch.next === "approve" && html`<h2>${t("approval.title")}</h2><${Approve} batch=${batch} done=${reload} /><${Key} />`}
        ${CANCELLABLE.has(batch.state) && html`<${Cancel} batch=${batch} reload=${reload} />`}
        <h2>${t("payment.title")}</h2>
        <${Listing} key=${JSON.stringify(batch.payments)} path="/payout/v1/batches/${batch.id}/payments" caption=${t("payment.caption")} columns=${payments(reload)} empty="payment.empty" name="payments-${batch.message_id ?? batch.id}" />
        <p><a href="/treasury/batches">${t("batches.all")}</a></p>`;
}

export default function OneBatch({ params }) {
    const batch = useResource(`/payout/v1/batches/${params.id}`);
    useEffect(() => {
        if (!MOVING.has(batch.data?.state)) return undefined;
        const timer = setInterval(batch.reload, 2000);
        return () => clearInterval(timer);
    }, [batch.data?.state]);
    return html`<${States} of=${batch}>${(data) => html`<${Whole} batch=${data} reload=${batch.reload} />`}<//>`;
}
