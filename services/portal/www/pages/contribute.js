// SPDX-License-Identifier: AGPL-3.0-or-later
// Contributing: a pool, files, their columns, what is declared of them, then the upload and what the server found; and all contributions so far.
import { send } from "../api.js";
import { About } from "../contribute/about.js";
import { dialectOf, faults, guess, readHead } from "../contribute/mapping.js";
import { Report, Sending } from "../contribute/sending.js";
import { Deed } from "../deed.js";
import { Dialog } from "../dialog.js";
import { Field, Form, useForm } from "../form.js";
import { plural, t, when } from "../i18n.js";
import { Progress } from "../progress.js";
import { States, useResource } from "../resource.js";
import { word } from "../show.js";
import { Listing } from "../table.js";
import { html, useState } from "../view.js";

export const title = "contribute.title";

function Mapping({ head, mapping, fields, onChange }) {
    const wrong = faults(mapping, fields);
    return html`<fieldset><legend>${t("contribute.mapping.title")}</legend><p>${t("contribute.mapping.says")}</p>
        ${head.columns.map((column) => html`<label key=${column}>${t("contribute.mapping.column", { column })}
            <select value=${mapping[column]} onChange=${(event) => onChange({ ...mapping, [column]: event.currentTarget.value })}>
                <option value="" selected=${mapping[column] === ""}>${t("contribute.mapping.ignore")}</option>
                ${fields.map((field) => html`<option key=${field.name} value=${field.name} selected=${mapping[column] === field.name}>${field.name}</option>`)}</select></label>`)}
        ${wrong.missing.length > 0 && html`<p class="error">${t("contribute.mapping.missing", { list: wrong.missing.join(", ") })}</p>`}
        ${wrong.twice.length > 0 && html`<p class="error">${t("contribute.mapping.twice", { list: wrong.twice.join(", ") })}</p>`}</fieldset>`;
}

const DECLARED = { source: "device", software: "", method: "", processing: "", from: "", until: "", licence: "own_data", spdx: "", attribution: "", partial: false };

function declaration(pool, head, mapping, said) {
    const open = said.licence === "open_licence" ? { spdx: said.spdx, attribution: said.attribution } : {};
    return { pool: pool.ref, format: head.format, dialect: dialectOf(head, mapping), accept_partial: said.partial, licence: { kind: said.licence, charter_version: pool.charter_version, ...open },
             provenance: { source: said.source, software: said.software, method: said.method, processing: said.processing, period: { from: said.from, until: said.until } } };
}

/** The form for one choice of files that have the same columns. */
function Declare({ pool, schema, files, head, onAnnounced }) {
    const [mapping, setMapping] = useState(() => guess(head.columns, schema.fields));
    const form = useForm({ values: DECLARED, send: async (said, { key }) => {
        const body = declaration(pool, head, mapping, said);
        const made = [];
        for (const [n, file] of files.entries()) made.push({ file, contribution: (await send("POST", "/licensing/v1/contributions", body, { key: `${key}-${n}` })).data.id });
        return made;
    }, done: onAnnounced });
    const sources = ["device", "export", "manual", "other"].map((value) => ({ value, label: word("contribute.source", value) }));
    const licences = ["own_data", "owner_permission", "open_licence"].map((value) => ({ value, label: word("contribute.licence", value) }));
    const wrong = faults(mapping, schema.fields);
    return html`<${Mapping} head=${head} mapping=${mapping} fields=${schema.fields} onChange=${setMapping} />
        <${Form} of=${form} submit=${plural("contribute.send", files.length)} disabled=${wrong.missing.length + wrong.twice.length > 0 ? t("contribute.mapping.first") : undefined}>
            <${Field} of=${form} name="source" type="select" label=${t("contribute.declare.source")} options=${sources} />
            <${Field} of=${form} name="software" label=${t("contribute.declare.software")} hint=${t("contribute.declare.software-hint")} required />
            <${Field} of=${form} name="method" label=${t("contribute.declare.method")} required />
            <${Field} of=${form} name="processing" label=${t("contribute.declare.processing")} hint=${t("contribute.declare.processing-hint")} required />
            <${Field} of=${form} name="from" type="date" label=${t("contribute.declare.from")} required />
            <${Field} of=${form} name="until" type="date" label=${t("contribute.declare.until")} required />
            <${Field} of=${form} name="licence" type="select" label=${t("contribute.declare.licence")} options=${licences} />
            ${form.values.licence === "open_licence" && html`<${Field} of=${form} name="spdx" label=${t("contribute.declare.spdx")} /><${Field} of=${form} name="attribution" label=${t("contribute.declare.attribution")} />`}
            <${Field} of=${form} name="partial" type="checkbox" label=${t("contribute.declare.partial")} />
        <//>`;
}

/** All files that are on their way, and how far they are together. */
function Uploads({ jobs, onDone }) {
    const [states, setStates] = useState({});
    const size = jobs.reduce((sum, { file }) => sum + file.size, 0), sent = jobs.reduce((sum, { contribution }) => sum + (states[contribution]?.sent ?? 0), 0);
    return html`<section><h3>${t("contribute.sending")}</h3>
        ${jobs.length > 1 && html`<${Progress} label=${t("contribute.together")} phase=${sent === size ? "sent" : "sending"} done=${sent} total=${size} />`}
        ${jobs.map(({ file, contribution, upload }) => html`<${Sending} key=${contribution} file=${file} contribution=${contribution} upload=${upload}
            onState=${(state) => setStates((all) => ({ ...all, [contribution]: state }))} onDone=${onDone} />`)}</section>`;
}

