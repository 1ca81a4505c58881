// SPDX-License-Identifier: AGPL-3.0-or-later
// Which kinds of notices a member wants, and what of theirs can be taken along.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { toast } from "../live.js";
import { States, useResource } from "../resource.js";
import { html } from "../view.js";

const KINDS = ["discussion_opened", "voting_opened", "voting_reminder", "result", "in_force", "annulled", "referred", "case_opened", "case_due",
    "payout.held", "payout.unclaimed", "payment.returned"];
/** Own things that the interfaces give as documents. */
const EXPORTS = [["contributions", "/licensing/v1/contributions?limit=100"], ["consents", "/licensing/v1/consents"], ["statements", "/payout/v1/statements?limit=100"],
    ["notices", "/governance/v1/notices?limit=100"]];

function Kinds({ off }) {
    const form = useForm({
        values: Object.fromEntries(KINDS.map((kind) => [kind, !off.includes(kind)])),
        send: (values) => send("PUT", "/governance/v1/notice-preferences", { switched_off: KINDS.filter((kind) => !values[kind]) }),
        done: () => toast(t("account.notices.saved")) });
    return html`<${Form} of=${form} submit=${t("account.notices.submit")}>
        ${KINDS.map((kind) => html`<${Field} key=${kind} of=${form} name=${kind} label=${t(`notice.${kind}`)} type="checkbox" />`)}<//>`;
}

export function Notices() {
    const found = useResource("/governance/v1/notices", { query: { limit: 1 }, isEmpty: () => false });
    return html`<section><h2>${t("account.notices")}</h2><p>${t("account.notices.text")}</p>
        <${States} of=${found}>${({ switched_off: off }) => html`<${Kinds} off=${off} />`}<//></section>`;
}

export function Export() {
    return html`<section><h2>${t("account.export")}</h2><p>${t("account.export.text")}</p>
        <ul>${EXPORTS.map(([name, address]) => html`<li key=${name}><a href=${address} download="${name}.json">${t(`account.export.${name}`)}</a></li>`)}</ul></section>`;
}
