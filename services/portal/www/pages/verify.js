// SPDX-License-Identifier: AGPL-3.0-or-later
// How anybody checks the trust without trusting it: the public keys, the exact commands, and the checks this page can make itself.
import { BundleCheck, TrackerCheck } from "../check.js";
import { t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { When } from "../show.js";
import { Table } from "../table.js";
import { html, useState } from "../view.js";

export const title = "verify.title";

const VKEY = "--vkey 'VKEY'";

/** Each thing to check: where its file comes from, and the command. */
function commands(origin) {
    return [
        ["vote", [`curl -o bundle.json ${origin}/governance/v1/bundles/PROPOSAL`, `commonhold verify vote bundle.json ${VKEY}`]],
        ["statement", [`commonhold verify statement statement.json ${VKEY}`]],
        ["checkpoint", [`curl -o checkpoint ${origin}/log/checkpoint`, `curl -o policy ${origin}/log/policy`, `commonhold verify checkpoint checkpoint ${VKEY} --policy policy`]],
        ["inclusion", [`curl -o proof ${origin}/log/proof/TYPE/ID`, `commonhold verify inclusion proof --entry entry ${VKEY}`]],
        ["consistency", [`commonhold verify consistency consistency --old checkpoint.kept ${VKEY}`]],
    ];
}

const keys = () => [
    { key: "vkey", label: t("verify.key"), cell: (one) => html`<code class="command">${one.vkey}</code>` },
    { key: "from", label: t("verify.from"), cell: (one) => html`<${When} at=${one.from} />` },
    { key: "until", label: t("verify.until"), cell: (one) => (one.until ? html`<${When} at=${one.until} />` : t("verify.in-use")) },
    { key: "reason", label: t("verify.reason") },
];

function Keys() {
    const found = useResource("/log/keys");
    const checkpoint = useResource("/log/checkpoint");
    return html`<${States} of=${found} empty="verify.keys.empty">${(data) => html`<${Table} caption=${t("verify.keys.caption")} rows=${data.items} columns=${keys()} id=${(one) => one.vkey} />`}<//>
        <p>${t("verify.keys.elsewhere")}</p>
        <h3>${t("verify.checkpoint")}</h3>
        <${States} of=${checkpoint} empty="verify.checkpoint.empty">${(text) => html`<pre class="command" tabindex="0"><code>${text}</code></pre>`}<//>`;
}

/** Which vote's bundle to check here. */
function Bundle() {
    const [id, setId] = useState(null);
    const choose = (event) => {
        event.preventDefault();
        setId(event.currentTarget.elements.proposal.value.trim().split("/").pop() || null);
    };
    return html`<form onSubmit=${choose}><div class="field"><label for="proposal">${t("verify.proposal")}</label>
            <small class="hint" id="proposal-hint">${t("verify.proposal.hint")}</small>
            <input id="proposal" name="proposal" aria-describedby="proposal-hint" spellcheck=${false} autocomplete="off" /></div>
            <button type="submit">${t("verify.proposal.choose")}</button></form>
        ${id && html`<${BundleCheck} key=${id} id=${id} />`}`;
}

export default function Verify() {
    return html`<p>${t("verify.intro")}</p>
        <h2>${t("verify.keys")}</h2><${Keys} />
        <h2>${t("verify.commands")}</h2><p>${t("verify.commands.intro")}</p>
        ${commands(location.origin).map(([name, lines]) => html`<section key=${name}><h3>${t(`verify.${name}.title`)}</h3><p>${t(`verify.${name}.text`)}</p>
            <pre class="command" tabindex="0"><code>${lines.join("\n")}</code></pre></section>`)}
        <h2>${t("verify.tracker")}</h2><p>${t("verify.tracker.intro")}</p><${TrackerCheck} />
        <h2>${t("verify.bundle")}</h2><p>${t("verify.bundle.intro")}</p><${Bundle} />`;
}
