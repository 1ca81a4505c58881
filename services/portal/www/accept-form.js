// SPDX-License-Identifier: AGPL-3.0-or-later
// Opening an account with an invite: of somebody who joins, or of a person of an organisation.
import { send } from "./api.js";
import { Field, Form, useForm } from "./form.js";
import { t } from "./i18n.js";
import { navigate } from "./router.js";
import { home, signIn } from "./signin.js";
import { html } from "./view.js";

const SHORTEST = 12; // characters of a password

/** What is wrong with an e-mail address; "" when nothing is. */
export function mail(text) {
    return text.includes("@") ? "" : t("sign-in.email.missing");
}

/** Opens the account, and signs in with what was just typed. */
export function AcceptForm({ code, email }) {
    const form = useForm({
        values: { code, email, password: "" },
        check: (values) => ({
            code: values.code.trim() ? "" : t("join.code.missing"), email: mail(values.email),
            password: [...values.password].length >= SHORTEST ? "" : t("join.password.short") }),
        send: async (values) => {
            const address = values.email.trim();
            await send("POST", `/portal/v1/invites/${encodeURIComponent(values.code.trim())}/accept`, { email: address, password: values.password }, { signingIn: true });
            await signIn(address, values.password);
        },
        done: () => navigate(home(), { replace: true }) });
    return html`<${Form} of=${form} submit=${t("join.accept.submit")}>
        <${Field} of=${form} name="code" label=${t("join.code")} hint=${t("join.code.hint")} autocomplete="off" />
        <${Field} of=${form} name="email" label=${t("sign-in.email")} type="email" autocomplete="username" />
        <${Field} of=${form} name="password" label=${t("join.password")} hint=${t("join.password.hint")} type="password" autocomplete="new-password" />
    <//>`;
}
