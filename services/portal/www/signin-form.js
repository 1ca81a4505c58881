// SPDX-License-Identifier: AGPL-3.0-or-later
// E-mail address, password and code: on the sign-in page, in place of a page for people who are signed in, and in the dialog over a page.
import { Field, Form, useForm } from "./form.js";
import { t } from "./i18n.js";
import { signIn } from "./signin.js";
import { html } from "./view.js";

function missing({ email, password }) {
    return { email: email.includes("@") ? "" : t("sign-in.email.missing"), password: password ? "" : t("sign-in.password.missing") };
}

/** @param {{ email?: string, onDone?: () => void }} props email: where it is known already */
export function SignInForm({ email = "", onDone }) {
    const form = useForm({
        values: { email, password: "", code: "" }, check: missing, done: onDone,
        send: (values) => signIn(values.email.trim(), values.password, values.code.replace(/\s/g, "")) });
    return html`<${Form} of=${form} submit=${t("sign-in.submit")}>
        <${Field} of=${form} name="email" label=${t("sign-in.email")} type="email" autocomplete="username" />
        <${Field} of=${form} name="password" label=${t("sign-in.password")} type="password" autocomplete="current-password" />
        <${Field} of=${form} name="code" label=${t("sign-in.code")} hint=${t("sign-in.code.hint")} inputmode="numeric" autocomplete="one-time-code" />
    <//>`;
}
