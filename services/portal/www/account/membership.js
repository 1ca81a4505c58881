// SPDX-License-Identifier: AGPL-3.0-or-later
// The membership: class, standing and offices, another class, leaving, and being erased. What cannot be taken back is read once more before it is done.
import { send } from "../api.js";
import { Dialog } from "../dialog.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { ErrorNote } from "../resource.js";
import { Facts, Until, When, word } from "../show.js";
import { renew } from "../signin.js";
import { className, trust } from "../trust.js";
import { html, useState } from "../view.js";

export function Standing({ member }) {
    const { class_change: change, offices } = member;
    return html`<section><h2>${t("account.membership")}</h2>
        <${Facts} of=${[
        [t("account.name"), member.display_name], [t("account.class"), className(member.class)], [t("account.standing"), word("standing", member.standing)],
        [t("account.since"), html`<${When} at=${member.since} />`], [t("account.vote"), member.eligible ? t("account.vote.yes") : word("ineligible", member.ineligible)],
        [t("account.dues"), member.dues_until ? html`<${Until} at=${member.dues_until} />` : t("account.dues.none")],
        [t("account.offices"), offices.length ? html`<ul>${offices.map((one) => html`<li key=${one.office_id}>${word("office", one.body)}, <${Until} at=${one.until} /></li>`)}</ul>` : null],
        [t("account.change"), change && html`${className(change.class)}, <${When} at=${change.from} />`],
    ]} /></section>`;
}

export function ChangeClass({ member, reload }) {
    const others = trust.value.classes.filter(({ code }) => code !== member.class);
    const form = useForm({
        values: { class: "" }, check: (values) => ({ class: values.class ? "" : t("join.class.missing") }),
        send: (values) => send("POST", `/governance/v1/members/${member.id}/change-class`, values), done: reload });
    return html`<section><h2>${t("account.change-class")}</h2><p>${t("account.change-class.text")}</p>
        <${Form} of=${form} submit=${t("account.change-class.submit")}>
            <${Field} of=${form} name="class" label=${t("join.class")} type="radio" options=${others.map((one) => ({ value: one.code, label: one.name }))} />
        <//></section>`;
}

/** A step that ends something: what it does, then once more whether it is meant. */
function Ending({ name, member, done }) {
    const [asked, setAsked] = useState(false);
    const [problem, setProblem] = useState(null);
    const act = async () => {
        setAsked(false);
        await send("POST", `/governance/v1/members/${member.id}/${name}`, {}).then(done, setProblem);
    };
    return html`<p><button type="button" class="secondary" onClick=${() => setAsked(true)}>${t(`account.${name}`)}</button></p>
        ${problem && html`<${ErrorNote} problem=${problem} />`}
        ${asked && html`<${Dialog} title=${t(`account.${name}.sure`)} onClose=${() => setAsked(false)}>
            <p>${t(`account.${name}.text`)}</p>
            <p><button type="button" onClick=${act}>${t(`account.${name}`)}</button></p>
        <//>`}`;
}

export function Leaving({ member, reload }) {
    const gone = member.standing === "left" || member.standing === "expelled";
    return html`<section><h2>${t("account.leaving")}</h2>
        <p>${t("account.leave.text")}</p>
        ${!gone && html`<${Ending} name="leave" member=${member} done=${reload} />`}
        <h3>${t("account.erasure")}</h3>
        <p>${t("account.erase.text")}</p>
        <p>${t("account.erase.stays")}</p>
        ${gone ? html`<${Ending} name="erase" member=${member} done=${renew} />` : html`<p>${t("account.erase.first")}</p>`}</section>`;
}
