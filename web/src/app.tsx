// SPDX-License-Identifier: Apache-2.0
// Which page for which address.
import { useEffect, useState } from "preact/hooks";
import { Shell } from "./parts/shell";
import { NotFound } from "./pages/not_found";
import { SignIn } from "./pages/sign_in";
import { TermsGate, TermsSoon } from "./pages/terms_gate";
import { OPEN_PATHS, ROUTES } from "./routes";
import { whenTermsAsked } from "./api/client";
import { useResource } from "./api/resource";
import type { TermsState } from "./api/types";
import { match, place } from "./router";
import { ServiceWatch } from "./service_watch";
import { session } from "./session";
import { useStore } from "./store";
import { language } from "./i18n";

function Here() {
  const { path } = useStore(place);
  for (const route of ROUTES) {
    const params = match(route.path, path);
    if (params === null) continue;
    const key = route.group ? `${route.group} ${Object.values(params)[0]}` : path;
    return <route.page key={key} params={params} path={path} />;
  }
  return <NotFound />;
}

function Person() {
  const { path } = useStore(place);
  const terms = useResource<TermsState>("/me/terms");
  const [reading, read] = useState(false);
  const { reload } = terms;
  useEffect(() => whenTermsAsked(() => void reload()), [reload]);
  const asked = terms.data?.pending && !OPEN_PATHS.includes(path) ? terms.data : undefined;
  if (asked && (asked.overdue || reading))
    return <TermsGate of={terms} later={asked.overdue ? undefined : () => read(false)} />;
  return (
    <>
      <ServiceWatch />
      {asked?.due && <TermsSoon due={asked.due} read={() => read(true)} />}
      <Here />
    </>
  );
}

export function App() {
  const { path } = useStore(place);
  const current = useStore(session);
  const texts = useStore(language);
  return (
    <Shell key={texts}>
      {current ? (
        <Person key={current.person.id} />
      ) : OPEN_PATHS.includes(path) ? (
        <Here />
      ) : (
        <SignIn />
      )}
    </Shell>
  );
}
