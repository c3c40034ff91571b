// SPDX-License-Identifier: Apache-2.0
// Every page, in both themes and languages, at four widths: no accessibility violation, nothing
// wider than the window, no script error, nothing that the content security policy refuses. The
// answers come from the stand-in server, whose fixtures hold states that a real one shows only for
// a moment.
import { after, before, describe, it } from "node:test";
import { startMock } from "../../web/dev/mock.mjs";
import { accessibilityProblems, assert, launchBrowser, newPage, overflow, settled, watchErrors } from "./support.mjs";

const PAGES = [
  ["sign in", null, "/"],
  ["home", "scientist", "/"],
  ["projects", "officer", "/projects"],
  ["new project", "officer", "/projects/new"],
  ["project", "scientist", "/projects/prj-health"],
  ["frozen project", "officer", "/projects/prj-cohesion"],
  ["members", "officer", "/projects/prj-health/members"],
  ["data", "scientist", "/projects/prj-health/data"],
  ["apply", "scientist", "/projects/prj-health/apply"],
  ["services", "scientist", "/projects/prj-health/services"],
  ["files", "scientist", "/projects/prj-health/files"],
  ["exports", "scientist", "/projects/prj-health/exports"],
  ["journal", "lead", "/projects/prj-health/journal"],
  ["catalogue", "scientist", "/catalogue"],
  ["launch", "scientist", "/launch/jupyter?project=prj-health&memory_mib=4096"],
  ["launch that is refused", "scientist", "/launch/jupyter?project=prj-turnover"],
  ["ready service", "scientist", "/services/svc-ready"],
  ["starting service", "scientist", "/services/svc-starting"],
  ["frozen service", "scientist", "/services/svc-frozen"],
  ["draft export", "scientist", "/exports/exp-draft"],
  ["approved export", "scientist", "/exports/exp-approved"],
  ["review", "checker1", "/exports/exp-review/review"],
  ["reviews", "checker1", "/reviews"],
  ["applications", "producer", "/applications"],
  ["steward's application", "producer", "/applications/app-new"],
  ["committee's application", "committee", "/applications/app-agreed"],
  ["application to sign", "scientist", "/applications/app-agreed"],
  ["sources", "producer", "/sources"],
  ["source", "scientist", "/sources/src-rand"],
  ["draft application", "scientist", "/applications/app-draft"],
  ["draft application, purpose", "scientist", "/applications/app-draft?step=purpose"],
  ["draft application, check", "scientist", "/applications/app-draft?step=check"],
  ["adjourned application", "scientist", "/applications/app-adjourned"],
  ["adjourned application, committee", "committee", "/applications/app-adjourned"],
  ["new source", "producer", "/sources/new"],
  ["source of a steward", "producer", "/sources/src-rand"],
  ["edit source", "producer", "/sources/src-rand/edit"],
  ["edit source, not a steward", "scientist", "/sources/src-rand/edit"],
  ["publish", "producer", "/sources/src-rand/publish"],
  ["protect", "producer", "/sources/src-rand/protect"],
  ["protection to decide", "producer", "/protections/prt-ready"],
  ["protection that runs", "producer", "/protections/prt-running"],
  ["protection that failed", "producer", "/protections/prt-failed"],
  ["keys", "producer", "/keys"],
  ["dataset made by a recipe", "producer", "/datasets/dts-rand-fpr"],
  ["dataset", "scientist", "/datasets/dts-rand-fpr"],
  ["persons", "officer", "/persons"],
  ["audit log", "auditor", "/audit"],
  ["account", "scientist", "/account"],
  ["account's notifications", "scientist", "/account/notifications"],
  ["notifications", "scientist", "/notifications"],
  ["platform", "officer", "/officer"],
  ["organisations", "officer", "/officer/organisations"],
  ["quotas", "officer", "/officer/projects"],
  ["usage", "officer", "/officer/services"],
  ["sources and rules", "officer", "/officer/sources"],
  ["clock", "officer", "/officer/clock"],
  ["texts", "officer", "/officer/texts"],
  ["verified log", "officer", "/audit"],
  ["terms of use", null, "/terms"],
  ["personal data", "scientist", "/privacy"],
  ["accessibility statement", "scientist", "/accessibility"],
  ["glossary", "scientist", "/glossary"],
  ["API", null, "/docs/api"],
  ["an operation of the API", "scientist", "/docs/api?q=projects&operation=post_projects"],
  ["a stream of the API", null, "/docs/api?operation=get_services_service_events"],
  ["terms to accept", "business", "/projects"],
  ["parts", "scientist", "/design"],
  ["not found", "scientist", "/nowhere"],
  ["missing thing", "scientist", "/projects/prj-nothing"],
];
const WIDTHS = [360, 768, 1280, 1920];

