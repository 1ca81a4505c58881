// SPDX-License-Identifier: AGPL-3.0-or-later
// The hearing before an expulsion: the panel calls the accused, they answer, the panel records what was said. Everything stands as it was written.
import { send } from "./api.js";
import { Field, Form, useForm } from "./form.js";
import { t } from "./i18n.js";
import { say } from "./live.js";
import { useResource } from "./resource.js";
import { UserText, When, word } from "./show.js";
import { who } from "./signin.js";
import { trust } from "./trust.js";
import { html } from "./view.js";

/** States in which it may still be written to: until the text is frozen. */
const OPEN = new Set(["draft", "submitted", "admitted", "discussion", "referred"]);

function Write({ proposal, panel, done }) {
    const form = useForm({
        values: { text: "", held_at: "" },
        check: (values) => ({ text: values.text.trim() ? "" : t("hearing.text.missing"), held_at: panel && !values.held_at ? t("hearing.held-at.missing") : "" }),
        send: ({ text, held_at: at }, { key }) => send("POST", `/governance/v1/proposals/${proposal.id}/hear`, { text: text.trim(), ...(panel && { held_at: `${at}:00Z` }) }, { key }),
        done: () => {
            form.setValues({ text: "", held_at: "" });
            say(t("hearing.written"));
            done();
        } });
    return html`<p>${t(panel ? "hearing.panel.text" : "hearing.accused.text")}</p>
        <${Form} of=${form} submit=${t(panel ? "hearing.panel.send" : "hearing.accused.send")}>
            <${Field} of=${form} name="text" type="textarea" rows="5" label=${t(panel ? "hearing.panel.words" : "hearing.accused.words")} maxlength="10000" required />
            ${panel && html`<${Field} of=${form} name="held_at" type="datetime-local" label=${t("hearing.held-at")} hint=${t("hearing.held-at.hint")} required />`}<//>`;
}

/** @param {{ proposal: object, reload: () => void }} props of an expulsion, as whoever looks may see it */
export function Hearing({ proposal, reload }) {
    const self = useResource(who.value?.kind === "member" ? "/governance/v1/members/self" : null);
    const panel = self.data?.offices.some(({ body }) => body === "conduct"), accused = proposal.effect.member_id === who.value?.subject;
    const words = proposal.hearing ?? [];
    return html`<h2>${t("hearing.title")}</h2>
        ${words.length === 0 ? html`<p data-state="empty">${t("hearing.nothing")}</p>` : html`<ol>${words.map((one, n) => html`<li key=${n}>
            <strong>${word("hearing.kind", one.kind)}</strong>, <${When} at=${one.at} />${one.held_at && html`; ${t("hearing.held-at")}: <${When} at=${one.held_at} />`}
            <${UserText} text=${one.text} lang=${trust.value?.language} /></li>`)}</ol>`}
        ${OPEN.has(proposal.state) && (panel || accused) && html`<${Write} key=${words.length} proposal=${proposal} panel=${panel && !accused} done=${reload} />`}`;
}
