// SPDX-License-Identifier: Apache-2.0
import { t } from "../i18n";
import { Page } from "../parts/page";

export function NotFound() {
  return (
    <Page title={t("not_found.title")}>
      <div class="stack">
        <p>{t("not_found.text")}</p>
        <p>
          <a href="/">{t("not_found.home")}</a>
        </p>
      </div>
    </Page>
  );
}
