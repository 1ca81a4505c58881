// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in, and back to where somebody came from.
import { t } from "../i18n.js";
import { navigate } from "../router.js";
import { SignInForm } from "../signin-form.js";
import { home, who } from "../signin.js";
import { html } from "../view.js";

export const title = "sign-in.title";

/** Only addresses of ours: the query is anybody's to write. */
function destination(to) {
    return /^\/(?![/\\])/.test(to ?? "") ? to : home();
}

export default function SignIn({ query }) {
    if (who.value) return html`<p>${t("sign-in.already")} <a href=${destination(query.to)}>${t("sign-in.go-on")}</a></p>`;
    return html`<${SignInForm} onDone=${() => navigate(destination(query.to), { replace: true })} />
        <p>${t("sign-in.no-account")} <a href="/join">${t("sign-in.join")}</a></p>`;
}
