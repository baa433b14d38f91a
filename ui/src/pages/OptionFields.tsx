// What may be chosen of a figure: words side by side while they are few, else in a list; a number, a series, free words.
import { Autocomplete, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMemo } from "react";
import type { RunRef } from "../api/client";
import { useKeys } from "../api/queries";
import type { FigureInfo, FigureOption } from "../api/schema";

const SEGMENTS_MAX = 4;
const SEGMENT_CHARS_MAX = 34; // more words than that are wider than a phone
const SUGGESTED_MAX = 60;

export type Chosen = Record<string, string>;

/** Every option as the server is asked for it: what the address holds where it fits, else nothing, which is the default. */
export function asked(info: FigureInfo, wanted: Chosen | undefined): Chosen {
  const fitting = info.options.flatMap((option): [string, string][] => {
    const value = wanted?.[option.name];
    if (value === undefined || value === "") return [];
    if (option.kind === "choice" && !option.choices.includes(value)) return [];
    if (option.kind === "number" && !fits(option, Number(value))) return [];
    return [[option.name, value]];
  });
  return Object.fromEntries(fitting);
}

function fits({ lo, hi, is_whole }: FigureOption, value: number): boolean {
  return Number.isFinite(value) && value >= (lo ?? -Infinity) && value <= (hi ?? Infinity) && (!is_whole || Number.isInteger(value));
}

export interface FieldProps {
  run: RunRef;
  option: FigureOption;
  value: string; // "" is the default
  onChange: (value: string) => void;
}

function ChoiceField({ option, value, onChange }: FieldProps) {
  const { name, choices } = option;
  const first = String(option.default ?? choices[0] ?? "");
  const isShort = choices.length <= SEGMENTS_MAX && choices.join("").length <= SEGMENT_CHARS_MAX;
  if (isShort) return <SegmentedControl size="xs" aria-label={name} data={choices} value={value || first} onChange={onChange} />;
  return <Select size="xs" w={170} aria-label={name} data={choices} value={value || first} allowDeselect={false} onChange={(next) => onChange(next ?? "")} />;
}

function NumberField({ option, value, onChange }: FieldProps) {
  const { name, lo, hi, is_whole } = option;
  const first = option.default === null ? "" : String(option.default);
  const range = { ...(lo === null ? {} : { min: lo }), ...(hi === null ? {} : { max: hi }) };
  return <NumberInput size="xs" w={110} aria-label={name} {...range} allowDecimal={!is_whole} clampBehavior="blur" placeholder={first || "auto"} value={value || first} onChange={(next) => onChange(String(next))} />;
}

function SeriesField({ run, option, value, onChange }: FieldProps) {
  const { data } = useKeys(run);
  const names = useMemo(() => (data?.keys ?? []).filter(({ kind }) => kind === "scalar").map(({ key }) => key), [data]);
  return <Autocomplete size="xs" w={190} aria-label={option.name} data={names} limit={SUGGESTED_MAX} placeholder={String(option.default ?? "")} value={value} onChange={onChange} />;
}

function WordField({ option, value, onChange }: FieldProps) {
  return <TextInput size="xs" w={150} aria-label={option.name} placeholder={String(option.default ?? "")} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}

function Field(props: FieldProps) {
  switch (props.option.kind) {
    case "choice":
      return <ChoiceField {...props} />;
    case "number":
      return <NumberField {...props} />;
    case "series":
      return <SeriesField {...props} />;
    default:
      return <WordField {...props} />;
  }
}

interface OptionFieldsProps {
  run: RunRef;
  options: FigureOption[];
  chosen: Chosen | undefined;
  onChange: (chosen: Chosen) => void;
}

export function OptionFields({ run, options, chosen, onChange }: OptionFieldsProps) {
  return options.map((option) => (
    <div key={option.name} className="option" title={option.what || undefined}>
      <span>{option.name.replaceAll("_", " ")}</span>
      <Field run={run} option={option} value={chosen?.[option.name] ?? ""} onChange={(value) => onChange({ ...chosen, [option.name]: value })} />
    </div>
  ));
}
