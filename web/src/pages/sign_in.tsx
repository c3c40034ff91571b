// SPDX-License-Identifier: Apache-2.0
// Login and password, then the code of those who have a second factor.
import { useEffect, useState } from "preact/hooks";
import { ProblemError } from "../api/client";
import { t } from "../i18n";
import { CodeField, Form, text, TextField } from "../parts/form";
import { Logo } from "../parts/logo";
import { brand, brandName, signIn } from "../session";

interface Given {
  login: string;
  password: string;
}

function Credentials(props: { given: Given; next: (given: Given) => void }) {
  const submit = async (values: FormData) => {
    const given = {
      login: text(values, "login") ?? "",
      password: String(values.get("password") ?? ""),
    };
    try {
      await signIn(given.login, given.password);
    } catch (cause) {
      if (!(cause instanceof ProblemError) || cause.problem.reason !== "identity.code_needed") {
        throw cause;
      }
      props.next(given);
    }
  };
  return (
    <Form
      submit={submit}
      action={t("sign_in.continue")}
      about={{ "identity.refused": "password" }}
      label={t("sign_in.title", { name: brandName() })}
    >
      <TextField
        name="login"
        label={t("sign_in.login")}
        autocomplete="username"
        value={props.given.login}
      />
      <TextField
        name="password"
        type="password"
        label={t("sign_in.password")}
        autocomplete="current-password"
        max={1024}
      />
    </Form>
  );
}

function Code(props: { given: Given; back: () => void }) {
  useEffect(() => document.querySelector<HTMLInputElement>("[name=code]")?.focus(), []);
  return (
    <Form
      submit={(values) => signIn(props.given.login, props.given.password, text(values, "code"))}
      action={t("sign_in.submit")}
      about={{ "identity.refused": "code" }}
      cancel={props.back}
      label={t("sign_in.code_title")}
    >
      <p>{t("sign_in.code_lead", { login: props.given.login })}</p>
      <CodeField hint={t("sign_in.code_hint")} />
    </Form>
  );
}

export function SignIn() {
  const [given, setGiven] = useState<Given>({ login: "", password: "" });
  const [step, setStep] = useState<"credentials" | "code">("credentials");
  const title = step === "code" ? t("sign_in.code_title") : t("sign_in.title", { name: brandName() });
  useEffect(() => {
    document.title = `${title} · ${brandName()}`;
  }, [title]);
  return (
    <div class="harbour">
      <div class="harbour-brand">
        {brand.get().logo ? <img src={brand.get().logo ?? ""} alt="" /> : <Logo />}
        <h1 tabIndex={-1}>{title}</h1>
        <p class="soft">{t("sign_in.lead")}</p>
      </div>
      <div class="panel harbour-panel">
        {step === "credentials" ? (
          <Credentials
            given={given}
            next={(next) => {
              setGiven(next);
              setStep("code");
            }}
          />
        ) : (
          <Code
            given={given}
            back={() => {
              setGiven({ ...given, password: "" });
              setStep("credentials");
            }}
          />
        )}
      </div>
    </div>
  );
}
