// SPDX-License-Identifier: Apache-2.0
// What any page of that client needs before a line of its own: the renderer and the design system.
import { createRoot } from "react-dom/client";
import { createOnyxiaUi } from "onyxia-ui";

globalThis.kept = { createRoot, createOnyxiaUi };
