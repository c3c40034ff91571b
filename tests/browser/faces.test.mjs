// SPDX-License-Identifier: Apache-2.0
// What a person can do on home, at a launch, with a theme, and when a session is about to end; on the
// stand-in server.
import { after, before, describe, it } from "node:test";
import { startMock } from "../../web/dev/mock.mjs";
import { accessibilityProblems, assert, launchBrowser, newPage, overflow, settled, watchErrors } from "./support.mjs";

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

async function open(path, { login = "scientist", cookies = [], ...options } = {}) {
  const page = await newPage(browser, options);
  await page.context().addCookies([
    { name: "login", value: login, url },
    ...cookies.map(([name, value]) => ({ name, value, url })),
  ]);
  if (path !== null) {
    await page.goto(url + path);
    await settled(page);
  }
  return page;
}

describe("home", () => {
  it("says what awaits, what changed and what runs; the ready service opens from there", async () => {
    const page = await open("/");
    await page.getByRole("region", { name: "What awaits me" }).getByText("3 to do").waitFor();
    const changed = page.getByRole("region", { name: "What changed" });
    await changed.getByText("new", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Open JupyterLab in a new tab" }).waitFor();
    await changed.getByRole("link").first().click();
    await page.getByRole("heading", { level: 1, name: "Visits by plan and health status" }).waitFor();
    await page.context().close();
  });

  it("offers each role its own ways", async () => {
    const ways = { officer: "New project", producer: "Describe a source", checker1: "Reviews", scientist: "Launch a service" };
    for (const [login, name] of Object.entries(ways)) {
      const page = await open("/", { login });
      await page.getByRole("navigation", { name: "Shortcuts" }).getByRole("link", { name }).waitFor();
      const services = await page.getByRole("region", { name: "My running services" }).count();
      assert.equal(services, login === "producer" || login === "checker1" ? 0 : 1, login);
      await page.context().close();
    }
  });
});

describe("launch", () => {
  it("a link fills the form, and launches nothing by itself", async () => {
    const page = await newPage(browser);
    const sent = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    await page.context().addCookies([{ name: "login", value: "scientist", url }]);
    await page.goto(`${url}/launch/jupyter?project=prj-health&name=Night&memory_mib=8192&cpus=3&hours=24`);
    await settled(page);
    assert.equal(await page.getByLabel("Project").inputValue(), "prj-health");
    assert.equal(await page.getByLabel("Name").inputValue(), "Night");
    assert.equal(await page.getByLabel("Memory").inputValue(), "8192");
    assert.equal(await page.getByLabel("Lifetime").inputValue(), "24");
    // 3 is not offered: the usual value stands.
    assert.equal(await page.getByLabel("Processors").inputValue(), "2");
    assert.deepEqual(sent, []);
    await page.context().close();
  });

  it("says what will be mounted, what not and whom it awaits, and how long it takes", async () => {
    const page = await open("/launch/jupyter?project=prj-health");
    const beside = page.getByRole("region", { name: "What will happen" });
    await beside.getByText("/data/rand-hie/rand-fpr").waitFor();
    await beside.getByText("The committee has not given its opinion yet. Awaits: the committee").waitFor();
    await beside.getByText("Ready in about 1.5 sec").waitFor();
    await beside.getByText("nine in ten took less than 2.3 sec").waitFor();
    await page.context().close();
  });

  it("the share, the command and the call follow the choices", async () => {
    const page = await open("/launch/jupyter?project=prj-health");
    const beside = page.getByRole("region", { name: "What will happen" });
    await beside.getByText("10 GiB of 32 GiB").waitFor();
    await page.getByLabel("Memory").selectOption("16384");
    await beside.getByText("24 GiB of 32 GiB").waitFor();
    await page.getByLabel("Name").fill("l'essai");
    await page.getByRole("button", { name: "Same thing from a terminal" }).click();
    assert.equal(
      await page.locator(".command pre").textContent(),
      "darse service launch jupyter --project health --name 'l'\\''essai' --cpus 2 --memory-mib 16384 --hours 12 --wait",
    );
    await page.context().close();
  });

  it("a project that does not admit the service says so before and after the button", async () => {
    const page = await open("/launch/jupyter?project=prj-turnover");
    await page.getByRole("region", { name: "What will happen" }).getByText(/pixels-only/).waitFor();
    await page.getByRole("button", { name: "Launch", exact: true }).click();
    await page.waitForFunction(() => document.activeElement?.hasAttribute("data-problem"));
    await page.context().close();
  });

  it("a service that the catalogue does not hold is said, and what is over is launched again alike", async () => {
    const page = await open("/launch/nothing");
    await page.getByText("The catalogue does not hold this service").waitFor();
    await page.goto(`${url}/services/svc-frozen`);
    await page.getByRole("link", { name: "Launch again" }).click();
    await page.getByRole("heading", { level: 1, name: "Launch JupyterLab" }).waitFor();
    await settled(page);
    assert.equal(await page.getByLabel("Memory").inputValue(), "4096");
    await page.context().close();
  });
});

describe("projects", () => {
  const titles = (page) => page.locator("tbody th").allTextContents();

  it("are narrowed and sorted, and the view is an address", async () => {
    const page = await open("/projects", { login: "officer" });
    assert.equal((await titles(page)).length, 3);
    await page.getByRole("combobox", { name: "Tier" }).selectOption("secure");
    await page.getByText("1 of 3 rows match.").waitFor();
    assert.deepEqual(await titles(page), ["Concentration of turnover by employment area"]);
    await page.goto(`${url}/projects?q=ministere&state=frozen`);
    await settled(page);
    await page.getByText("1 of 3 rows match.").waitFor();
    assert.deepEqual(await titles(page), ["Territorial cohesion indicators"]);
    await page.getByRole("combobox", { name: "My role" }).selectOption("lead");
    await page.getByText("Nothing matches these filters.").waitFor();
    await page.context().close();
  });

  it("show what there is of each thing, and lead there", async () => {
    const page = await open("/projects/prj-health");
    const glance = page.getByRole("navigation", { name: "At a glance" });
    await glance.getByText("1 of 2 accredited").waitFor();
    await glance.getByRole("link", { name: /Services/ }).click();
    await page.getByRole("link", { name: "Launch JupyterLab" }).waitFor();
    await page.context().close();
  });

  it("a member's roles and dates are edited from what they are, and a refusal is said", async () => {
    const page = await open("/projects/prj-health/members", { login: "officer" });
    await page.getByRole("button", { name: "Edit the roles and dates of Samir Haddad" }).click();
    const dialog = page.getByRole("dialog", { name: /Samir Haddad/ });
    assert.ok(await dialog.getByRole("checkbox", { name: /data scientist/ }).isChecked());
    assert.match(await dialog.getByLabel("Until").inputValue(), /^\d{4}-\d\d-\d\d$/);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Your role does not allow this").waitFor();
    assert.deepEqual(await page.getByRole("dialog").count(), 1);
    await page.context().close();
  });
});

describe("a theme", () => {
  for (const colorScheme of ["light", "dark"]) {
    it(`carries names, logo, colours and links, ${colorScheme}`, async () => {
      const page = await open(null, { cookies: [["look", "state"]], colorScheme, bypassCSP: true });
      const errors = watchErrors(page);
      await page.goto(url);
      await settled(page);
      assert.equal(await page.title(), "Home · Datalab");
      const brand = page.getByRole("link", { name: /^Datalab/ });
      assert.ok(await brand.locator("img").evaluate((image) => image.naturalWidth > 0));
      const style = (selector, name) =>
        page.locator(selector).first().evaluate((element, key) => getComputedStyle(element)[key], name);
      assert.equal(await style(".panel", "borderRadius"), "0px");
      assert.equal(await style(".panel a", "color"), colorScheme === "light" ? "rgb(0, 0, 145)" : "rgb(169, 169, 255)");
      const link = page.getByRole("contentinfo").getByRole("link", { name: "Legal notice" });
      assert.equal(await link.getAttribute("href"), "https://ministry.example/legal");
      assert.deepEqual(await accessibilityProblems(page), []);
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        assert.ok((await overflow(page)) <= 0);
      }
      assert.deepEqual(errors, []);
      await page.context().close();
    });
  }

  it("obeys the content security policy, and names the sign-in page", async () => {
    const page = await newPage(browser);
    const errors = watchErrors(page);
    await page.context().addCookies([{ name: "look", value: "state", url }]);
    await page.goto(url);
    await page.getByRole("heading", { level: 1, name: "Sign in to Datalab" }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});

describe("a session about to end", () => {
  it("for want of requests: is warned about, and one press puts it off", async () => {
    const page = await open(null, { bypassCSP: true });
    await page.clock.install();
    await page.goto(url);
    await settled(page);
    await page.clock.fastForward("01:50:00");
    const warning = page.getByRole("dialog", { name: "Your session is about to end" });
    assert.equal(await warning.count(), 0);
    await page.clock.fastForward("00:06:00");
    await warning.getByText(/you will be signed out in/).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await warning.getByRole("button", { name: "Stay signed in" }).click();
    await page.clock.runFor(2000);
    await warning.waitFor({ state: "detached" });
    await page.context().close();
  });

  it("for good: one signs in again on the spot, and what is typed stays", async () => {
    const page = await open(null);
    let expires = new Date(Date.now() + 4 * 60_000).toISOString();
    await page.route("**/api/v1/session", async (route) => {
      if (route.request().method() === "POST") expires = new Date(Date.now() + 12 * 3_600_000).toISOString();
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), expires } });
    });
    await page.goto(`${url}/launch/jupyter?project=prj-health&name=typed`);
    const warning = page.getByRole("dialog", { name: "Your session is about to end" });
    await warning.getByText(/longest duration/).waitFor();
    await warning.getByLabel("Password").fill("mock");
    await warning.getByLabel("Code of your second factor").fill("123456");
    await warning.getByRole("button", { name: "Sign in again" }).click();
    await warning.waitFor({ state: "detached" });
    assert.equal(await page.getByLabel("Name").inputValue(), "typed");
    await page.context().close();
  });
});
