// What all panels of kept things share: the list over steps, a step slider, and what was logged at the chosen step.
import { Slider } from "@mantine/core";
import { useMemo, useState, type ComponentType } from "react";
import { z } from "zod";
import type { RunRef } from "../api/client";
import { useMedia } from "../api/queries";
import type { MediaItem } from "../api/schema";
import { step } from "../charts/format";
import { IconButton } from "../charts/IconButton";
import { keptAddress, mayArrive } from "./kept";
import type { PanelDefinition, PanelProps } from "./panel";
import { drawingHeight, PanelFrame } from "./PanelFrame";
import { Sentence, Trouble } from "./Sentence";

export interface ItemProps {
  run: RunRef;
  url: string | null; // of its file, when it has one
  record: Record<string, unknown>;
  name: string;
  height: number;
}

const PADDING_PX = 8; // of .media, above and below together

const Listed = z.object({ items: z.array(z.record(z.string(), z.unknown())) });

/** One log() may hold a list of things: each becomes a thing of its own. */
function things(run: RunRef, item: MediaItem): { url: string | null; record: Record<string, unknown> }[] {
  const listed = Listed.safeParse(item.record);
  if (!listed.success) return [{ url: item.url, record: item.record }];
  return listed.data.items.map((record) => ({ url: keptAddress(run, record), record }));
}

/** The server sends each thing of a list on its own: what was logged at one step is shown together. */
export function byStep(items: MediaItem[]): MediaItem[][] {
  const found = new Map<number, MediaItem[]>();
  for (const item of items) {
    const held = found.get(item.step);
    if (held) held.push(item);
    else found.set(item.step, [item]);
  }
  return [...found.values()];
}

/** Another way to look at the same things, behind a button. */
interface Other {
  label: string;
  isFor?: (record: Record<string, unknown>) => boolean; // of all things without it
  Item: ComponentType<ItemProps>;
}

interface MediaPanelProps {
  props: PanelProps;
  run: RunRef;
  Item: ComponentType<ItemProps>;
  other: Other | undefined;
}

function MediaPanel({ props, run, Item: Usual, other }: MediaPanelProps) {
  const { info, height, isFull, onFull } = props;
  const { data, error } = useMedia(run, info.key);
  const [chosen, choose] = useState<number | null>(null); // null: the newest, also when a newer one comes
  const [isOther, showOther] = useState(false);
  const Item = isOther && other ? other.Item : Usual;
  const steps = useMemo(() => byStep(data?.items ?? []), [data]);
  const last = steps.length - 1;
  const at = Math.min(chosen ?? last, last);
  const items = steps[at] ?? [];
  const [item] = items;
  const shown = items.flatMap((each) => things(run, each));
  const slider =
    last > 0 ? (
      <Slider
        className="media-slider"
        size="xs"
        label={null}
        min={0}
        max={last}
        value={at}
        thumbLabel={`Step of ${info.key}`}
        onChange={(next) => choose(next === last ? null : next)}
      />
    ) : null;
  const tools = other && shown.some(({ record }) => other.isFor?.(record) ?? true) ? <IconButton icon="list" label={other.label} isPressed={isOther} onClick={() => showOther(!isOther)} /> : null;
  return (
    <PanelFrame name={info.key} value={item ? `step ${step(item.step)}` : ""} tools={tools} foot={slider} height={height} isFull={isFull} onFull={onFull}>
      <div className="media" data-many={shown.length > 1} tabIndex={shown.length > 1 ? 0 : undefined}>
        {shown.map(({ url, record }, i) => (
          <Item key={i} run={run} url={url} record={record} name={info.key} height={drawingHeight(height, slider) - PADDING_PX} />
        ))}
      </div>
      {!item && error ? <Trouble reason={error} /> : null}
      {!item && data ? <Sentence>Nothing logged under {info.key} yet.</Sentence> : null}
    </PanelFrame>
  );
}

/** A panel definition for kinds of kept things. */
export function mediaPanel(kinds: string[], Item: ComponentType<ItemProps>, height = 268, other?: Other): PanelDefinition {
  const Panel = (props: PanelProps) => {
    const [source] = props.sources;
    return source ? <MediaPanel props={props} run={source.run} Item={Item} other={other} /> : null;
  };
  return { kinds, height, Panel };
}

/** The caption of a record, "" when it has none. */
export function caption(record: Record<string, unknown>): string {
  return typeof record.caption === "string" ? record.caption : "";
}

export function NoFile({ name, record }: { name: string; record: Record<string, unknown> }) {
  if (mayArrive(record)) return <Sentence>The file of {name} is not uploaded yet. It appears here when it arrives.</Sentence>;
  return <Sentence>The file of {name} is not in the run folder. Copy the run's media folder beside its log, then reload.</Sentence>;
}
