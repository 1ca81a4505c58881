// SPDX-License-Identifier: AGPL-3.0-or-later
// What a refusal means: its text, its cause, and what can be done. The words are ours where there are some, else the server's.
import { has, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts } from "../show.js";
import { html, useEffect } from "../view.js";

export const title = "problem.title";

function ours(key, servers) {
    return has(key) ? t(key) : servers;
}

function Explained({ slug, status, title: text, advice }) {
    const words = ours(`problem.${slug}.title`, text);
    useEffect(() => setTitle(words), [words]);
    return html`<${Facts} of=${[
        [t("problem.cause"), ours(`problem.cause.${status}`, t("problem.cause.other"))], [t("problem.next"), ours(`problem.${slug}.next`, advice)],
        [t("problem.name"), html`<code>${slug}</code>`], [t("problem.status"), String(status)],
    ]} />`;
}

export default function ProblemPage({ params }) {
    const found = useResource(`/problems/${encodeURIComponent(params.slug)}`);
    return html`<${States} of=${found}>${(problem) => html`<${Explained} ...${problem} />`}<//>`;
}
