// SPDX-License-Identifier: Apache-2.0
// The terms changed and an officer asks that they be accepted: nothing else is shown before.
import { api } from "../api/client";
import { useResource, type Resource } from "../api/resource";
import type { PlatformText, TermsState } from "../api/types";
import { language, t } from "../i18n";
import { ActionButton } from "../parts/action";
import { Notice } from "../parts/notice";
import { LoadedPage, Page } from "../parts/page";
import { Prose } from "../parts/prose";
import { signOut } from "../session";

export function TermsGate({ of }: { of: Resource<TermsState> }) {
  const text = useResource<PlatformText>("/texts/terms");
  const accept = async (version: number) => {
    await api.post("/me/terms", { version });
    await of.reload();
  };
  return (
    <LoadedPage of={text}>
      {(data) => (
        <Page title={data[language.get()].title}>
          <div class="stack-wide">
            <Notice tone="info">{t("texts.changed")}</Notice>
            <section class="panel">
              <Prose html={data[language.get()].html} />
            </section>
            <div class="row">
              <ActionButton kind="primary" act={() => accept(data.version)}>
                {t("texts.accept")}
              </ActionButton>
              <button type="button" class="button" onClick={() => void signOut()}>
                {t("action.sign_out")}
              </button>
            </div>
          </div>
        </Page>
      )}
    </LoadedPage>
  );
}
