// SPDX-License-Identifier: AGPL-3.0-or-later
// The fields of an application, and the way between them and what is stored. Whether a word is allowed is said by the match and by the server.
import { Field, Form } from "../form.js";
import { has, language, t } from "../i18n.js";
import { purposeName } from "../names.js";
import { useResource } from "../resource.js";
import { word } from "../show.js";
import { html } from "../view.js";

const ACTIONS = ["read", "aggregate", "derive", "index", "reproduce", "anonymize", "distribute", "sell"];
const MODES = ["download", "query"];
const PRIVATE = ["project", "restriction", "people"];
const LONGEST = 1096; // days

/** What the form begins with. */
export function valuesOf(of) {
    return { pool: of.pool ?? "", purpose: of.purpose ?? "", actions: of.actions, columns: of.columns, modes: of.modes, region: of.region ?? "",
        days: of.duration_days ? String(of.duration_days) : "",
        project: of.project ?? "", restriction: of.restriction ?? "", people: of.people.map((one) => `${one.name}, ${one.role}`).join("\n"),
            private: of.private };
}

/** People, one a line: name, then what they do behind the last comma. */
function peopleOf(text) {
    return text.split("\n").map((line) => line.trim()).filter((line) => line.includes(",")).map((line) => {
        const comma = line.lastIndexOf(",");
        return { name: line.slice(0, comma).trim(), role: line.slice(comma + 1).trim() };
    }).filter((one) => one.name && one.role);
}

/** What is stored of it: a field that holds nothing yet is left as it was. */
export function bodyOf(values) {
    const text = Object.fromEntries(["pool", "purpose", "project"].map((name) => [name, values[name].trim()]).filter(([, value]) => value));
    const days = Number(values.days);
    return { ...text, ...(/^[A-Za-z]{2}$/.test(values.region.trim()) ? { region: values.region.trim().toUpperCase() } : {}),
        ...(Number.isInteger(days) && days >= 1 && days <= LONGEST ? { duration_days: days } : {}),
        restriction: values.restriction.trim(), actions: values.actions, columns: values.columns, modes: values.modes, people: peopleOf(values.people),
            private: values.private };
}

/** What is missing before it can be sent. */
export function complete(values) {
    const body = bodyOf(values);
    return ["pool", "purpose", "region", "duration_days", "project"].filter((name) => body[name] === undefined).concat(["actions", "columns",
        "modes"].filter((name) => values[name].length === 0))
        .map((name) => t(`apply.missing.${name}`));
}

/** Several that may hold at once. */
function Choices({ form, name, legend, hint, options, named }) {
    const chosen = form.values[name];
    const toggle = (one, on) => form.set(name, on ? options.filter((other) => other === one || chosen.includes(other))
        : chosen.filter((other) => other !== one));
    return html`<fieldset class="field"><legend>${legend}</legend>${hint && html`<small class="hint">${hint}</small>`}
        ${options.map((one) => html`<label key=${one}><input type="checkbox" name=${name} value=${one} checked=${chosen.includes(one)}
            onChange=${(event) => toggle(one, event.currentTarget.checked)} /> ${named(one)}</label>`)}</fieldset>`;
}

function Columns({ form }) {
    const { pool } = form.values;
    const schema = useResource(pool ? `/licensing/v1/pools/${encodeURIComponent(pool)}/schema` : null);
    if (!pool || !schema.data) return html`<p class="hint">${t(schema.state === "error" ? "apply.columns.unknown" : "apply.columns.first")}</p>`;
    const names = schema.data.fields.map((one) => one.name);
    const direct = new Set(schema.data.fields.filter((one) => one["ch:sensitivity"] === "direct").map((one) => one.name));
    return html`<${Choices} form=${form} name="columns" legend=${t("case.columns")} hint=${t("apply.columns.hint")}
        options=${[...names, ...form.values.columns.filter((one) => !names.includes(one))]}
        named=${(one) => (direct.has(one) ? t("apply.columns.direct", { name: one }) : one)} />`;
}

function countryName(code) {
    return /^[A-Za-z]{2}$/.test(code.trim()) ? new Intl.DisplayNames([language.value === "qps" ? "en" : language.value],
        { type: "region" }).of(code.trim().toUpperCase()) : null;
}

const LABELS = { pool: "grants.pool", purpose: "grants.purpose", actions: "apply.actions", columns: "case.columns", modes: "apply.modes",
    region: "case.region", days: "case.days", project: "case.project",
    restriction: "apply.restriction", people: "apply.people", private: "apply.private" };

/** @param {{form: object, wanting: string[], questions: string[]}} props wanting: why it cannot be sent yet */
export function ApplyForm({ form, wanting, questions }) {
    const pools = useResource("/licensing/v1/pools", { query: { limit: 100 } }), purposes = useResource("/licensing/v1/purposes");
    const none = { value: "", label: t("apply.choose") };
    const labels = Object.fromEntries(Object.entries(LABELS).map(([name, key]) => [name, t(key)]));
    const answer = (n, text) => form.set("answers", form.values.answers.map((old, at) => (at === n ? text : old)));
    return html`<${Form} of=${form} submit=${t("apply.send")} disabled=${wanting.length ? wanting.join(" ") : undefined} labels=${labels}
        read=${(current) => ({ ...form.values, ...valuesOf(current) })}>
        <${Field} of=${form} name="purpose" type="select" label=${labels.purpose} hint=${t("apply.purpose.hint")}
            options=${[none, ...(purposes.data?.items ?? []).filter((one) => one.assignable).map((one) => ({ value: one.code,
                label: purposeName(one.code) }))]} />
        <${Choices} form=${form} name="actions" legend=${labels.actions} options=${ACTIONS} named=${(one) => word("action", one)} />
        <${Choices} form=${form} name="modes" legend=${labels.modes} options=${MODES} named=${(one) => word("mode", one)} />
        <${Field} of=${form} name="region" label=${labels.region} hint=${countryName(form.values.region) ?? t("apply.region.hint")} maxlength="2"
            autocomplete="country" />
        <${Field} of=${form} name="pool" type="select" label=${labels.pool} hint=${t("apply.pool.hint")}
            options=${[none, ...(pools.data?.items ?? []).filter((one) => one.state !== "draft"
                && one.state !== "closed").map((one) => ({ value: one.ref, label: one.title ?? one.ref }))]} />
        <${Columns} form=${form} />
        <${Field} of=${form} name="days" type="number" min="1" max=${LONGEST} label=${labels.days} />
        <${Field} of=${form} name="project" type="textarea" rows="6" label=${labels.project} hint=${t("apply.project.hint")} />
        <${Field} of=${form} name="restriction" type="textarea" rows="3" label=${labels.restriction} hint=${t("apply.restriction.hint")} />
        <${Field} of=${form} name="people" type="textarea" rows="3" label=${labels.people} hint=${t("apply.people.hint")} />
        <${Choices} form=${form} name="private" legend=${labels.private} hint=${t("apply.private.hint")} options=${PRIVATE}
            named=${(one) => t(has(`apply.${one}`) ? `apply.${one}` : `case.${one}`)} />
        ${questions.map((one, n) => html`<div class="field" key=${n}><label for=${`answer-${n}`}>${t("apply.answer-to", { question: one })}</label>
            <textarea id=${`answer-${n}`} rows="4" value=${form.values.answers[n]}
                onInput=${(event) => answer(n, event.currentTarget.value)}></textarea></div>`)}<//>`;
}
