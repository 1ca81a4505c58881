// SPDX-License-Identifier: AGPL-3.0-or-later
// Password and second factor of an account.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { toast } from "../live.js";
import { ErrorNote } from "../resource.js";
import { grouped } from "../show.js";
import { renew, who } from "../signin.js";
import { html, useState } from "../view.js";

export function Password() {
    const form = useForm({
        values: { current: "", password: "" },
        check: (values) => ({ current: values.current ? "" : t("sign-in.password.missing"), password: [...values.password].length >= 12 ? "" : t("join.password.short") }),
        send: (values) => send("POST", "/portal/v1/passwords", values, { signingIn: true }),
        done: () => {
            form.setValues({ current: "", password: "" });
            toast(t("account.password.changed"));
        } });
    return html`<section><h2>${t("account.password")}</h2>
        <p>${t("account.password.text")}</p>
        <${Form} of=${form} submit=${t("account.password.submit")}>
            <${Field} of=${form} name="current" label=${t("account.password.current")} type="password" autocomplete="current-password" />
            <${Field} of=${form} name="password" label=${t("join.password")} hint=${t("join.password.hint")} type="password" autocomplete="new-password" />
        <//></section>`;
}

/** The secret is shown once, here; it counts when its first code came back. */
function Confirm({ made }) {
    const form = useForm({
        values: { code: "" }, check: ({ code }) => ({ code: /^\d{6}$/.test(code.replace(/\s/g, "")) ? "" : t("account.totp.code.missing") }),
        send: ({ code }) => send("POST", "/portal/v1/totp-keys/current/confirm", { code: code.replace(/\s/g, "") }, { signingIn: true }),
        done: async () => {
            await renew();
            toast(t("account.totp.on"));
        } });
    return html`<p>${t("account.totp.secret")}</p>
        <p><code class="hash">${grouped(made.secret)}</code></p>
        <p><a href=${made.uri}>${t("account.totp.open")}</a></p>
        <${Form} of=${form} submit=${t("account.totp.confirm")}>
            <${Field} of=${form} name="code" label=${t("sign-in.code")} hint=${t("account.totp.code.hint")} inputmode="numeric" autocomplete="one-time-code" />
        <//>`;
}

export function SecondFactor() {
    const [made, setMade] = useState(null);
    const [problem, setProblem] = useState(null);
    const make = () => send("POST", "/portal/v1/totp-keys", {}).then(({ data }) => setMade(data), setProblem);
    return html`<section><h2>${t("account.totp")}</h2>
        ${who.value.totp && html`<p>${t("account.totp.is-on")}</p>`}
        ${!who.value.totp && html`<p>${t("account.totp.text")}</p>`}
        ${!who.value.totp && !made && html`<p><button type="button" onClick=${make}>${t("account.totp.make")}</button></p>`}
        ${!who.value.totp && made && html`<${Confirm} made=${made} />`}
        ${problem && html`<${ErrorNote} problem=${problem} />`}</section>`;
}
