// SPDX-License-Identifier: AGPL-3.0-or-later
// Writing a proposal: its type with the rule in words, its text, its effect as a form, and how the text in force would change. A draft saves itself.
import { TextChanges } from "../ballot/changes.js";
import { effectSentence } from "../effect.js";
import { Field, Form } from "../form.js";
import { t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { RuleRow } from "../rule.js";
import { word } from "../show.js";
import { trust } from "../trust.js";
import { html } from "../view.js";
import { EFFECTS, EffectForm, firstEffect } from "./effects.js";

/** The body that is stored of a form's values. */
export function bodyOf({ type, title, text, effect }) {
    return { type, title, text, effect };
}

/** Whether there is enough of an effect to compare it with what is in force. */
function isComparable(effect) {
    return effect.document || effect.rule || ((effect.schema === "bylaw_text" || effect.schema === "policy_text") && effect.text);
}

/** What is missing before it can be submitted, as far as a form can tell; the rest is said by the server when it is submitted. */
export function missing({ title, text, effect }) {
    return [title.trim().length < 3 && t("proposal.missing.title"), text.trim() === "" && t("proposal.missing.text"),
        (effect.schema in { terms_version: 1, pool_charter: 1, benefit_rule: 1 } && !effect.document) || (effect.schema === "rule_row" && !effect.rule) ? t("proposal.missing.document") : false,
        Object.entries(effect).some(([name, value]) => value === "" && name !== "schema") && t("proposal.missing.effect")].filter(Boolean);
}

export function Missing({ values }) {
    const list = missing(values);
    return html`<section><h2>${t("proposal.missing")}</h2>${list.length === 0 ? html`<p>${t("proposal.missing.nothing")}</p>` : html`<ul>${list.map((one) => html`<li key=${one}>${one}</li>`)}</ul>`}</section>`;
}

/** @param {{form: object, submit: string, fixed?: boolean, disabled?: string}} props form: of useForm, with type, title, text, effect; fixed: the type stays */
export function Editor({ form, submit, fixed, disabled }) {
    const { type, effect } = form.values;
    const rules = useResource("/governance/v1/rules");
    const rowOf = ({ items }) => items.find((one) => one.type === type && one.until === null)?.rule;
    const choose = (value) => {
        form.set("type", value);
        form.set("effect", firstEffect(EFFECTS[value][0]));
    };
    const labels = { title: t("proposal.title-label"), text: t("proposal.text") };
    return html`<${Form} of=${form} submit=${submit} disabled=${disabled} labels=${labels} read=${(current) => current}>
            ${!fixed && html`<div class="field"><label for="proposal-type">${t("vote.fact.type")}</label><select id="proposal-type" value=${type} onChange=${(event) => choose(event.currentTarget.value)}>
                ${Object.keys(EFFECTS).map((one) => html`<option key=${one} value=${one} selected=${one === type}>${word("proposal.type", one)}</option>`)}</select></div>`}
            <${States} of=${rules}>${(data) => rowOf(data) && html`<details><summary>${t("proposal.rule")}</summary><${RuleRow} rule=${rowOf(data)} classes=${trust.value?.classes} /></details>`}<//>
            <${Field} of=${form} name="title" label=${t("proposal.title-label")} hint=${t("proposal.title-hint")} maxlength="200" required />
            <${Field} of=${form} name="text" type="textarea" rows="10" label=${t("proposal.text")} hint=${t("proposal.text-hint")} required />
            ${EFFECTS[type]?.length > 1 && html`<div class="field"><label for="effect-schema">${t("proposal.effect")}</label><select id="effect-schema" value=${effect.schema}
                onChange=${(event) => form.set("effect", firstEffect(event.currentTarget.value))}>${EFFECTS[type].map((one) => html`<option key=${one} value=${one} selected=${one === effect.schema}>${t(`effect.kind.${one}`)}</option>`)}</select></div>`}
            <fieldset><legend>${t("proposal.what-it-does")}</legend><p>${effectSentence(effect)}</p>
                <${EffectForm} key=${effect.schema} effect=${effect} errors=${form.errors} onChange=${(value) => form.set("effect", value)} /></fieldset>
        <//>
        <section><h2>${t("proposal.preview")}</h2>${isComparable(effect) ? html`<${TextChanges} effect=${effect} />` : html`<p>${t("proposal.preview.none")}</p>`}</section>`;
}
