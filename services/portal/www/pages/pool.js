// SPDX-License-Identifier: AGPL-3.0-or-later
// One pool: what is in it, how good it is, who may use it for what and at which price, and the vote that says so.
import { count, day, percent, t } from "../i18n.js";
import { purposeName, recipientName } from "../names.js";
import { period, price } from "../pools.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Origin, UserText, When, word } from "../show.js";
import { Table } from "../table.js";
import { html, useEffect } from "../view.js";

export const title = "pool.title";

const OURS = "https://w3id.org/commonhold/1#";
const PPM = 1000000;

function Charter({ pool }) {
    const { charter } = pool;
    return html`<${UserText} text=${charter.description} lang=${charter.language} />
        <${Facts} of=${[
            [t("pool.state"), word("pool.state", pool.state)],
            [t("pool.state-reason"), pool.state === "open" ? null : pool.state_reason],
            [t("pool.purpose"), html`<${UserText} text=${charter.purpose_statement} lang=${charter.language} />`],
            [t("pool.period"), period(charter.temporal)],
            [t("pool.spatial"), charter.spatial],
            [t("pool.frequency"), charter.update_frequency],
            [t("pool.keywords"), charter.keywords.join(", ")],
            [t("pool.contributors"), charter.who_may_contribute],
            [t("pool.retention"), t("pool.days", { days: count(charter.retention_days) })],
            [t("pool.storage"), charter.storage_countries.join(", ")],
            [t("pool.controller"), html`<${UserText} text=${[charter.controller.name, charter.controller.address, charter.controller.contact].join("\n")} />`],
            [t("pool.legal-basis"), charter.legal_basis],
            [t("pool.special"), t(charter.special_category ? "word.yes" : "word.no")],
            [t("pool.charter"), html`${t("pool.version", { version: pool.charter_version })} <${Hash} value=${pool.charter_sha256} />`],
        ]} />`;
}

/** What a field's values must be. */
function limits(field) {
    const { constraints = {} } = field;
    return Object.entries(constraints).filter(([, value]) => value !== false).map(([name, value]) => (value === true ? word("constraint", name) : `${word("constraint", name)} ${[value].flat().join(", ")}`)).join("; ");
}

const fields = () => [
    { key: "name", label: t("pool.field") },
    { key: "type", label: t("pool.field.type"), text: (one) => word("field.type", one.type) },
    { key: "unit", label: t("pool.field.unit"), text: (one) => one["ch:unit"] },
    { key: "sensitivity", label: t("pool.field.sensitivity"), text: (one) => word("sensitivity", one["ch:sensitivity"]) },
    { key: "constraints", label: t("pool.field.constraints"), text: limits },
];

const checks = () => [
    { key: "check", label: t("pool.check"), text: (one) => word("quality", one.check) },
    { key: "column", label: t("pool.field"), text: (one) => one.column ?? one.columns?.join(", ") },
    { key: "weight", label: t("pool.check.weight"), numeric: true, text: (one) => percent(one.weight / PPM, 1) },
    { key: "ppm", label: t("pool.check.result"), numeric: true, text: (one) => (one.ppm === null ? t("pool.few") : percent(one.ppm / PPM, 1)) },
];

function Quality({ pool }) {
    const quality = useResource(`/licensing/v1/pools/${pool}/quality`);
    return html`<${States} of=${quality}>${(data) => html`
        <p>${data.quality_ppm === null ? t("pool.quality.few") : t("pool.quality.total", { share: percent(data.quality_ppm / PPM, 1), members: count(data.members), contributions: count(data.contributions) })}</p>
        ${data.checks.length > 0 && html`<${Table} caption=${t("pool.quality.caption")} rows=${data.checks} columns=${checks()} id=${(one, n) => n} />`}`}<//>`;
}

const eligible = () => [
    { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one[`${OURS}purpose`]["@id"].slice(OURS.length)) },
    { key: "members", label: t("pool.members"), numeric: true, text: (one) => (`${OURS}members` in one ? count(one[`${OURS}members`]) : t("pool.few")) },
    { key: "rows", label: t("pool.rows"), numeric: true, text: (one) => (`${OURS}rows` in one ? count(one[`${OURS}rows`]) : t("pool.few")) },
];

function Coverage({ pool }) {
    const entry = useResource(`/licensing/v1/catalogue/${pool}`);
    if (entry.error?.slug === "not_found") return html`<p data-state="empty">${t("pool.not-offered")}</p>`;
    return html`<${States} of=${entry} empty="pool.not-offered">${(data) => html`
        <${Table} caption=${t("pool.eligible.caption")} rows=${data[`${OURS}coverage`]} columns=${eligible()} id=${(one) => one[`${OURS}purpose`]["@id"]} />`}<//>`;
}

