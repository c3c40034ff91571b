// SPDX-License-Identifier: Apache-2.0
// Until when a service runs, the warning before it stops by itself, and the way to keep it for longer.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import { useAction } from "../api/resource";
import type { Definition, Service } from "../api/types";
import { t, tn } from "../i18n";
import { formatDuration } from "../i18n/format";
import { Icon } from "./icon";
import { Notice, ProblemNotice } from "./notice";
import { Time } from "./time";
import { toast } from "./toast";

/** A person is warned so long before the end, as by the server's notice. */
export const WARN_MS = 30 * 60_000;
const TICK_MS = 15_000;
const HOUR_MS = 3_600_000;

/** The time, again and again. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** What stops soon, of what runs. */
export function endingSoon(services: Service[], now: number): Service[] {
  return services.filter((service) => {
    const left = service.ends ? new Date(service.ends).getTime() - now : Infinity;
    return service.state === "ready" && left > 0 && left < WARN_MS;
  });
}

/** The hours that a definition offers and that gain something, the first that is long enough first chosen. */
export function hoursThatGain(service: Service, definition: Definition | undefined, now: number): number[] {
  const schema = definition?.schema as { properties?: { hours?: { enum?: number[] } } } | undefined;
  const ends = service.ends ? new Date(service.ends).getTime() : Infinity;
  const latest = service.ends_at_most ? new Date(service.ends_at_most).getTime() : Infinity;
  if (ends >= latest) return [];
  const offered = schema?.properties?.hours?.enum ?? [];
  const gaining = offered.filter((hours) => now + hours * HOUR_MS > ends);
  // What lies beyond the limit gives the same as the first that reaches it.
  const reaching = gaining.findIndex((hours) => now + hours * HOUR_MS >= latest);
  return reaching < 0 ? gaining : gaining.slice(0, reaching + 1);
}

export function Lifetime(props: {
  service: Service;
  definition: Definition | undefined;
  reload: () => Promise<void>;
}) {
  const { service } = props;
  const now = useNow();
  const hours = hoursThatGain(service, props.definition, now);
  const [chosen, choose] = useState<number>();
  const wanted = chosen !== undefined && hours.includes(chosen) ? chosen : hours[0];
  const { run, busy, problem } = useAction(async () => {
    const { ends } = await api.post<Service>(`/services/${service.id}/prolong`, { hours: wanted });
    await props.reload();
    if (ends) toast(t("lifetime.prolonged", { duration: formatDuration(new Date(ends).getTime() - Date.now()) }));
  });
  if (!service.ends) return <p class="soft">{t("lifetime.endless")}</p>;
  const left = new Date(service.ends).getTime() - now;
  return (
    <div class="stack">
      {left < WARN_MS && left > 0 && (
        <Notice tone="wait" live>
          <p>{t("service.ends_soon", { duration: formatDuration(left) })}</p>
        </Notice>
      )}
      <p>
        {t("lifetime.left", { duration: formatDuration(Math.max(left, 0)) })} <Time at={service.ends} />
      </p>
      {service.mine && hours.length > 0 && (
        <div class="row">
          <label class="row">
            <span>{t("lifetime.from_now")}</span>
            <select
              value={wanted}
              onChange={(event) => choose(Number(event.currentTarget.value))}
            >
              {hours.map((one) => (
                <option key={one} value={one}>
                  {tn("unit.hour", one)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button"
            aria-busy={busy}
            aria-disabled={busy ? "true" : undefined}
            onClick={() => void run()}
          >
            <Icon name="clock" />
            {t("lifetime.prolong")}
          </button>
        </div>
      )}
      {service.mine && hours.length === 0 && service.ends_at_most && service.ends >= service.ends_at_most && (
        <p class="note">{t("lifetime.longest")}</p>
      )}
      <ProblemNotice problem={problem} />
    </div>
  );
}
