// SPDX-License-Identifier: Apache-2.0
// Which page for which address.
import { Shell } from "./parts/shell";
import { NotFound } from "./pages/not_found";
import { SignIn } from "./pages/sign_in";
import { ROUTES } from "./routes";
import { match, place } from "./router";
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

export function App() {
  const current = useStore(session);
  const texts = useStore(language);
  return (
    <Shell key={texts}>
      {current ? <Here key={current.person.id} /> : <SignIn />}
    </Shell>
  );
}
