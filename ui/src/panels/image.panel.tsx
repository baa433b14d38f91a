// Pictures over steps, with the boxes and masks that were logged with them.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { fileAddress, readFileJson, type RunRef } from "../api/client";
import { keptAddress } from "./kept";
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { boxesOf, masksOf, paintBoxes, paintMask, setsOf, type ShownClass } from "./overlay";
import { Picture } from "./Picture";

const CANVAS_MIN_PX = 480; // words on a tiny picture need more pixels than it has

async function loaded(url: string): Promise<HTMLImageElement> {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

async function readBoxes(run: RunRef, held: unknown): Promise<unknown> {
  const url = keptAddress(run, held);
  return url ? readFileJson(url) : null;
}

interface Painted {
  classes: ShownClass[];
  missing: number; // masks and sets of boxes whose file is not here
}

const arrived = <T,>(outcomes: PromiseSettledResult<T>[]): T[] => outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));

/** Picture, masks, boxes: one canvas, as it would be printed. Painted off screen first, so that no half of it is seen. */
async function paint(canvas: HTMLCanvasElement, url: string, run: RunRef, record: Record<string, unknown>, hidden: string[]): Promise<Painted> {
  const picture = await loaded(url);
  const size = { width: picture.naturalWidth, height: picture.naturalHeight };
  const wanted = masksOf(record).filter(({ set }) => !hidden.includes(set));
  const read = wanted.map(async (mask) => ({ ...mask, layer: await loaded(fileAddress(run, mask.sha256, mask.suffix)) }));
  const masks = arrived(await Promise.allSettled(read));
  const boxes = arrived(await Promise.allSettled([boxesOf(record, size, (held) => readBoxes(run, held))]));
  const scale = Math.max(1, CANVAS_MIN_PX / size.width);
  canvas.width = Math.round(size.width * scale);
  canvas.height = Math.round(size.height * scale);
  const missing = wanted.length - masks.length + 1 - boxes.length;
  const context = canvas.getContext("2d");
  if (!context) return { classes: [], missing };
  context.imageSmoothingEnabled = scale < 4;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const classes = masks.flatMap(({ layer, labels }) => paintMask(context, layer, labels));
  paintBoxes(context, boxes.flat().filter(({ set }) => !hidden.includes(set)), scale);
  canvas.dataset.painted = "true";
  return { classes: [...new Map(classes.map((each) => [each.label, each])).values()], missing };
}

function Overlaid({ url, record, name, run }: ItemProps & { url: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hidden, hide] = useState<string[]>([]);
  const [painted, setPainted] = useState<Painted | null>({ classes: [], missing: 0 }); // null: it cannot be painted
  const scheme = useComputedColorScheme();
  const sets = setsOf(record);
  useEffect(() => {
    const { current } = canvas;
    if (!current) return;
    paint(current, url, run, record, hidden).then(setPainted, () => setPainted(null));
  }, [url, record, run, hidden, scheme]);
  if (!painted) return <img src={url} alt={caption(record) || name} />;
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={`${caption(record) || name}, with ${sets.join(" and ")}`} />
      <div className="media-sets">
        {sets.map((set) => (
          <button key={set} type="button" className="toggle" aria-pressed={!hidden.includes(set)} onClick={() => hide(hidden.includes(set) ? hidden.filter((each) => each !== set) : [...hidden, set])}>
            {set}
          </button>
        ))}
        {painted.classes.map(({ label, colour }) => (
          <span key={label} className="media-class" style={{ borderColor: colour }}>
            {label}
          </span>
        ))}
        {painted.missing ? <span className="media-class">its overlay is not uploaded yet</span> : null}
      </div>
    </>
  );
}

function ImageItem(props: ItemProps) {
  const { url, record, name } = props;
  if (!url) return <NoFile name={name} record={record} />;
  const text = caption(record);
  const isOverlaid = record.boxes !== undefined || record.masks !== undefined;
  return (
    <figure className="media-figure">
      {isOverlaid ? <Overlaid {...props} url={url} /> : <Picture url={url} label={text || name} />}
      {text ? <figcaption title={text}>{text}</figcaption> : null}
    </figure>
  );
}

export const panel = mediaPanel(["image", "images"], ImageItem);
