// SPDX-License-Identifier: Apache-2.0
import "./ahead";
import { render } from "preact";
import { App } from "./app";
import { startDensity } from "./density";
import { startRouter } from "./router";
import { fetchPage } from "./routes";
import { startSession } from "./session";
import { startTheme } from "./theme";

startTheme();
startDensity();
startRouter(fetchPage);
const root = document.getElementById("app");
if (root) {
  // Whatever went wrong, there is something to read: the sign-in page, which says it again.
  void startSession()
    .catch(() => {})
    .then(() => render(<App />, root));
}
