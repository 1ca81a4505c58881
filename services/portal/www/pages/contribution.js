// SPDX-License-Identifier: AGPL-3.0-or-later
// The receipt of one contribution: which file, what was declared of it, what the trust found in it. The file itself is compared with its hash.
import { Report } from "../contribute/sending.js";
import { count, day, t } from "../i18n.js";
import { PrintButton, PrintSheet } from "../print.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, When, word } from "../show.js";
import { html, useEffect } from "../view.js";

export const title = "contribution.title";

function Declared({ of }) {
    const { provenance = {}, licence = {} } = of;
    return html`<section><h2>${t("contribution.declared")}</h2><${Facts} of=${[
        [t("contribute.declare.source"), provenance.source && word("contribute.source", provenance.source)],
        [t("contribute.declare.software"), provenance.software], [t("contribute.declare.method"), provenance.method],
        [t("contribute.declare.processing"), provenance.processing],
        [t("contribute.declare.from"), provenance.period?.from && day(provenance.period.from)],
        [t("contribute.declare.until"), provenance.period?.until && day(provenance.period.until)],
        [t("contribute.declare.licence"), licence.kind && word("contribute.licence", licence.kind)],
        [t("contribute.declare.spdx"), licence.spdx], [t("contribute.declare.attribution"), licence.attribution],
        [t("contribution.charter"), of.charter_version && count(of.charter_version)],
    ]} /></section>`;
}

function Contribution({ of }) {
    const name = t("contribution.title-of", { pool: of.pool, version: of.version });
    useEffect(() => setTitle(name), [name]);
    return html`<${PrintSheet} title=${t("contribution.title")} period=${`${of.pool} ${of.version}`} hash=${of.sha256} verify=${of.sha256 && "sha256sum FILE"} />
        <p><${PrintButton} /></p>
        <${Facts} of=${[
            [t("statements.pool"), html`<a href=${`/catalogue/${of.pool}`}>${of.pool}</a>`], [t("contribute.mine.number"), count(of.version)],
            [t("contribute.mine.when"), html`<${When} at=${of.created_at} />`],
            [t("contribution.decided"), of.decided_at && html`<${When} at=${of.decided_at} />`],
            [t("contribution.ended"), of.ended_at && html`<${When} at=${of.ended_at} />`],
            [t("contribution.size"), of.size !== null && of.size !== undefined && count(of.size)],
            [t("contribution.hash"), of.sha256 && html`<${Hash} value=${of.sha256} />`],
            [t("contribution.number"), html`<code>${of.id}</code>`],
        ]} />
        <${Declared} of=${of} />
        <section><h2>${t("contribution.found")}</h2><${Report} contribution=${of} /></section>`;
}

export default function Page({ params }) {
    const contribution = useResource(`/licensing/v1/contributions/${encodeURIComponent(params.id)}`);
    return html`<${States} of=${contribution}>${(data) => html`<${Contribution} of=${data} />`}<//>`;
}
