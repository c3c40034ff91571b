// SPDX-License-Identifier: Apache-2.0
// What can be launched.
import { useList } from "../api/resource";
import type { Definition } from "../api/types";
import { language, t } from "../i18n";
import { formatDuration } from "../i18n/format";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { Filters, holdsWords } from "../parts/filters";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Page } from "../parts/page";
import { Term } from "../parts/term";
import { useAddress } from "../router";
import { launchAddress } from "./launch";

/** Fewer are seen at a glance. */
const SEARCHED_FROM = 6;

/** One definition as a card; PROJECT fills the form of its launch. */
export function DefinitionCard(props: { definition: Definition; project?: string }) {
  const { definition } = props;
  const { count, median_ms } = definition.start;
  return (
    <li class="card">
      <div class="card-head">
        <Icon name={definition.display === "pixels" ? "screen" : "service"} />
        <h2>{definition.title}</h2>
      </div>
      <p>{definition.summary[language.get()]}</p>
      <div class="row">
        <Badge tone="info" icon={definition.display === "pixels" ? "screen" : "globe"}>
          {t(definition.display === "pixels" ? "catalogue.pixels" : "catalogue.web")}
        </Badge>
        {count > 0 && (
          <span class="note">{t("launch.about", { duration: formatDuration(median_ms) })}</span>
        )}
      </div>
      <div class="card-foot">
        <a
          class="button button-primary"
          href={launchAddress(definition.id, { project: props.project })}
        >
          <Icon name="launch" />
          {t("launch.one", { name: definition.title })}
        </a>
      </div>
    </li>
  );
}

export function Catalogue() {
  const definitions = useList<Definition>("/definitions");
  const [words] = useAddress("q");
  return (
    <Page
      title={t("nav.catalogue")}
      lead={
        <>
          {t("catalogue.lead")} <Term name="bubble" />
        </>
      }
    >
      <div class="stack-wide">
        {(definitions.data ?? []).length > SEARCHED_FROM && (
          <Filters search={{ label: t("catalogue.search") }} />
        )}
        <Loaded of={definitions}>
          {(items) => {
            const shown = items.filter((one) =>
              holdsWords(words, one.title, one.summary[language.get()], one.id),
            );
            if (shown.length === 0)
              return (
                <Empty icon="search">
                  <p>{t("table.none_left")}</p>
                </Empty>
              );
            return (
              <ul class="cards" role="list">
                {shown.map((one) => (
                  <DefinitionCard key={one.id} definition={one} />
                ))}
              </ul>
            );
          }}
        </Loaded>
        <Command
          lines={[{ cli: ["service", "catalogue"], call: { method: "GET", path: "/definitions" } }]}
        />
      </div>
    </Page>
  );
}
