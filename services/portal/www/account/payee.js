// SPDX-License-Identifier: AGPL-3.0-or-later
// Where earnings are paid to: versions of the payout account, a new one, and its confirmation.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { Facts, When, word } from "../show.js";
import { html, useState } from "../view.js";

const ACCOUNTS = "/payout/v1/payee-accounts";

function Version({ of, reload }) {
    const [problem, setProblem] = useState(null);
    const confirm = () => send("POST", `${ACCOUNTS}/${of.id}/confirm-account`, {}).then(reload, setProblem);
    return html`<li><h3>${of.iban_hint}</h3>
        <${Facts} of=${[[t("account.payee.state"), word("payee.state", of.state)], [t("account.payee.proposed"), html`<${When} at=${of.proposed_at} />`],
        [t("account.payee.usable"), of.usable_at && html`<${When} at=${of.usable_at} />`]]} />
        ${of.state === "proposed" && html`<p>${t("account.payee.confirm.text")}</p>
            <p><button type="button" onClick=${confirm}>${t("account.payee.confirm")}</button></p>`}
        ${problem && html`<${ErrorNote} problem=${problem} />`}</li>`;
}

function Propose({ reload }) {
    const form = useForm({
        values: { iban: "", name: "" },
        check: ({ iban, name }) => ({ iban: /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(bare(iban)) ? "" : t("account.payee.iban.wrong"), name: name.trim() ? "" : t("account.payee.name.missing") }),
        send: ({ iban, name }, { key }) => send("POST", ACCOUNTS, { iban: bare(iban), name: name.trim() }, { key }),
        done: () => {
            form.setValues({ iban: "", name: "" });
            reload();
        } });
    return html`<${Form} of=${form} submit=${t("account.payee.submit")}>
        <${Field} of=${form} name="iban" label=${t("account.payee.iban")} hint=${t("account.payee.iban.hint")} autocomplete="off" />
        <${Field} of=${form} name="name" label=${t("account.payee.name")} hint=${t("account.payee.name.hint")} autocomplete="name" />
    <//>`;
}

function bare(iban) {
    return iban.replace(/\s/g, "").toUpperCase();
}

export function Payee() {
    const found = useResource(ACCOUNTS);
    return html`<section><h2>${t("account.payee")}</h2>
        <${States} of=${found} empty="account.payee.empty">${({ items }) => html`<ul class="cards">
            ${items.map((one) => html`<${Version} key=${one.id} of=${one} reload=${found.reload} />`)}</ul>`}<//>
        <${Propose} reload=${found.reload} /></section>`;
}
