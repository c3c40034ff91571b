// SPDX-License-Identifier: Apache-2.0
// Fields made from a JSON Schema: the part of it that definitions of services use. What it does not
// know it does not draw, and the server's own default holds.
import { language, t, tn } from "../i18n";
import { formatMemory } from "../i18n/format";
import { SelectField, TextField } from "./form";

export interface SchemaProperty {
  type: "integer" | "number" | "string" | "boolean";
  title?: string;
  "x-title"?: Record<string, string>;
  "x-unit"?: string;
  enum?: (string | number)[];
  default?: string | number | boolean;
  minimum?: number;
  maximum?: number;
}

export interface Schema {
  properties: Record<string, SchemaProperty>;
  required?: string[];
}

export type Values = Record<string, string | number>;

/** A value with its unit, in words: "4 GiB", "12 hours". */
export function unitText(unit: string | undefined, value: string | number): string {
  if (typeof value !== "number") return value;
  switch (unit) {
    case "mebibyte":
      return formatMemory(value);
    case "cpu":
      return tn("unit.cpu", value);
    case "hour":
      return value > 24 && value % 24 === 0 ? tn("unit.day", value / 24) : tn("unit.hour", value);
    default:
      return String(value);
  }
}

export function propertyTitle(name: string, property: SchemaProperty): string {
  return property["x-title"]?.[language.get()] ?? property.title ?? name;
}

/** What NAME is at first: the value asked for, if it is one that the schema offers, or the default. */
export function firstValue(property: SchemaProperty, asked: string | undefined): string {
  const normal = property.default === undefined ? "" : String(property.default);
  if (asked === undefined || asked === "") return normal;
  if (property.enum) return property.enum.map(String).includes(asked) ? asked : normal;
  return asked;
}

function choiceText(property: SchemaProperty, value: string | number): string {
  const text = unitText(property["x-unit"], value);
  return value === property.default ? t("launch.usual", { value: text }) : text;
}

function PropertyField(props: {
  name: string;
  property: SchemaProperty;
  value: string;
  change: (value: string) => void;
}) {
  const { name, property, value, change } = props;
  const label = propertyTitle(name, property);
  if (property.enum) {
    return (
      <SelectField
        name={name}
        label={label}
        value={value}
        onChange={change}
        choices={property.enum.map((one) => ({ value: String(one), text: choiceText(property, one) }))}
      />
    );
  }
  const number = property.type === "integer" || property.type === "number";
  if (!number && property.type !== "string") return null;
  return (
    <TextField
      name={name}
      label={label}
      type={number ? "number" : "text"}
      value={value}
      optional
      onInput={change}
    />
  );
}

export function SchemaFields(props: {
  schema: Schema;
  values: Record<string, string>;
  change: (name: string, value: string) => void;
}) {
  return (
    <div class="fields-row">
      {Object.entries(props.schema.properties).map(([name, property]) => (
        <PropertyField
          key={name}
          name={name}
          property={property}
          value={props.values[name] ?? ""}
          change={(value) => props.change(name, value)}
        />
      ))}
    </div>
  );
}

/** VALUES as the API takes them: numbers where the schema says so, nothing for what is empty. */
export function typedValues(schema: Schema, values: Record<string, string>): Values {
  const typed: Values = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = values[name];
    if (value === undefined || value === "") continue;
    typed[name] = property.type === "integer" || property.type === "number" ? Number(value) : value;
  }
  return typed;
}
