// SPDX-License-Identifier: AGPL-3.0-or-later
// A new proposal. It is a draft from its first saving on, and its author's alone.
import { send } from "../api.js";
import { useForm } from "../form.js";
import { t } from "../i18n.js";
import { Editor, Missing, bodyOf } from "../proposal/editor.js";
import { firstEffect } from "../proposal/effects.js";
import { navigate } from "../router.js";
import { html } from "../view.js";

export const title = "proposal.new.title";

export default function Page() {
    const form = useForm({ values: { type: "policy", title: "", text: "", effect: firstEffect("policy_text") }, send: (values, { key }) => send("POST", "/governance/v1/proposals", bodyOf(values), { key }),
        done: ({ data }) => navigate(`/proposals/${data.id}/edit`, { replace: true }) });
    return html`<p>${t("proposal.new.says")}</p><${Editor} form=${form} submit=${t("proposal.save")} /><${Missing} values=${form.values} />`;
}
