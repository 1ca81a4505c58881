// SPDX-License-Identifier: AGPL-3.0-or-later
// An STV count stage by stage, as the count wrote it: what moved, what each candidate had after it, who was elected or excluded, and how ties fell.
import { count, plural, t } from "./i18n.js";
import { Facts } from "./show.js";
import { Table } from "./table.js";
import { html } from "./view.js";

function naming(candidates) {
    const names = new Map(candidates.map((one) => [one.number, one.display_name ?? t("charter.erased")]));
    return (number) => names.get(Number(number)) ?? t("stv.candidate", { number });
}

/** What was done at a stage, in a sentence. */
function done({ action }, name) {
    return t(`stv.action.${action.kind}`, { name: action.candidate === null ? "" : name(action.candidate) });
}

function fates(stage, name) {
    return [...stage.elected.map((number) => t("stv.elected", { name: name(number) })), ...stage.excluded.map((number) => t("stv.excluded", { name: name(number) }))].join("; ");
}

/** @param {{ result: object, candidates: object[] }} props result as `commonhold calc tally` prints it */
export function StageTable({ result, candidates }) {
    const name = naming(candidates);
    const stages = result.stages.map((stage, place) => ({ ...stage, id: place + 1 }));
    const columns = [
        { key: "id", label: t("stv.stage"), text: (stage) => t("stv.stage.number", { number: stage.id }) },
        { key: "action", label: t("stv.action"), text: (stage) => done(stage, name) },
        ...Object.keys(result.stages[0]?.votes ?? {}).map((number) => ({ key: number, label: name(number), numeric: true, text: (stage) => stage.votes[number] })),
        { key: "rest", label: t("stv.non-transferable"), numeric: true, text: (stage) => stage.non_transferable },
        { key: "fate", label: t("stv.outcome"), text: (stage) => fates(stage, name) },
    ];
    return html`<${Facts} of=${[
            [t("stv.seats"), count(result.seats)], [t("stv.valid"), count(result.valid)], [t("stv.quota"), count(result.quota)],
            [t("stv.winners"), result.winners.map(name).join(", ")],
        ]} />
        <${Table} caption=${t("stv.caption")} rows=${stages} columns=${columns} />
        ${result.ties.length > 0 && html`<p>${plural("stv.ties", result.ties.length)}</p><ul>${result.ties.map((tie) => html`<li key=${tie.stage}>
            ${t(tie.by === "lot" ? "stv.tie.lot" : "stv.tie.earlier", { stage: tie.stage, names: tie.candidates.map(name).join(", "), name: name(tie.chosen), earlier: tie.earlier_stage ?? "" })}</li>`)}</ul>`}`;
}
