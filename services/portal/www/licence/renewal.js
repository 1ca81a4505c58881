// SPDX-License-Identifier: AGPL-3.0-or-later
// Renewal: an application that says the same again, matched against the terms of today. The old licence runs to its end.
import { send } from "../api.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { navigate } from "../router.js";
import { html } from "../view.js";

const DAY = 86400000;

/** @param {{ grant: object, reload: () => void }} props */
export function Renewal({ grant, reload }) {
    const days = Math.round((new Date(grant.until) - new Date(grant.from)) / DAY);
    const form = useForm({ values: { days: String(Math.min(Math.max(days, 1), 1096)), project: "" },
        check: (values) => ({ days: /^[0-9]+$/.test(values.days) ? "" : t("apply.days.missing") }),
        send: (values, { key }) => send("POST", `/licensing/v1/grants/${grant.id}/renew`,
            { duration_days: Number(values.days), ...(values.project.trim() ? { project: values.project.trim() } : {}) }, { key }),
        done: ({ data }) => navigate(`/cases/${data.id}`) });
    const close = ({ key }) => send("POST", `/licensing/v1/grants/${grant.id}/close`, {}, { key });
    return html`<section><h2>${t("licence.renewal")}</h2>
        ${grant.renewal_id ? html`<p>${t("licence.renewal.running")} <a href=${`/cases/${grant.renewal_id}`}>${t("licence.renewal.open")}</a></p>`
            : grant.state === "active" ? html`<p>${t("licence.renewal.says")}</p><${Form} of=${form} submit=${t("licence.renew")}>
                <${Field} of=${form} name="days" type="number" min="1" max="1096" label=${t("case.days")} required />
                <${Field} of=${form} name="project" type="textarea" rows="4" label=${t("licence.renewal.project")} hint=${t("licence.renewal.project-hint")}
                    /><//>`
            : html`<p>${t("licence.renewal.not-active")}</p>`}
        ${["active", "suspended"].includes(grant.state) && html`<h3>${t("licence.close")}</h3><p>${t("licence.close.says")}</p>
            <${Deed} label=${t("licence.close")} ask=${t("licence.close.ask")} said=${t("licence.close.said")} done=${reload} send=${close} />`}</section>`;
}
