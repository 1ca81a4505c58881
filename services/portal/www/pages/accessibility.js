// SPDX-License-Identifier: AGPL-3.0-or-later
// How far these pages can be used by everybody, what is known to be missing, and whom to tell. The help link of every page leads here.
import { t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { trust } from "../trust.js";
import { html } from "../view.js";

export const title = "accessibility.title";

const KEPT = ["keyboard", "contrast", "zoom", "motion", "time", "forms", "status", "print"];
const GAPS = ["contributed", "documents", "files"];

function Contact({ offices }) {
    const officers = offices.items.filter(({ body }) => body === "membership_officer");
    if (officers.length === 0) return html`<p>${t("accessibility.contact.nobody")}</p>`;
    return html`<p>${t("accessibility.contact.who")}</p>
        <ul>${officers.map((one) => html`<li key=${one.office_id}>${one.display_name ?? t("accessibility.contact.unnamed")}</li>`)}</ul>`;
}

export default function Accessibility() {
    const offices = useResource("/governance/v1/offices", { query: { body: "membership_officer" } });
    return html`
        <section>
            <h2>${t("accessibility.help.title")}</h2>
            <p>${t("accessibility.help.text")}</p>
            <ul>
                <li><a href="/join">${t("accessibility.help.join")}</a></li>
                <li><a href="/verify">${t("accessibility.help.verify")}</a></li>
                <li><a href="/charter">${t("accessibility.help.charter")}</a></li>
            </ul>
        </section>
        <section>
            <h2>${t("accessibility.conformance.title")}</h2>
            <p>${t("accessibility.conformance.text")}</p>
            <ul>${KEPT.map((name) => html`<li key=${name}>${t(`accessibility.kept.${name}`)}</li>`)}</ul>
        </section>
        <section>
            <h2>${t("accessibility.gaps.title")}</h2>
            <ul>${GAPS.map((name) => html`<li key=${name}>${t(`accessibility.gap.${name}`)}</li>`)}</ul>
        </section>
        <section>
            <h2>${t("accessibility.contact.title")}</h2>
            <p>${t("accessibility.contact.text", { trust: trust.value?.name ?? t("frame.trust") })}</p>
            <${States} of=${offices} empty="accessibility.contact.nobody">${(found) => html`<${Contact} offices=${found} />`}<//>
        </section>`;
}
