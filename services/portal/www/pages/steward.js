// SPDX-License-Identifier: AGPL-3.0-or-later
// The stewards' part in one sealed vote: who they are, whose key is there, one's own key made in this browser before voting, and its private half revealed
// after it.
import { send } from "../api.js";
import { saveBlob } from "../download.js";
import { Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { KeyFile, NewPass, Pass, newPass, opened, refuse } from "../keyform.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { CLASSES, canSeal } from "../seal.js";
import { Facts, Hash, Until, When, word } from "../show.js";
import { who } from "../signin.js";
import { makeStewardKey, openStewardKey } from "../steward.js";
import { Table } from "../table.js";
import { className } from "../trust.js";
import { html, useEffect, useRef } from "../view.js";

export const title = "steward.title";

const POSTING = new Set(["frozen", "second_reading"]);
const OPEN = 2; // keys that open the box
const EVERY = 5; // seconds between two looks while others post or the box is opened

const isSteward = ({ body }) => body === "steward" || body === "steward_deputy";
const ofClass = (code) => ({ seat }) => seat[0] === code;

const columns = () => [
    { key: "class", label: t("steward.class"), text: (one) => className(one.class) },
    { key: "holders", label: t("steward.holders"), text: (one) => one.holders.map(({ body, display_name: name }) => t("steward.holder", { name: name ?? t("charter.erased"), office: word("office", body) })).join("; ") || t("steward.nobody") },
    { key: "key", label: t("steward.key"), text: (one) => (one.key ? t("steward.posted") : t("steward.missing")),
        cell: (one) => html`<span class="mark">${t(one.key ? "steward.posted" : "steward.missing")}</span> ${one.key && html`<${Hash} value=${one.key.public_key.slice(0, 16)} />`}` },
    { key: "revealed", label: t("steward.revealed"), text: (one) => t(one.key?.revealed ? "word.yes" : "word.no") },
];

function Stewards({ keys, offices }) {
    const rows = CLASSES.map((code) => ({ class: code, holders: offices.filter(isSteward).filter(ofClass(code)), key: keys.find((one) => one.class === code) }));
    return html`<${Table} caption=${t("steward.caption")} rows=${rows} columns=${columns()} id=${(one) => one.class} />`;
}

function Post({ proposal, done }) {
    const make = async (values) => {
        const { file, publicKey } = await makeStewardKey(newPass(values));
        // The file is saved first: ballots sealed for a key that nobody has could not be opened.
        saveBlob(new Blob([file], { type: "application/x-pem-file" }), `steward-${proposal.id}-${proposal.reading}.pem`);
        return send("POST", `/governance/v1/proposals/${proposal.id}/post-steward-key`, { public_key: publicKey });
    };
    const form = useForm({ values: { pass: "", again: "" }, send: make, done: () => {
        form.setValues({ pass: "", again: "" });
        say(t("steward.post.done"));
        done();
    } });
    return html`<h2>${t("steward.post")}</h2><p>${t("steward.post.text")}</p><${Form} of=${form} submit=${t("steward.post.make")}><${NewPass} of=${form} /><//>`;
}

function Reveal({ proposal, keys, done }) {
    const file = useRef(null);
    const reveal = async ({ pass }) => {
        const key = await opened(openStewardKey, file.current, pass);
        // Compared here too, so that the key of another vote does not leave this browser.
        if (!keys.some((one) => one.public_key === key.publicKey)) refuse("pass", "steward.other-key");
        return send("POST", `/governance/v1/proposals/${proposal.id}/reveal-steward-key`, { private_key: key.privateKey });
    };
    const form = useForm({ values: { pass: "" }, send: reveal, done: () => {
        say(t("steward.reveal.done"));
        done();
    } });
    return html`<h2>${t("steward.reveal")}</h2><p>${t("steward.reveal.text")}</p>
        <${Form} of=${form} submit=${t("steward.reveal")}><${KeyFile} chosen=${file} /><${Pass} of=${form} /><//>`;
}

/** What is to be done now by whoever looks, or what is waited for. */
function Turn({ proposal, keys, own, done }) {
    const mine = keys.find((one) => own && ofClass(one.class)(own));
    if (POSTING.has(proposal.state)) {
        if (mine) return html`<p role="status">${t("steward.waits-others")}</p>`;
        if (!own) return html`<p>${t("steward.not-yours")}</p>`;
        return canSeal() ? html`<${Post} proposal=${proposal} done=${done} />` : html`<p>${t("approval.no-crypto")}</p>`;
    }
    if (proposal.state === "voting") return html`<p role="status">${t("steward.waits-close")} <${Until} at=${proposal.closes_at} /></p>`;
    if (proposal.state !== "closed") return html`<p role="status">${t("steward.nothing")}</p>`;
    if (keys.filter((one) => one.revealed).length >= OPEN) return html`<p role="status">${t("steward.opening")}</p>`;
    if (mine?.revealed) return html`<p role="status">${t("steward.waits-second")}</p>`;
    if (!own) return html`<p>${t("steward.not-yours")}</p>`;
    return canSeal() ? html`<${Reveal} proposal=${proposal} keys=${keys} done=${done} />` : html`<p>${t("approval.no-crypto")}</p>`;
}

function Whole({ proposal, offices, reload }) {
    const keys = proposal.sealing?.stewards ?? [];
    const own = offices.filter(isSteward).find((one) => one.member_id === who.value?.subject);
    const name = t("steward.name", { title: proposal.title });
    useEffect(() => setTitle(name), [name]);
    if (proposal.named) return html`<p>${t("steward.named")} <a href="/decisions/${proposal.id}">${proposal.title}</a></p>`;
    return html`<p>${t("steward.intro")}</p>
        <${Facts} of=${[[t("decisions.proposal"), html`<a href="/decisions/${proposal.id}">${proposal.title}</a>`], [t("decisions.state"), html`<strong class="mark">${word("proposal.state", proposal.state)}</strong>`],
            [t("decision.reading-number"), proposal.reading], [t("decisions.opens"), proposal.opens_at && html`<${When} at=${proposal.opens_at} />`],
            [t("decisions.closes"), proposal.closes_at && html`<${Until} at=${proposal.closes_at} />`]]} />
        <${Stewards} keys=${keys} offices=${offices} />
        <${Turn} proposal=${proposal} keys=${keys} own=${own} done=${reload} />
        <h2>${t("steward.what")}</h2><p>${t("steward.what.text")}</p>`;
}

export default function Steward({ params }) {
    const proposal = useResource(`/governance/v1/proposals/${encodeURIComponent(params.id)}`);
    const offices = useResource("/governance/v1/offices");
    const moves = POSTING.has(proposal.data?.state) || proposal.data?.state === "closed";
    useEffect(() => {
        const timer = moves ? setInterval(proposal.reload, EVERY * 1000) : undefined;
        return () => clearInterval(timer);
    }, [moves]);
    return html`<${States} of=${proposal}>${(data) => html`<${States} of=${offices}>${({ items }) => html`<${Whole} proposal=${data} offices=${items} reload=${proposal.reload} />`}<//>`}<//>`;
}
