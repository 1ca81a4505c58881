// SPDX-License-Identifier: AGPL-3.0-or-later
// What stands on the screen once a ballot is in the box. It says nothing of the choice, and is gone with the page: the portal keeps no tracker.
import { absolute, t } from "../i18n.js";
import { say, toast } from "../live.js";
import { PrintButton, PrintSheet } from "../print.js";
import { Facts, Hash } from "../show.js";
import { html, useEffect, useRef } from "../view.js";

/** @param {{proposal: object, receipt: {tracker: string, record: string}}} props */
export function Receipt({ proposal, receipt }) {
    const heading = useRef(null);
    useEffect(() => heading.current?.focus(), []);
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(receipt.tracker);
            say(t("vote.receipt.copied"));
        } catch {
            toast(t("vote.receipt.not-copied"));
        }
    };
    return html`<article data-step="receipt"><h3 ref=${heading} tabindex="-1">${t("vote.receipt.title")}</h3>
        <p>${t("vote.receipt.cast")}</p>
        <p><strong><output class="tracker" aria-label=${t("vote.receipt.tracker")}>${receipt.tracker}</output></strong></p>
        <p><button type="button" onClick=${copy}>${t("vote.receipt.copy")}</button> <${PrintButton} /></p>
        <p><strong>${t("vote.receipt.keep")}</strong></p>
        <${Facts} of=${[[t("vote.receipt.record"), html`<${Hash} value=${receipt.record} />`], [t("vote.receipt.check"), t("vote.receipt.check-how", { tracker: receipt.tracker })],
            [t("vote.receipt.proof"), t("vote.receipt.proof-when", { closes: absolute(proposal.closes_at) })]]} />
        <${PrintSheet} title=${t("vote.receipt.sheet", { title: proposal.title })} hash=${receipt.record} verify="commonhold verify vote bundle.json" />
    </article>`;
}
