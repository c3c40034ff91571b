// SPDX-License-Identifier: Apache-2.0
// The terms of use ask to be accepted: nothing else is shown before, or a reminder as long as there is time.
import { api } from "../api/client";
import { useResource, type Resource } from "../api/resource";
import type { PlatformText, TermsState } from "../api/types";
import { language, t } from "../i18n";
import { formatDate } from "../i18n/format";
import { ActionButton } from "../parts/action";
import { Notice } from "../parts/notice";
import { LoadedPage, Page } from "../parts/page";
import { Prose } from "../parts/prose";
import { signOut } from "../session";

/** There is time left: said on every page, with the way to them. */
export function TermsSoon({ due, read }: { due: string; read: () => void }) {
  return (
    <div class="reminder">
      <Notice tone="wait">
        <div class="row">
          <p>{t("texts.soon", { date: formatDate(due) })}</p>
          <button type="button" class="button button-small" onClick={read}>
            {t("texts.read_and_accept")}
          </button>
        </div>
      </Notice>
    </div>
  );
}

/** LATER: back to what one was doing, as long as there is time. */
export function TermsGate({ of, later }: { of: Resource<TermsState>; later: (() => void) | undefined }) {
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
            <Notice tone="info">{t(of.data?.accepted_version ? "texts.changed" : "texts.first")}</Notice>
            <section class="panel">
              <Prose html={data[language.get()].html} />
            </section>
            <div class="row">
              <ActionButton kind="primary" act={() => accept(data.version)}>
                {t("texts.accept")}
              </ActionButton>
              <button type="button" class="button" onClick={later ?? (() => void signOut())}>
                {t(later ? "texts.later" : "action.sign_out")}
              </button>
            </div>
          </div>
        </Page>
      )}
    </LoadedPage>
  );
}
