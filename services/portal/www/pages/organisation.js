// SPDX-License-Identifier: AGPL-3.0-or-later
// Registering an organisation that wants to use data, with its first person, who may sign for it; then that person's account. It is asked once: applications
// take it from here.
import { AcceptForm, mail } from "../accept-form.js";
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { recipientName } from "../names.js";
import { html, useState } from "../view.js";

export const title = "register.title";

const CLASSES = ["public_body", "university", "non_profit", "cooperative", "small_company", "company", "security_body"];
const EMPTY = { name: "", class: "", country: "", street: "", postal_code: "", city: "", vat_id: "", person: "", email: "" };

function check(values) {
    const asked = ["name", "person", "class", "street", "city"].map((name) => [name, values[name].trim() ? "" : t(`register.missing.${name}`)]);
    return { ...Object.fromEntries(asked), country: /^[A-Za-z]{2}$/.test(values.country.trim()) ? "" : t("register.missing.country"), email: mail(values.email) };
}

async function register(values, key) {
    const text = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
    const country = text.country.toUpperCase();
    const body = { name: text.name, class: text.class, country, person: text.person, email: text.email, ...(text.vat_id ? { vat_id: text.vat_id } : {}),
        address: { street: text.street, postal_code: text.postal_code, city: text.city, country } };
    const { data } = await send("POST", "/licensing/v1/organisations", body, { key, signingIn: true });
    return { ...data, email: text.email };
}

function RegisterForm({ onDone }) {
    const form = useForm({ values: EMPTY, check, send: (values, { key }) => register(values, key), done: onDone });
    const classes = [{ value: "", label: t("apply.choose") }, ...CLASSES.map((value) => ({ value, label: recipientName(value) }))];
    return html`<${Form} of=${form} submit=${t("register.submit")}>
        <${Field} of=${form} name="name" label=${t("register.name")} autocomplete="organization" />
        <${Field} of=${form} name="class" type="select" label=${t("grants.class")} hint=${t("register.class.hint")} options=${classes} />
        <${Field} of=${form} name="street" label=${t("register.street")} autocomplete="street-address" />
        <${Field} of=${form} name="postal_code" label=${t("register.postal-code")} autocomplete="postal-code" />
        <${Field} of=${form} name="city" label=${t("register.city")} autocomplete="address-level2" />
        <${Field} of=${form} name="country" label=${t("apply.country")} hint=${t("register.country.hint")} maxlength="2" autocomplete="country" />
        <${Field} of=${form} name="vat_id" label=${t("apply.vat")} hint=${t("register.vat.hint")} />
        <${Field} of=${form} name="person" label=${t("register.person")} hint=${t("register.person.hint")} autocomplete="name" />
        <${Field} of=${form} name="email" type="email" label=${t("sign-in.email")} autocomplete="email" /><//>`;
}

export default function Page() {
    const [made, setMade] = useState(null);
    if (made?.invite) return html`<h2>${t("register.made.title")}</h2><p role="status">${t("register.made.text", { name: made.name })}</p>
        <${AcceptForm} code=${made.invite} email=${made.email} />`;
    if (made) return html`<p role="status">${t("register.made.mail")}</p>`;
    return html`<p>${t("register.about")}</p><${RegisterForm} onDone=${setMade} />`;
}
