// SPDX-License-Identifier: AGPL-3.0-or-later
// Becoming a member: the classes with their rights and duties, the application, and opening the account with an invite. Where a class admits openly
// one follows the other without anything being asked twice.
import { AcceptForm, mail } from "../accept-form.js";
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { duration, t } from "../i18n.js";
import { Facts, Money } from "../show.js";
import { className, trust } from "../trust.js";
import { html, useState } from "../view.js";

export const title = "join.title";

function Class({ of, charter }) {
    const { amount, period_seconds: period } = charter.dues;
    const dues = amount.minor === 0 ? t("join.dues.none") : html`<${Money} of=${amount} /> ${t("join.dues.every", { time: duration(period) })}`;
    return html`<li>
        <h3>${of.name}</h3>
        <p>${of.who}</p>
        <${Facts} of=${[
        [t("join.rights"), t(`join.rights.${of.code}`)], [t("join.duties"), t("join.duties.text")], [t("join.dues"), dues],
        [t("join.admission"), t(`join.admission.${charter.admission[of.code]}`)]]} />
    </li>`;
}

function ApplyForm({ charter, onDone }) {
    const form = useForm({
        values: { class: "", display_name: "", email: "" },
        check: (values) => ({
            class: values.class ? "" : t("join.class.missing"), display_name: values.display_name.trim() ? "" : t("join.name.missing"), email: mail(values.email) }),
        send: async (values, { key }) => {
            const sent = { ...values, display_name: values.display_name.trim(), email: values.email.trim() };
            const { data } = await send("POST", "/governance/v1/membership-applications", sent, { key, signingIn: true });
            return { ...data, email: sent.email };
        },
        done: onDone });
    return html`<${Form} of=${form} submit=${t("join.apply.submit")}>
        <${Field} of=${form} name="class" label=${t("join.class")} type="radio"
            options=${charter.classes.map((one) => ({ value: one.code, label: one.name }))} />
        <${Field} of=${form} name="display_name" label=${t("join.name")} hint=${t("join.name.hint")} autocomplete="name" />
        <${Field} of=${form} name="email" label=${t("sign-in.email")} type="email" autocomplete="email" />
    <//>`;
}

function Applied({ of }) {
    if (of.invite) return html`<h2>${t("join.admitted.title")}</h2>
        <p role="status">${t("join.admitted.text", { class: className(of.class) })}</p>
        <${AcceptForm} code=${of.invite} email=${of.email} />`;
    return html`<h2>${t("join.applied.title")}</h2><p role="status">${t("join.applied.text", { class: className(of.class) })}</p>`;
}

export default function Join({ query }) {
    const [applied, setApplied] = useState(null);
    const charter = trust.value;
    if (applied) return html`<${Applied} of=${applied} />`;
    if (query.invite !== undefined) return html`<p>${t("join.invite.text")}</p><${AcceptForm} code=${query.invite} email="" />`;
    if (!charter) return html`<p role="alert">${t("join.no-charter")}</p>`;
    return html`<p>${t("join.about")}</p>
        <p><strong>${t("join.no-licence")}</strong></p>
        <p><a href="/join?invite=">${t("join.have-invite")}</a></p>
        <p><a href="/join/organisation">${t("join.organisation")}</a></p>
        <section><h2>${t("join.classes")}</h2>
            <ul class="cards">${charter.classes.map((one) => html`<${Class} key=${one.code} of=${one} charter=${charter} />`)}</ul></section>
        <section><h2>${t("join.apply")}</h2><${ApplyForm} charter=${charter} onDone=${setApplied} /></section>`;
}
