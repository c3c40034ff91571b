// SPDX-License-Identifier: Apache-2.0
// A page that is fetched when somebody goes there, or shows the wish to: home stays small however
// many pages there are.
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { Notice, Waiting } from "./notice";
import type { PageProps } from "../router";
import { Page } from "./page";

export type LazyPage = FunctionComponent<PageProps> & { fetch?: () => void };

/** LOAD gives the page; what it gave is kept. */
export function lazy(load: () => Promise<FunctionComponent<PageProps>>): LazyPage {
  let page: FunctionComponent<PageProps> | undefined;
  const fetch = async () => {
    page ??= await load();
  };
  function Later(props: PageProps) {
    const [state, setState] = useState<"here" | "coming" | "failed">(page ? "here" : "coming");
    useEffect(() => {
      if (state === "coming")
        fetch().then(
          () => setState("here"),
          () => setState("failed"),
        );
    }, []);
    const Loaded = page;
    if (Loaded) return <Loaded {...props} />;
    if (state === "coming") return <Waiting />;
    // Most often the server was updated since this tab was opened: its files have other names now.
    return (
      <Page title={t("problem.title")}>
        <Notice tone="bad" live>
          <p>{t("lazy.failed")}</p>
          <p>
            <button type="button" class="button button-small" onClick={() => location.reload()}>
              {t("lazy.reload")}
            </button>
          </p>
        </Notice>
      </Page>
    );
  }
  // A wish that comes to nothing is told when the person goes there.
  Later.fetch = () => void fetch().catch(() => {});
  return Later;
}