describe("every page", () => {
  let server, browser, url;

  before(async () => {
    server = await startMock();
    url = `http://localhost:${server.address().port}`;
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  for (const language of ["en", "fr"]) {
    for (const [name, login, path] of PAGES) {
      it(`${name}, ${language}`, async () => {
        // axe-core is put into the page by the test; the policy stays in force for the page.
        const page = await newPage(browser, {
          colorScheme: "light", locale: language, reducedMotion: "reduce", bypassCSP: true });
        const errors = watchErrors(page);
        await page.context().addCookies([
          { name: "language", value: language, url },
          ...(login ? [{ name: "login", value: login, url }] : []),
        ]);
        await page.goto(url + path);
        await settled(page);
        assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        assert.deepEqual(await accessibilityProblems(page), []);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          assert.ok((await overflow(page)) <= 0, `wider than ${width} px`);
        }
        // Only colours differ in the dark: the same page, seen by whoever prefers it so.
        await page.emulateMedia({ colorScheme: "dark" });
        await page.evaluate(async () => {
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          // Drawn anew as a whole: a loaded machine may take many frames to repaint what changed.
          document.body.hidden = true;
          await frame();
          document.body.hidden = false;
          await frame();
          await frame();
        });
        assert.deepEqual(await accessibilityProblems(page, ["color-contrast"]), []);
        assert.deepEqual(errors, []);
        await page.context().close();
      });
    }
  }

  it("obey the content security policy", async () => {
    const page = await newPage(browser);
    const errors = watchErrors(page);
    await page.context().addCookies([{ name: "login", value: "scientist", url }]);
    for (const [, , path] of PAGES) {
      await page.goto(url + path);
      await settled(page);
    }
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});

describe("by keyboard", () => {
  let server, browser, page;

  before(async () => {
    server = await startMock();
    browser = await launchBrowser();
    page = await newPage(browser);
    const url = `http://localhost:${server.address().port}`;
    await page.context().addCookies([{ name: "login", value: "scientist", url }]);
    await page.goto(url);
    await settled(page);
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

  it("the first stop skips to the content", async () => {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  });

  it("a move puts the focus on the title and names the document", async () => {
    await page.getByRole("link", { name: "Projects", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
    assert.equal(await focused(), "Projects");
    assert.equal(await page.title(), "Projects · Darse");
  });

  it("back returns to the page before", async () => {
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Good day" }).waitFor();
  });

  it("a menu opens, and closes on Escape with the focus on its name", async () => {
    const menu = page.locator(".quay-side summary");
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Theme").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.getByLabel("Theme").isVisible(), false);
    assert.ok(await menu.evaluate((element) => element === document.activeElement));
  });

  it("a dialog takes the focus, closes on Escape, and gives the focus back", async () => {
    await page.goto(new URL("/projects/prj-health/exports", page.url()).href);
    const opener = page.getByRole("button", { name: "New export" });
    await opener.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "New export" });
    await dialog.waitFor();
    assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.ok(await opener.evaluate((element) => element === document.activeElement));
  });

  it("a chosen theme is kept", async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Theme").selectOption("dark");
    assert.notEqual(await ground(), light);
    const dark = await ground();
    await page.reload();
    await settled(page);
    assert.equal(await ground(), dark);
  });

  it("a refusal is said in words and takes the focus", async () => {
    await page.goto(new URL("/projects/prj-health/exports", page.url()).href);
    await page.getByRole("button", { name: "New export" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Title").fill("A table");
    await dialog.getByLabel("Context").fill("Some context");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByText("Your role does not allow this; ask a platform officer.").waitFor();
    await page.waitForFunction(() =>
      /Your role does not allow this/.test(document.activeElement?.textContent ?? ""));
  });
});
