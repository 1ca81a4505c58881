// SPDX-License-Identifier: AGPL-3.0-or-later
// What comes over a page of its own accord: signing in after a 401, and the warning before the sign-in ends.
import { Dialog } from "./dialog.js";
import { t } from "./i18n.js";
import { SignInForm } from "./signin-form.js";
import { answered, ending, renew } from "./signin.js";
import { html, useEffect, useRef } from "./view.js";

/** The page below keeps its state; what was refused is sent again when somebody has signed in. */
export function SignInDialog() {
    return html`<${Dialog} title=${t("sign-in.again.title")} onClose=${() => answered(false)}>
        <p>${t("sign-in.again.text")}</p>
        <${SignInForm} />
    <//>`;
}

/** One key is enough: the button has the focus. */
export function EndingDialog() {
    const stay = useRef(null);
    useEffect(() => stay.current.focus(), []);
    return html`<${Dialog} title=${t("sign-in.ending.title")} onClose=${() => {
        ending.value = false;
    }}>
        <p>${t("sign-in.ending.text")}</p>
        <p><button type="button" ref=${stay} onClick=${renew}>${t("sign-in.ending.stay")}</button></p>
    <//>`;
}
