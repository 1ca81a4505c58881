// SPDX-License-Identifier: AGPL-3.0-or-later
// The one place that knows the libraries: own modules take components, templates and state from here.
import { Fragment, createContext, h, render } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";

export { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.mjs";
export { batch, computed, effect, signal } from "./vendor/signals.mjs";
export { Fragment, createContext, render };

export const html = htm.bind(h);
