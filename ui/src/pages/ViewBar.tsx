// How all charts are looked at: x axis, smoothing, scales, search. It stays in sight.
import { Select, Slider, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import type { KeyInfo } from "../api/schema";
import { Icon } from "../charts/Icon";
import { AS_DEFINED } from "../panels/panel";
import { SMOOTHING_MAX, usePlace } from "./place";
import { matchesSearch } from "./search";

const AXES_MAX = 200; // more is found by typing

const AXES = [
  { value: "step", label: "step" },
  { value: "relative", label: "relative time" },
  { value: "time", label: "wall time" },
];

function Toggle({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <button type="button" className="toggle" aria-pressed={isOn} onClick={() => onChange(!isOn)}>
      {label}
    </button>
  );
}

/** Up at the right of the slider much is smoothed: equal ways mean equal factors of 1 / (1 - weight). */
const toSlider = (weight: number) => -Math.log10(1 - weight) / 2;
const fromSlider = (way: number) => Math.min(SMOOTHING_MAX, Math.round((1 - 10 ** (-2 * way)) * 1000) / 1000);

const DEFINED = { value: AS_DEFINED, label: "as defined" };

/** The x axes on offer: the times, and the first series that fit what is typed. */
function axes(keys: KeyInfo[], typed: string, chosen: string, hasDefined: boolean) {
  const isAxis = [DEFINED, ...AXES].some(({ value }) => value === chosen);
  const series = keys.filter((info) => info.kind === "scalar" && info.key !== chosen && matchesSearch(info.key, typed)).slice(0, AXES_MAX);
  return [
    { group: "Time", items: hasDefined ? [DEFINED, ...AXES] : AXES },
    { group: "Series", items: [...(isAxis ? [] : [chosen]), ...series.map((info) => info.key)] },
  ];
}

export function ViewBar({ keys }: { keys: KeyInfo[] }) {
  const { place, change } = usePlace();
  const [typed, setTyped] = useState("");
  const smoothing = place.smooth ?? 0;
  const hasDefined = useMemo(() => keys.some((info) => info.x !== null), [keys]);
  const usual = hasDefined ? AS_DEFINED : "step";
  const x = place.x ?? usual;
  const groups = useMemo(() => axes(keys, typed === x ? "" : typed, x, hasDefined), [keys, typed, x, hasDefined]);
  return (
    <div className="view-bar" role="toolbar" aria-label="How charts are drawn">
      <label className="field">
        <span>x axis</span>
        <Select
          size="xs"
          w={150}
          data={groups}
          value={x}
          searchable
          comboboxProps={{ width: 280, position: "bottom-start" }}
          onSearchChange={setTyped}
          allowDeselect={false}
          aria-label="x axis"
          onChange={(next) => change({ x: next === usual || next === null ? undefined : next, lo: undefined, hi: undefined, of: undefined })}
        />
      </label>
      <div className="field">
        <span>smoothing</span>
        <Slider
          size="sm"
          w={120}
          label={null}
          min={0}
          max={1}
          step={0.01}
          value={toSlider(smoothing)}
          thumbLabel="smoothing"
          thumbProps={{ "aria-valuetext": String(smoothing) }}
          onChange={(way) => change({ smooth: fromSlider(way) })}
        />
        <output className="smoothing-value">{smoothing ? smoothing.toFixed(smoothing > 0.9 ? 3 : 2) : "off"}</output>
      </div>
      <Toggle label="log x" isOn={place.logx === 1} onChange={(isOn) => change({ logx: isOn ? 1 : undefined })} />
      <Toggle label="log y" isOn={place.logy === 1} onChange={(isOn) => change({ logy: isOn ? 1 : undefined })} />
      {place.lo !== undefined ? (
        <button type="button" className="toggle" onClick={() => change({ lo: undefined, hi: undefined, of: undefined }, "push")}>
          leave zoom
        </button>
      ) : null}
      <TextInput
        className="view-search"
        size="xs"
        placeholder="Search panels"
        aria-label="Search panels"
        data-search
        leftSection={<Icon name="search" size={13} />}
        rightSection={<kbd>/</kbd>}
        value={place.q ?? ""}
        onChange={(event) => change({ q: event.currentTarget.value || undefined })}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          change({ q: undefined });
          event.currentTarget.blur();
        }}
      />
    </div>
  );
}
