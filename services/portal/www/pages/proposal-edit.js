// SPDX-License-Identifier: AGPL-3.0-or-later
// A draft, or a proposal that was sent back: it saves itself, says what is missing, and is submitted or taken back from here.
import { get, send } from "../api.js";
import { useForm } from "../form.js";
import { Hearing } from "../hearing.js";
import { count, t } from "../i18n.js";
import { say } from "../live.js";
import { Editor, Missing, bodyOf, missing } from "../proposal/editor.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { navigate } from "../router.js";
import { Facts, word } from "../show.js";
import { html, useRef, useState } from "../view.js";

export const title = "proposal.edit.title";

const EDITABLE = new Set(["draft", "referred"]);

function Sponsors({ proposal }) {
    return html`<${Facts} of=${[[t("vote.fact.state"), word("proposal.state", proposal.state)],
        [t("proposal.sponsors"), proposal.sponsors_needed === null ? t("proposal.sponsors.later") : t("proposal.sponsors.of", { count: count(proposal.sponsors), needed: count(proposal.sponsors_needed) })]]} />
        ${proposal.held?.length > 0 && html`<p>${t("proposal.held")}</p><ul>${proposal.held.map((one) => html`<li key=${one.pointer}>${one.detail}</li>`)}</ul>`}`;
}

function Draft({ proposal, etag, reload }) {
    const path = `/governance/v1/proposals/${proposal.id}`, version = useRef(etag);
    const [problem, setProblem] = useState(null);
    const save = async (values, given) => {
        try {
            const answer = await send("PUT", path, bodyOf(values), { etag: given ?? version.current });
            version.current = answer.etag ?? `"${answer.data.version}"`;
            return answer;
        } catch (thrown) {
            if (thrown.slug === "stale") {
                const now = await get(path);
                thrown.current = { ...now.data, etag: now.etag };
            }
            throw thrown;
        }
    };
    const form = useForm({ values: { type: proposal.type, title: proposal.title, text: proposal.text, effect: proposal.effect }, send: (values, { etag: given }) => save(values, given), draft: save,
        taken: (current) => {
            version.current = current.etag;
        },
        done: () => say(t("proposal.saved")) });
    const act = async (verb) => {
        setProblem(null);
        try {
            if (verb === "submit") await save(form.values);
            await send("POST", `${path}/${verb}`, {});
            if (verb === "submit") navigate(`/decisions/${proposal.id}`);
            else reload();
        } catch (thrown) {
            setProblem(thrown);
        }
    };
    const wanting = missing(form.values);
    return html`<${Sponsors} proposal=${proposal} /><${Editor} form=${form} submit=${t("proposal.save")} fixed=${true} /><${Missing} values=${form.values} />
        ${proposal.type === "expulsion" && html`<${Hearing} proposal=${proposal} reload=${reload} />`}
        ${problem && html`<${ErrorNote} problem=${problem} />${problem.errors?.length > 0 && html`<ul>${problem.errors.map((one) => html`<li key=${one.pointer}>${one.message}</li>`)}</ul>`}`}
        ${proposal.state === "draft" && html`<div role="group"><button type="button" aria-disabled=${wanting.length > 0} onClick=${() => wanting.length === 0 && act("submit")}>${t("proposal.submit")}</button>
            <button type="button" class="secondary" onClick=${() => act("withdraw")}>${t("proposal.withdraw")}</button></div><p>${t("proposal.submit-says")}</p>`}`;
}

export default function Page({ params }) {
    const proposal = useResource(`/governance/v1/proposals/${params.id}`);
    return html`<${States} of=${proposal} empty="vote.empty">${(data) => (EDITABLE.has(data.state) ? html`<${Draft} key=${data.state} proposal=${data} etag=${proposal.etag} reload=${proposal.reload} />`
        : html`<${Sponsors} proposal=${data} /><p>${t("proposal.edit.over")} <a href=${`/decisions/${data.id}`}>${t("vote.after.decision")}</a></p>`)}<//>`;
}
