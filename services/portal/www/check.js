// SPDX-License-Identifier: AGPL-3.0-or-later
// Looking up a tracker, and checking the whole bundle of a sealed vote in the browser. What it finds it found itself; the command that checks the
// rest stands beside it.
import { get } from "./api.js";
import { checkBundle } from "./bundle.js";
import { t } from "./i18n.js";
import { alarm, say } from "./live.js";
import { ErrorNote } from "./resource.js";
import { readTracker, recordHash, tracker } from "./seal.js";
import { Hash } from "./show.js";
import { html, useState } from "./view.js";

async function lookUp(text, of) {
    const asked = readTracker(text);
    if (!asked) return { wrong: true };
    const { data } = await get(`/governance/v1/trackers/${asked}`);
    return { ...data, tracker: asked, other: of && data.proposal_id !== of };
}

function Found({ found }) {
    if (found.wrong) return html`<p role="alert" class="error">${t("check.tracker.wrong")}</p>`;
    return html`<div data-tracker=${found.state}>
        <p><strong>${t(`check.tracker.state.${found.state}`)}</strong></p>
        ${found.other && html`<p>${t("check.tracker.other")} <a href=${`/decisions/${found.proposal_id}`}>${t("check.tracker.other-link")}</a></p>`}
        <p>${t(found.log ? "check.tracker.logged" : "check.tracker.not-logged")}</p>
        <p>${t("check.tracker.record")} <${Hash} value=${found.record_sha256} /></p>
    </div>`;
}

/** @param {{id?: string}} props the proposal whose vote it should be of */
export function TrackerCheck({ id }) {
    const [text, setText] = useState("");
    const [found, setFound] = useState(null);
    const [problem, setProblem] = useState(null);
    const look = async (event) => {
        event?.preventDefault();
        setProblem(null);
        setFound(null);
        try {
            const seen = await lookUp(text, id);
            setFound(seen);
            if (!seen.wrong) say(t(`check.tracker.state.${seen.state}`));
        } catch (thrown) {
            setProblem(thrown);
        }
    };
    return html`<form onSubmit=${look} autocomplete="off">
        <div class="field"><label for="tracker">${t("check.tracker.label")}</label>
            <small class="hint" id="tracker-hint">${t("check.tracker.hint")}</small>
            <input id="tracker" value=${text} onInput=${(event) => setText(event.currentTarget.value)} aria-describedby="tracker-hint" autocapitalize="characters" spellcheck=${false} /></div>
        <button type="submit">${t("check.tracker.look")}</button>
        ${found && html`<${Found} found=${found} />`}
        ${problem && (problem.slug === "not_found" ? html`<p role="alert" class="error">${t("check.tracker.unknown")}</p>` : html`<${ErrorNote} problem=${problem} retry=${() => look()} />`)}
    </form>`;
}

async function check(id, reading, own) {
    const { data } = await get(`/governance/v1/bundles/${id}`, { query: { reading } });
    const report = await checkBundle(data);
    const asked = own ? readTracker(own) : null;
    const hashes = await Promise.all(data.records.map((one) => typeof one === "string" ? one : recordHash(one)));
    return { report, records: hashes.length, own: own ? hashes.some((hash) => tracker(hash) === asked) : null };
}

function Report({ done, id, reading }) {
    const failed = done.report.filter((one) => one.holds === false);
    return html`<div data-bundle=${failed.length ? "failed" : "holds"}>
        <p><strong>${t(failed.length ? "check.bundle.failed" : "check.bundle.holds", { records: done.records })}</strong></p>
        ${done.own !== null && html`<p>${t(done.own ? "check.bundle.own-in" : "check.bundle.own-missing")}</p>`}
        <table><caption>${t("check.bundle.caption")}</caption>
            <thead><tr><th scope="col">${t("check.bundle.check")}</th><th scope="col">${t("check.bundle.result")}</th></tr></thead>
            <tbody>${done.report.map((one) => html`<tr key=${one.name}><th scope="row">${t(`check.bundle.name.${one.name}`)}</th>
                <td>${t(one.holds === null ? "check.bundle.result.elsewhere" : one.holds ? "check.bundle.result.holds" : "check.bundle.result.fails", { detail: one.detail ?? "" })}</td></tr>`)}</tbody>
        </table>
        <p>${t("check.bundle.rest")}</p>
        <pre><code>${`commonhold verify vote bundle.json --vkey VKEY`}</code></pre>
        <p><a href=${`/governance/v1/bundles/${id}${reading ? `?reading=${reading}` : ""}`} download="bundle.json">${t("check.bundle.download")}</a></p>
    </div>`;
}

/** @param {{id: string, reading?: number}} props */
export function BundleCheck({ id, reading }) {
    const [own, setOwn] = useState("");
    const [state, setState] = useState({ step: "idle" });
    const run = async (event) => {
        event?.preventDefault();
        if (state.step === "running") return;
        setState({ step: "running" });
        try {
            const done = await check(id, reading, own.trim());
            setState({ step: "done", done });
            if (done.report.some((one) => one.holds === false)) alarm(t("check.bundle.failed", { records: done.records }));
            else say(t("check.bundle.holds", { records: done.records }));
        } catch (problem) {
            setState({ step: "failed", problem });
        }
    };
    return html`<form onSubmit=${run} autocomplete="off">
        <p>${t("check.bundle.says")}</p>
        <div class="field"><label for="own-tracker">${t("check.bundle.own")}</label>
            <input id="own-tracker" value=${own} onInput=${(event) => setOwn(event.currentTarget.value)} spellcheck=${false} /></div>
        <button type="submit" aria-busy=${state.step === "running"}>${t("check.bundle.run")}</button>
        ${state.step === "done" && html`<${Report} done=${state.done} id=${id} reading=${reading} />`}
        ${state.step === "failed" && html`<${ErrorNote} problem=${state.problem} retry=${() => run()} />`}
    </form>`;
}
