// SPDX-License-Identifier: Apache-2.0
// Every address of the pages. Pages of one group are sections of one thing: moving between them
// keeps the frame. Only home comes with the program; the others are fetched when wanted.
import { lazy, type LazyPage } from "./parts/lazy";
import { Home } from "./pages/home";
import { SECTION_PATHS } from "./pages/project_sections";
import { match } from "./router";

export type { PageProps } from "./router";

export interface Route {
  path: string;
  page: LazyPage;
  group?: string;
}

const Account = lazy(async () => (await import("./pages/account")).Account);
const AccountSettings = lazy(async () => (await import("./pages/account")).AccountSettings);
const ApiPage = lazy(async () => (await import("./pages/api")).ApiPage);
const ApplicationNew = lazy(async () => (await import("./pages/application_new")).ApplicationNew);
const ApplicationPage = lazy(async () => (await import("./pages/application")).ApplicationPage);
const Applications = lazy(async () => (await import("./pages/applications")).Applications);
const AuditPage = lazy(async () => (await import("./pages/audit")).AuditPage);
const DatasetPage = lazy(async () => (await import("./pages/dataset")).DatasetPage);
const DatasetPublish = lazy(async () => (await import("./pages/dataset_publish")).DatasetPublish);
const Catalogue = lazy(async () => (await import("./pages/catalogue")).Catalogue);
const DatasetProtect = lazy(async () => (await import("./pages/dataset_protect")).DatasetProtect);
const KeysPage = lazy(async () => (await import("./pages/keys")).KeysPage);
const ProtectionPage = lazy(async () => (await import("./pages/protection")).ProtectionPage);
const Design = lazy(async () => (await import("./pages/design")).Design);
const ExportPage = lazy(async () => (await import("./pages/export")).ExportPage);
const LaunchPage = lazy(async () => (await import("./pages/launch")).LaunchPage);
const Glossary = lazy(async () => (await import("./pages/glossary")).Glossary);
const Notifications = lazy(async () => (await import("./pages/notifications")).Notifications);
const OfficerClock = lazy(async () => (await import("./pages/officer_clock")).OfficerClock);
const OfficerOrganisations = lazy(
  async () => (await import("./pages/officer_organisations")).OfficerOrganisations,
);
const OfficerOverview = lazy(async () => (await import("./pages/officer_overview")).OfficerOverview);
const OfficerProjects = lazy(async () => (await import("./pages/officer_projects")).OfficerProjects);
const OfficerServices = lazy(async () => (await import("./pages/officer_services")).OfficerServices);
const OfficerSources = lazy(async () => (await import("./pages/officer_sources")).OfficerSources);
const OfficerTexts = lazy(async () => (await import("./pages/officer_texts")).OfficerTexts);
const Persons = lazy(async () => (await import("./pages/persons")).Persons);
const ProjectNew = lazy(async () => (await import("./pages/project_new")).ProjectNew);
const ProjectPage = lazy(async () => (await import("./pages/project")).ProjectPage);
const Projects = lazy(async () => (await import("./pages/projects")).Projects);
const ReviewPage = lazy(async () => (await import("./pages/review")).ReviewPage);
const Reviews = lazy(async () => (await import("./pages/reviews")).Reviews);
const ServicePage = lazy(async () => (await import("./pages/service")).ServicePage);
const SourceEdit = lazy(async () => (await import("./pages/source_edit")).SourceEdit);
const SourceNew = lazy(async () => (await import("./pages/source_new")).SourceNew);
const SourcePage = lazy(async () => (await import("./pages/source")).SourcePage);
const Sources = lazy(async () => (await import("./pages/sources")).Sources);
const Site = lazy(async () => (await import("./pages/site")).Site);
const TextPage = lazy(async () => (await import("./pages/text")).TextPage);

/** Pages that anybody may read, signed in or not. */
const API_PATH = "/docs/api";
export const OPEN_PATHS = ["/terms", "/privacy", "/accessibility", "/glossary", "/site", API_PATH];

const OPEN_PAGES: Record<string, LazyPage> = { "/glossary": Glossary, "/site": Site, [API_PATH]: ApiPage };

export const ROUTES: Route[] = [
  { path: "/", page: Home },
  { path: "/projects", page: Projects },
  { path: "/projects/new", page: ProjectNew },
  { path: "/projects/{project}/apply", page: ApplicationNew },
  ...SECTION_PATHS.map((path) => ({
    path: `/projects/{project}${path}`,
    page: ProjectPage,
    group: "project",
  })),
  { path: "/applications", page: Applications },
  { path: "/applications/{application}", page: ApplicationPage },
  { path: "/catalogue", page: Catalogue },
  { path: "/launch/{definition}", page: LaunchPage },
  { path: "/services/{service}", page: ServicePage },
  { path: "/exports/{export}", page: ExportPage },
  { path: "/exports/{export}/review", page: ReviewPage },
  { path: "/reviews", page: Reviews },
  { path: "/sources", page: Sources },
  { path: "/sources/new", page: SourceNew },
  { path: "/sources/{source}", page: SourcePage },
  { path: "/sources/{source}/edit", page: SourceEdit },
  { path: "/sources/{source}/publish", page: DatasetPublish },
  { path: "/sources/{source}/protect", page: DatasetProtect },
  { path: "/protections/{protection}", page: ProtectionPage },
  { path: "/keys", page: KeysPage },
  { path: "/datasets/{dataset}", page: DatasetPage },
  { path: "/persons", page: Persons },
  { path: "/audit", page: AuditPage },
  { path: "/account", page: Account },
  { path: "/account/notifications", page: AccountSettings },
  { path: "/notifications", page: Notifications },
  { path: "/officer", page: OfficerOverview },
  { path: "/officer/organisations", page: OfficerOrganisations },
  { path: "/officer/projects", page: OfficerProjects },
  { path: "/officer/services", page: OfficerServices },
  { path: "/officer/sources", page: OfficerSources },
  { path: "/officer/clock", page: OfficerClock },
  { path: "/officer/texts", page: OfficerTexts },
  ...OPEN_PATHS.map((path) => ({ path, page: OPEN_PAGES[path] ?? TextPage })),
  { path: "/design", page: Design },
];

/** Fetches the page of PATH, for somebody who is about to go there. */
export function fetchPage(path: string): void {
  ROUTES.find((route) => match(route.path, path) !== null)?.page.fetch?.();
}
