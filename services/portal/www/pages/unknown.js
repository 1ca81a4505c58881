// SPDX-License-Identifier: AGPL-3.0-or-later
// An address at which there is nothing.
import { t } from "../i18n.js";
import { html } from "../view.js";

export const title = "unknown.title";

export default function Unknown() {
    return html`<p>${t("unknown.text", { path: location.pathname })}</p>
        <p><a href="/">${t("unknown.home")}</a></p>`;
}
