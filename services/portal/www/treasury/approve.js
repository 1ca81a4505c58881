// SPDX-License-Identifier: AGPL-3.0-or-later
// The approval of a batch: the bank file is read and compared in this browser, then signed with the approver's own key, which is opened for that moment
// and neither kept nor sent. A key is made here too; the trust gets its public half.
import { Problem, get, send } from "../api.js";
import { approvalText, disagreement, makeApproverKey, openApproverKey } from "../approval.js";
import { saveBlob } from "../download.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { KeyFile, NewPass, Pass, newPass, opened, refuse } from "../keyform.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { canSeal } from "../seal.js";
import { word } from "../show.js";
import { who } from "../signin.js";
import { html, useRef } from "../view.js";

const APPROVING = new Set(["board", "council", "membership_officer", "licensing_officer", "treasurer"]);

/** The time as it is signed. */
function now() {
    return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** Reads, compares, signs and sends: one approval. */
async function approve(batch, { office, pass }, file) {
    const key = await opened(openApproverKey, file, pass);
    const { data: keys } = await get("/payout/v1/approver-keys");
    const registered = keys.items.find((one) => one.public_key === key.publicKey && !one.revoked_at);
    if (!registered) refuse("pass", "approval.not-registered");
    const { data: text } = await get(`/payout/v1/batches/${batch.id}/file`, { headers: { Accept: "application/xml" } });
    const wrong = await disagreement(batch, text);
    if (wrong) throw new Problem({ slug: "invalid", title: t(wrong) });
    const at = now();
    return send("POST", `/payout/v1/batches/${batch.id}/approve-batch`, { office_id: office, key_id: registered.id, at, signature: await key.sign(approvalText(batch, office, at)) });
}

function Sign({ batch, offices, done }) {
    const file = useRef(null);
    const form = useForm({ values: { office: offices[0].office_id, pass: "" }, send: (values) => approve(batch, values, file.current), done: () => {
        say(t("approval.done"));
        done();
    } });
    return html`<${Form} of=${form} submit=${t("approval.sign")}>
        <${Field} of=${form} name="office" label=${t("approval.office")} type="select" options=${offices.map((one) => ({ value: one.office_id, label: word("office", one.body) }))} />
        <${KeyFile} chosen=${file} />
        <${Pass} of=${form} /><//>`;
}

/** @param {{ batch: object, done: () => void }} props */
export function Approve({ batch, done }) {
    const offices = useResource("/governance/v1/offices");
    if (!canSeal()) return html`<p>${t("approval.no-crypto")}</p>`;
    return html`<p>${t("approval.text")}</p><${States} of=${offices}>${({ items }) => {
        const own = items.filter((one) => one.member_id === who.value?.subject && APPROVING.has(one.body));
        return own.length > 0 ? html`<${Sign} batch=${batch} offices=${own} done=${done} />` : html`<p>${t("approval.no-office")}</p>`;
    }}<//>`;
}

async function make(values) {
    const { file, publicKey } = await makeApproverKey(newPass(values));
    // The file is saved first: a registered key that nobody has would be of no use.
    saveBlob(new Blob([file], { type: "application/x-pem-file" }), "approver-key.pem");
    return send("POST", "/payout/v1/approver-keys", { public_key: publicKey });
}

/** A new key, for who has none. */
export function Key() {
    const form = useForm({ values: { pass: "", again: "" }, send: make, done: () => {
        form.setValues({ pass: "", again: "" });
        say(t("approval.key-made"));
    } });
    if (!canSeal()) return null;
    return html`<details><summary>${t("approval.new-key")}</summary><p>${t("approval.new-key.text")}</p>
        <${Form} of=${form} submit=${t("approval.new-key.make")}><${NewPass} of=${form} /><//></details>`;
}
