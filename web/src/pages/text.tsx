// SPDX-License-Identifier: Apache-2.0
// A text of the platform: terms of use, personal data, accessibility. Anybody may read it.
import { useResource } from "../api/resource";
import type { PlatformText } from "../api/types";
import { language, t } from "../i18n";
import { LoadedPage, Page } from "../parts/page";
import { Prose } from "../parts/prose";
import { Time } from "../parts/time";
import type { PageProps } from "../router";
import { hasRole, session } from "../session";
import { useStore } from "../store";

export function TextPage({ path }: PageProps) {
  const person = useStore(session)?.person;
  const text = useResource<PlatformText>(`/texts/${path.replace(/^\/|\/+$/g, "")}`);
  return (
    <LoadedPage of={text}>
      {(data) => (
        <Page
          title={data[language.get()].title}
          actions={
            person &&
            hasRole(person, "officer") && (
              <a class="button" href={`/officer/texts?text=${data.name}`}>
                {t("action.edit")}
              </a>
            )
          }
        >
          <div class="stack">
            <section class="panel">
              <Prose html={data[language.get()].html} />
            </section>
            <p class="note">
              {data.written ? (
                <>
                  {t("texts.version", { version: data.version })} <Time at={data.written} as="date" />
                </>
              ) : (
                t("texts.shipped")
              )}
            </p>
          </div>
        </Page>
      )}
    </LoadedPage>
  );
}
