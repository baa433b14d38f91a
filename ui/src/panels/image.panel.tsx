// Pictures over steps, with the boxes and masks that were logged with them.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { fileAddress, type RunRef } from "../api/client";
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { boxesOf, masksOf, paintBoxes, paintMask } from "./overlay";
import { Picture } from "./Picture";

const CANVAS_MIN_PX = 480; // words on a tiny picture need more pixels than it has

async function loaded(url: string): Promise<HTMLImageElement> {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

/** Picture, masks, boxes: one canvas, as it would be printed. Painted off screen first, so that no half of it is seen. */
async function paint(canvas: HTMLCanvasElement, url: string, run: RunRef, record: Record<string, unknown>, hidden: string[]): Promise<void> {
  const picture = await loaded(url);
  const size = { width: picture.naturalWidth, height: picture.naturalHeight };
  const masks = masksOf(record).filter(({ set }) => !hidden.includes(set));
  const layers = await Promise.all(masks.map(({ sha256, suffix }) => loaded(fileAddress(run, sha256, suffix))));
  const scale = Math.max(1, CANVAS_MIN_PX / size.width);
  canvas.width = Math.round(size.width * scale);
  canvas.height = Math.round(size.height * scale);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingEnabled = scale < 4;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const layer of layers) paintMask(context, layer);
  paintBoxes(context, boxesOf(record, size).filter(({ set }) => !hidden.includes(set)), scale);
  canvas.dataset.painted = "true";
}

function Overlaid({ url, record, name, run }: ItemProps & { url: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hidden, hide] = useState<string[]>([]);
  const [isBroken, setBroken] = useState(false);
  const scheme = useComputedColorScheme();
  const sets = [...new Set([...boxesOf(record, { width: 1, height: 1 }), ...masksOf(record)].map(({ set }) => set))];
  useEffect(() => {
    const { current } = canvas;
    if (current) paint(current, url, run, record, hidden).catch(() => setBroken(true));
  }, [url, record, run, hidden, scheme]);
  if (isBroken) return <img src={url} alt={caption(record) || name} />;
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={`${caption(record) || name}, with ${sets.join(" and ")}`} />
      <div className="media-sets">
        {sets.map((set) => (
          <button key={set} type="button" className="toggle" aria-pressed={!hidden.includes(set)} onClick={() => hide(hidden.includes(set) ? hidden.filter((each) => each !== set) : [...hidden, set])}>
            {set}
          </button>
        ))}
      </div>
    </>
  );
}

function ImageItem(props: ItemProps) {
  const { url, record, name } = props;
  if (!url) return <NoFile name={name} />;
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
