// SPDX-License-Identifier: Apache-2.0
// Nobody loses a running service without a warning: whatever the page, what stops soon is said, with one
// button to keep it. The mail and the bell say it too.
import { useState } from "preact/hooks";
import { api } from "./api/client";
import { useList } from "./api/resource";
import type { Service } from "./api/types";
import { t } from "./i18n";
import { formatDuration } from "./i18n/format";
import { ActionButton } from "./parts/action";
import { endingSoon, useNow } from "./parts/lifetime";
import { Notice } from "./parts/notice";
import { useStore } from "./store";
import { place } from "./router";
import { useMe } from "./session";

/** Enough to end what one is doing. */
const HOURS = 1;

export function ServiceWatch() {
  const me = useMe();
  const { path } = useStore(place);
  const now = useNow();
  const services = useList<Service>("/services", [`person:${me.id}`]);
  const [put, setPut] = useState<string[]>([]);
  // The service's own page says it itself.
  const soon = endingSoon(services.data ?? [], now).filter(
    (one) => path !== `/services/${one.id}` && !put.includes(`${one.id} ${one.ends}`),
  );
  const keep = async (service: Service) => {
    await api.post(`/services/${service.id}/prolong`, { hours: HOURS });
    await services.reload();
  };
  return (
    <div role="status">
      {soon.map((one) => (
        <div key={one.id} class="reminder">
          <Notice tone="wait">
            <div class="row">
              <p>
                {t("lifetime.soon", {
                  name: one.name,
                  duration: formatDuration(new Date(one.ends ?? "").getTime() - now),
                })}
              </p>
              <ActionButton small act={() => keep(one)} label={t("lifetime.keep_one", { name: one.name })}>
                {t("lifetime.keep")}
              </ActionButton>
              <a class="button button-small" href={`/services/${one.id}`}>
                {t("lifetime.see")}
              </a>
              <button
                type="button"
                class="button button-small"
                onClick={() => setPut([...put, `${one.id} ${one.ends}`])}
              >
                {t("lifetime.dismiss")}
              </button>
            </div>
          </Notice>
        </div>
      ))}
    </div>
  );
}
