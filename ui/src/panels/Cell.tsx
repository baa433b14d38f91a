// One cell of a logged table: a number, text, or a thing with a file of its own.
import { useState } from "react";
import { z } from "zod";
import type { RunRef } from "../api/client";
import { number, value } from "../charts/format";
import { keptAddress } from "./kept";

const Odd = z.object({ _type: z.literal("number"), value: z.string() });
const WORDS: Record<string, number> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
const Thing = z.object({ _type: z.string(), caption: z.string().nullish(), path: z.string().optional(), name: z.string().optional(), text: z.string().optional() });
const SHORT = 44; // characters that a cell surely shows
const FILE_SUFFIX = /-file$/; // W&B's "image-file" is an image

/** A number that JSON cannot hold, as our tables say it; null for anything else. */
export function oddNumber(held: unknown): number | null {
  const odd = Odd.safeParse(held);
  return odd.success ? (WORDS[odd.data.value.toLowerCase()] ?? Number(odd.data.value)) : null;
}

function Shown({ kind, url, label }: { kind: string; url: string; label: string }) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <span className="media-missing">not uploaded yet</span>;
  const onError = () => setBroken(true);
  if (kind === "image" || url.endsWith(".gif")) return <img src={url} alt={label} title={label} loading="lazy" onError={onError} />;
  if (kind === "audio") return <audio controls preload="none" src={url} aria-label={label} onError={onError} />;
  if (kind === "video") return <video controls preload="metadata" src={url} aria-label={label} onError={onError} />;
  return (
    <a href={url} download={label} onClick={(event) => event.stopPropagation()}>
      {label}
    </a>
  );
}

/** Text of any length: cut to the cell, whole on hover and after a click or Enter. */
function Words({ text }: { text: string }) {
  const [isOpen, open] = useState(false);
  if (text.length <= SHORT && !text.includes("\n")) return text;
  return (
    <button type="button" className="cell-words" aria-expanded={isOpen} title={isOpen ? undefined : text} onClick={() => !window.getSelection()?.toString() && open(!isOpen)}>
      {text}
    </button>
  );
}

export function Cell({ run, held }: { run: RunRef; held: unknown }) {
  const odd = oddNumber(held);
  if (odd !== null) return number(odd);
  const thing = Thing.safeParse(held);
  if (!thing.success) return <Words text={value(held)} />;
  const { _type, caption, path, name, text } = thing.data;
  const kind = _type.replace(FILE_SUFFIX, "").toLowerCase();
  const url = keptAddress(run, held);
  if (text !== undefined) return <Words text={text} />;
  return url ? <Shown kind={kind} url={url} label={caption || name || path?.split("/").at(-1) || kind} /> : <Words text={value(held)} />;
}