const rules = () => [
    { key: "purposes", label: t("pool.rule.purposes"), text: (rule) => rule.purposes.map(purposeName).join(", ") + (rule.descendants ? ` ${t("pool.rule.descendants")}` : "") },
    { key: "effect", label: t("pool.rule.effect"), text: (rule) => word("rule.effect", rule.effect) },
    { key: "org_classes", label: t("pool.rule.who"), text: (rule) => rule.org_classes?.map(recipientName).join(", ") ?? t("pool.rule.all") },
    { key: "actions", label: t("pool.rule.actions"), text: (rule) => rule.actions?.map((one) => word("action", one)).join(", ") },
    { key: "modes", label: t("pool.rule.modes"), text: (rule) => rule.modes?.map((one) => word("mode", one)).join(", ") },
    { key: "regions", label: t("pool.rule.regions"), text: (rule) => rule.regions?.join(", ") },
    { key: "min_cohort", label: t("pool.rule.cohort"), numeric: true, text: (rule) => rule.min_cohort },
    { key: "max_days", label: t("pool.rule.days"), numeric: true, text: (rule) => rule.max_days },
];

const tiers = () => [
    { key: "id", label: t("grants.tier") },
    { key: "org_classes", label: t("pool.rule.who"), text: (tier) => tier.org_classes.map(recipientName).join(", ") },
    { key: "purposes", label: t("pool.rule.purposes"), text: (tier) => tier.purposes.map(purposeName).join(", ") },
    { key: "price", label: t("pool.price"), text: (tier) => price(tier.price) },
];

function Terms({ id, origin }) {
    const terms = useResource(`/licensing/v1/terms/${id}`);
    return html`<${States} of=${terms}>${({ doc, terms_version: version, sha256 }) => html`
        <${Facts} of=${[
            [t("pool.terms.version"), version],
            [t("pool.terms.hash"), html`<${Hash} value=${sha256} />`],
            [t("pool.terms.vote"), origin && html`<${Origin} of=${origin} />`],
            [t("pool.terms.valid"), t("pools.period", { from: day(doc.valid.from.slice(0, 10)), until: day(doc.valid.until.slice(0, 10)) })],
            [t("pool.terms.acts"), html`<ul>${doc.prohibited_acts.map((act) => html`<li key=${act}>${word("prohibited-act", act)}</li>`)}</ul>`],
            [t("pool.terms.duties"), html`<ul>${doc.duties.map((duty) => html`<li key=${duty.id}>${word("duty", duty.act)}</li>`)}</ul>`],
        ]} />
        <${Table} caption=${t("pool.rules.allowed")} rows=${doc.rules.filter((rule) => rule.effect !== "prohibit")} columns=${rules()} />
        <${Table} caption=${t("pool.rules.prohibited")} rows=${doc.rules.filter((rule) => rule.effect === "prohibit")} columns=${rules().slice(0, 3)} />
        <h3>${t("pool.tiers")}</h3>
        <${Table} caption=${t("pool.tiers.caption")} rows=${doc.tiers} columns=${tiers()} />`}<//>`;
}

function TermsInForce({ pool }) {
    const list = useResource("/licensing/v1/terms", { query: { pool, limit: 100 } });
    return html`<${States} of=${list} empty="pool.no-terms">${(data) => {
        const now = data.items.find((one) => one.in_force);
        return now ? html`<${Terms} id=${now.id} origin=${now.proposal_id} />` : html`<p data-state="empty">${t("pool.no-terms")}</p>`;
    }}<//>`;
}

function Schema({ pool }) {
    const schema = useResource(`/licensing/v1/pools/${pool}/schema`);
    return html`<${States} of=${schema}>${(data) => html`<${Table} caption=${t("pool.fields.caption")} rows=${data.fields} columns=${fields()} id=${(one) => one.name} />`}<//>`;
}

function Whole({ pool }) {
    useEffect(() => setTitle(pool.title), [pool.title]);
    return html`${pool.charter ? html`<${Charter} pool=${pool} />` : html`<p>${t("pool.no-charter")}</p>`}
        ${pool.opened_at && html`<p>${t("pool.opened")} <${When} at=${pool.opened_at} /></p>`}
        <h2>${t("pool.fields")}</h2><${Schema} pool=${pool.ref} />
        <h2>${t("pool.quality")}</h2><${Quality} pool=${pool.ref} />
        <h2>${t("pool.eligible")}</h2><p>${t("pool.eligible.intro")}</p><${Coverage} pool=${pool.ref} />
        <h2>${t("pool.terms")}</h2><${TermsInForce} pool=${pool.ref} />`;
}

export default function Pool({ params }) {
    const pool = useResource(`/licensing/v1/pools/${encodeURIComponent(params.pool)}`);
    return html`<${States} of=${pool}>${(data) => html`<${Whole} pool=${data} />`}<//>`;
}