function Chosen({ pool, last, onAnnounced }) {
    const schema = useResource(`/licensing/v1/pools/${pool.ref}/schema`);
    const [files, setFiles] = useState([]);
    const [head, setHead] = useState(null);
    const choose = async (event) => {
        const list = [...event.currentTarget.files];
        setFiles(list);
        setHead(list.length ? readHead(await list[0].slice(0, 65536).text(), list[0].name) : null);
    };
    return html`<${States} of=${schema}>${(data) => html`<${About} pool=${pool} schema=${data} last=${last} />
        <h3>${t("contribute.files")}</h3><div class="field"><label for="files">${t("contribute.files.label")}</label><small class="hint" id="files-hint">${t("contribute.files.hint")}</small>
            <input id="files" type="file" multiple accept=".csv,.tsv,.txt,.ndjson,.jsonl" aria-describedby="files-hint" onChange=${choose} /></div>
        ${head && html`<${Declare} key=${files.map((file) => file.name).join("/")} pool=${pool} schema=${data} files=${files} head=${head} onAnnounced=${onAnnounced} />`}`}<//>`;
}

/** A contribution that waits for its bytes: the same file goes on where it was cut. */
function Resume({ row, onJob }) {
    return html`<label class="field">${t("contribute.resume-with", { pool: row.pool, version: row.version })}
        <input type="file" onChange=${(event) => event.currentTarget.files[0] && onJob({ file: event.currentTarget.files[0], contribution: row.id, upload: row.upload?.id })} /></label>`;
}

function Withdraw({ row, done }) {
    return html`<${Deed} label=${t("contribute.withdraw")} ask=${t("contribute.withdraw-says")} said=${t("contribute.withdrawn")} done=${done}
        send=${({ key }) => send("POST", `/licensing/v1/contributions/${row.id}/withdraw`, {}, { key })} />`;
}

function Mine({ onJob, reload }) {
    const [shown, setShown] = useState(null);
    const columns = [{ key: "created_at", label: t("contribute.mine.when"), cell: (row) => when(row.created_at), text: (row) => row.created_at }, { key: "pool", label: t("statements.pool") },
        { key: "version", label: t("contribute.mine.number"), numeric: true }, { key: "state", label: t("statements.state"), cell: (row) => word("contribution-state", row.state) },
        { key: "rows", label: t("contribute.report.rows"), numeric: true, text: (row) => row.rows ?? "" },
        { key: "do", label: t("contribute.mine.do"), text: () => "", cell: (row) => html`<button type="button" class="secondary" onClick=${() => setShown(row)}>${t("contribute.mine.report")}</button>
            <a href=${`/me/contribute/${row.id}`} aria-label=${t("contribution.title-of", { pool: row.pool, version: row.version })}>${t("contribution.receipt")}</a>
            ${row.state === "awaiting_upload" && html`<${Resume} row=${row} onJob=${onJob} />`}${row.state === "accepted" && html`<${Withdraw} row=${row} done=${reload} />`}` }];
    return html`<section><h2>${t("contribute.mine")}</h2><${Listing} path="/licensing/v1/contributions" caption=${t("contribute.mine.caption")} columns=${columns} empty="me.data.none" name="contributions" />
        ${shown && html`<${Dialog} title=${t("contribute.mine.report-of", { pool: shown.pool, version: shown.version })} onClose=${() => setShown(null)}><${Report} contribution=${shown} /><//>`}</section>`;
}

export default function Page() {
    const pools = useResource("/licensing/v1/pools", { query: { limit: 100 }, isEmpty: (data) => !data.items.some((one) => one.state === "open") });
    const before = useResource("/licensing/v1/contributions", { query: { limit: 100 }, isEmpty: () => false });
    const [ref, setRef] = useState("");
    const [jobs, setJobs] = useState([]);
    const [turn, setTurn] = useState(0);
    const last = (pool) => before.data?.items.find((one) => one.pool === pool.ref && one.charter_version)?.charter_version ?? null;
    return html`<section><h2>${t("contribute.new")}</h2><${States} of=${pools} empty="contribute.no-pools">${({ items }) => {
        const open = items.filter((one) => one.state === "open"), pool = open.find((one) => one.ref === ref);
        return html`<label>${t("contribute.pool")} <select value=${ref} onChange=${(event) => setRef(event.currentTarget.value)}><option value="">${t("contribute.choose-pool")}</option>
                ${open.map((one) => html`<option key=${one.ref} value=${one.ref}>${one.title}</option>`)}</select></label>
            ${pool && html`<${Chosen} key=${pool.ref} pool=${pool} last=${last(pool)} onAnnounced=${(made) => setJobs([...jobs, ...made])} />`}`;
    }}<//></section>
        ${jobs.length > 0 && html`<${Uploads} jobs=${jobs} onDone=${() => setTurn((n) => n + 1)} />`}
        <${Mine} key=${turn} onJob=${(job) => setJobs([...jobs, job])} reload=${() => setTurn((n) => n + 1)} />`;
}
