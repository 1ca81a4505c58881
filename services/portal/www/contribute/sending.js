// SPDX-License-Identifier: AGPL-3.0-or-later
// One file on its way: upload, then the server's own phases until it is decided. Leaving the page is safe; the list of contributions takes it up again.
import { cookie, get } from "../api.js";
import { count, plural, t } from "../i18n.js";
import { Progress } from "../progress.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { renew } from "../signin.js";
import { Facts, word } from "../show.js";
import { Table } from "../table.js";
import { Upload } from "../upload.js";
import { html, useEffect, useRef, useState } from "../view.js";

const DECIDED = new Set(["accepted", "rejected", "superseded", "withdrawn", "erased"]);
const QUICK = 30;

/** Row errors of a contribution, with their line numbers. */
export function Report({ contribution }) {
    const errors = useResource(`/licensing/v1/contributions/${contribution.id}/errors`, { isEmpty: (data) => data.items.length === 0 });
    const columns = [{ key: "line", label: t("contribute.report.line"), cell: (row) => count(row.line) }, { key: "row", label: t("contribute.report.row"), cell: (row) => (row.row ? count(row.row) : t("contribute.report.header")) },
        { key: "column", label: t("contribute.report.column"), cell: (row) => row.column || t("contribute.report.whole-row") }, { key: "reason", label: t("contribute.report.reason"), cell: (row) => word("row-error", row.reason) },
        { key: "value", label: t("contribute.report.value"), cell: (row) => row.value ?? "" }];
    return html`<${Facts} of=${[[t("contribute.report.state"), word("contribution-state", contribution.state)], [t("contribute.report.why"), contribution.reason ? word("contribution-reason", contribution.reason) : null],
            [t("contribute.report.rows"), contribution.rows === null || contribution.rows === undefined ? null : count(contribution.rows)],
            [t("contribute.report.bad"), contribution.bad_rows === null || contribution.bad_rows === undefined ? null : count(contribution.bad_rows)],
            [t("contribute.report.quality"), contribution.quality_ppm === null || contribution.quality_ppm === undefined ? null : t("contribute.report.ppm", { ppm: count(contribution.quality_ppm) })]]} />
        <${States} of=${errors} empty="contribute.report.none">${({ items, bad_rows: bad }) => html`
            <${Table} caption=${plural("contribute.report.caption", bad ?? items.length)} columns=${columns} rows=${items} id=${(_, place) => place} />`}<//>`;
}

/** The server's phases of a contribution that is stored: every second at first, then every five. */
export function Following({ id, label, done }) {
    const [found, setFound] = useState(null);
    const [problem, setProblem] = useState(null);
    useEffect(() => {
        let timer, looks = 0, left = false;
        const look = async () => {
            try {
                const { data } = await get(`/licensing/v1/contributions/${id}`);
                if (left) return;
                setFound(data);
                setProblem(null);
                if (DECIDED.has(data.state)) return void done?.(data);
            } catch (thrown) {
                if (left) return;
                setProblem(thrown);
            }
            looks += 1;
            timer = setTimeout(look, looks < QUICK ? 1000 : 5000);
        };
        look();
        return () => {
            left = true;
            clearTimeout(timer);
        };
    }, [id]);
    if (found && DECIDED.has(found.state)) {
        return html`<${Progress} label=${label} phase=${found.state === "accepted" ? "done" : "failed"} done=${1} total=${1} kind="rows" /><${Report} contribution=${found} />`;
    }
    const seen = found?.progress ?? {};
    const loading = seen.good_rows > 0;
    return html`<${Progress} label=${label} phase=${loading ? "loading" : "validating"} done=${loading ? seen.good_rows : seen.bytes ?? 0} total=${loading ? null : seen.length ?? null} kind=${loading ? "rows" : "bytes"} />
        ${problem && html`<${ErrorNote} problem=${problem} />`}`;
}

/** @param {{file: File, contribution: string, upload?: string, onState: (state: object) => void, onDone: (decided: object) => void}} props upload: one that was begun before */
export function Sending({ file, contribution, upload: begun, onState, onDone }) {
    const [state, setState] = useState({ phase: "checking", sent: 0, size: file.size, rate: null, left: null, problem: null });
    const upload = useRef(null);
    const tell = (next) => {
        setState(next);
        onState?.(next);
    };
    useEffect(() => {
        upload.current = new Upload({ file, id: begun, csrf: () => cookie("ch_csrf"), renew, onChange: tell });
        const start = async () => {
            if (upload.current.id || await upload.current.create(contribution)) await upload.current.start();
        };
        start();
        return () => upload.current.pause();
    }, []);
    const { phase, sent, size, rate, left, problem } = state;
    if (phase === "sent") return html`<${Following} id=${contribution} label=${file.name} done=${onDone} />`;
    return html`<${Progress} label=${file.name} phase=${phase} done=${sent} total=${size} rate=${rate} left=${left}>
        ${phase !== "cancelled" && phase !== "failed" && html`<div role="group">
            ${phase === "paused" ? html`<button type="button" onClick=${() => upload.current.start()}>${t("contribute.resume")}</button>`
                : html`<button type="button" class="secondary" onClick=${() => upload.current.pause()}>${t("contribute.pause")}</button>`}
            <button type="button" class="secondary" onClick=${() => upload.current.cancel()}>${t("contribute.cancel")}</button></div>`}
        ${problem && html`<${ErrorNote} problem=${{ ...problem, title: t(`contribute.problem.${["offline", "insecure_page", "other_file"].includes(problem.slug) ? problem.slug : "other"}`) }} retry=${() => upload.current.start()} />`}
    <//>`;
}
