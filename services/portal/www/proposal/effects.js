// SPDX-License-Identifier: AGPL-3.0-or-later
// What a proposal shall do, as a form: the fields of each kind of effect, and where a document starts from.
import { get } from "../api.js";
import { t } from "../i18n.js";
import { decimal, minorOf } from "../money.js";
import { purposeName } from "../names.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { word } from "../show.js";
import { trust } from "../trust.js";
import { html, useId, useState } from "../view.js";
import { DocumentForm } from "./document.js";

/** Which effects a type of proposal may have; the clock's own types are not written by people. */
export const EFFECTS = {
    policy: ["policy_text", "pool_charter", "asset_register"], bylaw: ["bylaw_text", "rule_row"], terms: ["terms_version"], benefit_rule: ["benefit_rule"],
    prohibit_purpose: ["prohibition_add"], permit_purpose: ["prohibition_lift"], budget_round: ["budget_awards"], recall: ["recall"], expulsion: ["expulsion"], entrenched: ["bylaw_text", "rule_row"],
    succession: ["asset_succession"], board_decision: ["policy_text", "appointment", "sanction"],
};

const OFFICES = ["treasurer", "membership_officer", "licensing_officer", "conduct"];
const list = (name, of) => of.map((value) => ({ value, label: word(name, value) }));

/** Fields by kind of effect: [name, how it is asked, options]. */
const FIELDS = {
    policy_text: [["text", "area"], ["until", "time"]], bylaw_text: [["clause", "text"], ["title", "text"], ["text", "area"], ["entrenched", "box"]],
    prohibition_add: [["purpose", "purpose"], ["until", "time"], ["old_grants_at", "time"]], prohibition_lift: [["purpose", "purpose"]],
    asset_register: [["ref", "text"], ["kind", "choice", () => list("asset.kind", ["pool", "software", "name", "fund", "other"])], ["title", "text"], ["provenance", "area"], ["sha256", "hash"],
        ["disposition", "choice", () => list("disposition", ["held", "licensed_only"])]],
    asset_succession: [["ref", "text"], ["successor", "document"]], appointment: [["body", "choice", () => list("office", OFFICES)], ["member_id", "text"]],
    recall: [["office_id", "office"], ["class", "choice", () => (trust.value?.classes ?? []).map((one) => ({ value: one.code, label: one.name }))]],
    sanction: [["organisation_id", "optional"], ["person_id", "optional"], ["purpose", "optional-purpose"], ["pool", "optional"], ["from", "time"], ["until", "time"], ["reason", "area"]],
    budget_awards: [["pot", "money"], ["account", "text"], ["until", "time"]], expulsion: [["member_id", "text"]],
};

/** What each kind starts with. */
const FIRST = {
    policy_text: { text: "" }, bylaw_text: { clause: "", title: "", text: "", entrenched: false }, prohibition_add: { purpose: "" }, prohibition_lift: { purpose: "" },
    asset_register: { ref: "", kind: "other", title: "", provenance: "", sha256: null, disposition: "held" },
    asset_succession: { ref: "", successor: { name: "", country: "", registration: "", asset_locked: true, non_profit: true } }, appointment: { body: "treasurer", member_id: "" },
    recall: { office_id: "", class: "U" }, sanction: { reason: "" }, budget_awards: { pot: { minor: 0, currency: "EUR" }, account: "Equity:Fund:Commons" }, expulsion: { member_id: "" },
};

/** An effect of a kind before anybody wrote anything; documents are chosen first. */
export function firstEffect(schema) {
    const first = FIRST[schema] ?? {};
    return { schema, ...first, ...(schema === "budget_awards" ? { pot: { minor: 0, currency: trust.value?.currency ?? "EUR" } } : {}) };
}

function Purposes({ own, value, write, optional }) {
    const tree = useResource("/licensing/v1/purposes");
    return html`<select ...${own} value=${value ?? ""} onChange=${write}><option value="">${t(optional ? "proposal.any" : "proposal.choose")}</option>
        ${(tree.data?.items ?? []).filter((one) => one.code !== "ANY").map((one) => html`<option key=${one.code} value=${one.code} selected=${one.code === value}>${purposeName(one.code)}</option>`)}</select>`;
}

function Offices({ own, value, write }) {
    const offices = useResource("/governance/v1/offices");
    return html`<select ...${own} value=${value} onChange=${write}><option value="">${t("proposal.choose")}</option>
        ${(offices.data?.items ?? []).map((one) => html`<option key=${one.office_id} value=${one.office_id} selected=${one.office_id === value}>${t("proposal.office", { office: word("office", one.body), name: one.display_name ?? one.seat })}</option>`)}</select>`;
}

