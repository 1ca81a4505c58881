// SPDX-License-Identifier: AGPL-3.0-or-later
// One application: a short form that saves itself, beside it how each dataset would answer. It is sent from here, and sent again after questions.
import { get, send } from "../api.js";
import { ApplyForm, bodyOf, complete, valuesOf } from "../apply/form.js";
import { Match } from "../apply/match.js";
import { useForm } from "../form.js";
import { t } from "../i18n.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { navigate } from "../router.js";
import { UserText } from "../show.js";
import { html, useRef } from "../view.js";

export const title = "apply.edit.title";

const EDITABLE = new Set(["draft", "returned"]);

/** Saving with the version that was read; what somebody else has saved meanwhile is handed to the form. */
function useSaving(path, etag) {
    const version = useRef(etag);
    const save = async (values, given) => {
        try {
            const answer = await send("PATCH", path, bodyOf(values), { etag: given ?? version.current });
            version.current = answer.etag ?? `"v${answer.data.version}"`;
            return answer;
        } catch (thrown) {
            if (thrown.slug === "stale") {
                const now = await get(path);
                thrown.current = { ...now.data, etag: now.etag };
            }
            throw thrown;
        }
    };
    return { save, version };
}

function Draft({ application, etag }) {
    const path = `/licensing/v1/applications/${application.id}`;
    const { save, version } = useSaving(path, etag);
    const questions = application.questions;
    const form = useForm({
        values: { ...valuesOf(application), answers: questions.map(() => "") }, draft: save, taken: (current) => {
            version.current = current.etag;
        },
        send: async (values, { key, etag: given }) => {
            await save(values, given);
            const answers = values.answers.map((text, question) => ({ question, text: text.trim() })).filter((one) => one.text);
            return send("POST", `${path}/submit`, questions.length ? { answers } : {}, { key, etag: version.current });
        },
        done: () => {
            say(t("apply.sent"));
            navigate(`/cases/${application.id}`);
        } });
    const wanting = [...complete(form.values), ...(form.values.answers.some((text) => !text.trim()) ? [t("apply.missing.answers")] : [])];
    return html`${questions.length > 0 && html`<section><h2>${t("apply.questions")}</h2><ol>${questions.map((one,
        n) => html`<li key=${n}><${UserText} text=${one} /></li>`)}</ol></section>`}
        <div class="beside"><div><${ApplyForm} form=${form} wanting=${wanting} questions=${questions} /></div>
            <${Match} values=${form.values} choose=${(pool) => form.set("pool", pool)} /></div>`;
}

export default function Page({ params }) {
    const application = useResource(`/licensing/v1/applications/${encodeURIComponent(params.id)}`);
    return html`<${States} of=${application}>${(data) => (EDITABLE.has(data.state)
        ? html`<${Draft} key=${data.id} application=${data} etag=${application.etag} />`
        : html`<p>${t("apply.edit.over")} <a href=${`/cases/${data.id}`}>${t("apply.edit.case")}</a></p>`)}<//>`;
}
