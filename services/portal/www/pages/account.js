// SPDX-License-Identifier: AGPL-3.0-or-later
// The own account: membership, payout account, notices, export and leaving for members; password and second factor for everybody who signs in.
import { ChangeClass, Leaving, Standing } from "../account/membership.js";
import { Export, Notices } from "../account/notices.js";
import { Payee } from "../account/payee.js";
import { Password, SecondFactor } from "../account/security.js";
import { States, useResource } from "../resource.js";
import { who } from "../signin.js";
import { html } from "../view.js";

export const title = "account.title";

function Member() {
    const found = useResource("/governance/v1/members/self");
    return html`<${States} of=${found}>${(member) => html`
        <${Standing} member=${member} />
        <${ChangeClass} member=${member} reload=${found.reload} />
        <${Payee} />
        <${Notices} />
        <${Export} />
        <${Leaving} member=${member} reload=${found.reload} />`}<//>`;
}

export default function Account() {
    return html`${who.value.kind === "member" && html`<${Member} />`}<${Password} /><${SecondFactor} />`;
}