function control(kind, own, value, onChange, options) {
    const write = (event) => onChange(event.currentTarget.value);
    const maybe = (event) => onChange(event.currentTarget.value || undefined);
    switch (kind) {
    case "area": return html`<textarea ...${own} rows="8" value=${value ?? ""} onInput=${write}></textarea>`;
    case "time": return html`<input ...${own} type="datetime-local" value=${value ? value.slice(0, 16) : ""} onInput=${(event) => onChange(event.currentTarget.value ? `${event.currentTarget.value}:00Z` : undefined)} />`;
    case "choice": return html`<select ...${own} value=${value} onChange=${write}>${options().map((one) => html`<option key=${one.value} value=${one.value} selected=${one.value === value}>${one.label}</option>`)}</select>`;
    case "purpose": return html`<${Purposes} own=${own} value=${value} write=${write} />`;
    case "optional-purpose": return html`<${Purposes} own=${own} value=${value} write=${maybe} optional=${true} />`;
    case "office": return html`<${Offices} own=${own} value=${value} write=${write} />`;
    case "optional": return html`<input ...${own} value=${value ?? ""} onInput=${maybe} />`;
    case "hash": return html`<input ...${own} value=${value ?? ""} onInput=${(event) => onChange(event.currentTarget.value || null)} />`;
    case "money": return html`<input ...${own} inputmode="decimal" value=${decimal(value.minor, value.currency)} onChange=${(event) => onChange({ ...value, minor: minorOf(event.currentTarget.value, value.currency) ?? value.minor })} />`;
    default: return html`<input ...${own} value=${value ?? ""} onInput=${write} />`;
    }
}

function EffectField({ name, kind, options, value, onChange, errors }) {
    const id = useId(), error = errors[`effect/${name}`], label = t(`effect.field.${name}`);
    const own = { id, "aria-invalid": error ? "true" : undefined, "aria-describedby": error ? `${id}-error` : undefined };
    if (kind === "document") return html`<${DocumentForm} name=${label} value=${value} onChange=${onChange} errors=${errors} pointer=${`effect/${name}`} />`;
    const wrong = error && html`<strong id="${id}-error" class="error">${error}</strong>`;
    if (kind === "box") return html`<div class="field"><label><input ...${own} type="checkbox" checked=${Boolean(value)} onChange=${(event) => onChange(event.currentTarget.checked)} /> ${label}</label>${wrong}</div>`;
    return html`<div class="field"><label for=${id}>${label}</label>${kind === "time" && html`<small class="hint">${t("proposal.utc")}</small>`}${wrong}${control(kind, own, value, onChange, options)}</div>`;
}

// ---- documents start from what is in force ----

const next = (document) => ({ ...document, version: document.version + 1 });

/** Where documents of a kind are chosen from, and what one becomes when it is the start of another. */
const SOURCES = {
    terms_version: { path: "/licensing/v1/pools", name: (pool) => pool.title, member: "document", read: async (pool) => {
        const { data } = await get("/licensing/v1/terms", { query: { pool: pool.ref, limit: 100 } });
        const last = data.items.find((one) => one.in_force) ?? data.items.at(-1);
        return last ? next((await get(`/licensing/v1/terms/${last.id}`)).data.doc) : null;
    } },
    pool_charter: { path: "/licensing/v1/pools", name: (pool) => pool.title, member: "document", read: async (pool) => (pool.charter ? next(pool.charter) : null) },
    benefit_rule: { path: "/payout/v1/rules", name: (rule) => t("statement.rule-version", { rule: rule.rule, version: rule.version }), member: "document", read: async (rule) => next(rule.document) },
    rule_row: { path: "/governance/v1/rules", name: (row) => word("proposal.type", row.type), member: "rule", read: async (row) => row.rule },
};

function Start({ source, effect, onChange }) {
    const choices = useResource(source.path, { query: { limit: 100 } });
    const [problem, setProblem] = useState(null);
    const [none, setNone] = useState(false);
    const take = (document) => {
        setNone(!document);
        if (document) onChange({ ...effect, [source.member]: document });
    };
    const choose = async (event) => {
        try {
            take(await source.read(choices.data.items[Number(event.currentTarget.value)]));
        } catch (thrown) {
            setProblem(thrown);
        }
    };
    const file = async (event) => {
        try {
            take(JSON.parse(await event.currentTarget.files[0].text()));
        } catch {
            setNone(true);
        }
    };
    return html`<${States} of=${choices} empty="proposal.start.nothing">${({ items }) => html`<div class="field"><label>${t("proposal.start")}
            <select onChange=${choose}><option value="">${t("proposal.choose")}</option>${items.map((one, i) => html`<option key=${i} value=${i}>${source.name(one)}</option>`)}</select></label></div>`}<//>
        <div class="field"><label>${t("proposal.start.file")} <input type="file" accept=".json" onChange=${file} /></label></div>
        ${none && html`<p class="error">${t("proposal.start.none")}</p>`}${problem && html`<${ErrorNote} problem=${problem} />`}`;
}

/** @param {{effect: object, onChange: (effect: object) => void, errors: Object<string, string>}} props */
export function EffectForm({ effect, onChange, errors }) {
    const source = SOURCES[effect.schema];
    if (!source) {
        return FIELDS[effect.schema].map(([name, kind, options]) => html`<${EffectField} key=${name} name=${name} kind=${kind} options=${options} value=${effect[name]} errors=${errors}
            onChange=${(value) => onChange({ ...effect, [name]: value })} />`);
    }
    const document = effect[source.member];
    return html`<${Start} source=${source} effect=${effect} onChange=${onChange} />
        ${document && html`<${DocumentForm} name=${t(`effect.field.${source.member}`)} value=${document} errors=${errors} pointer=${`effect/${source.member}`} onChange=${(value) => onChange({ ...effect, [source.member]: value })} />`}`;
}
