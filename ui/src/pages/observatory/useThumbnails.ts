// Small pictures of the scenes, drawn one by one out of sight while nobody moves anything.
import { useComputedColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { figureQuery } from "../../api/queries";
import type { RunRef } from "../../api/client";
import { drawThumbnail } from "../../charts/thumbnail";
import type { Scene } from "./scenes";

export const THUMBNAIL = { width: 176, height: 104 };
const IDLE_MS = 1500;
const LOOK_MS = 300;

export type Thumbnails = Map<string, string>;
const kept = new Map<string, string>();

let movedAt = 0;
const moved = () => void (movedAt = performance.now());

const rest = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

async function untilIdle(isGone: () => boolean): Promise<void> {
  while (!isGone() && (document.hidden || performance.now() - movedAt < IDLE_MS)) await rest(LOOK_MS);
}

export function useThumbnails(run: RunRef, scenes: Scene[], isReady: boolean): Thumbnails {
  const theme = useComputedColorScheme();
  const client = useQueryClient();
  const [, again] = useState(0);
  const nameOf = (id: string) => [run.project, run.id, theme, id].join("/");
  const ids = scenes.map(({ id }) => id).join("\n");
  useEffect(() => {
    const events = ["pointermove", "pointerdown", "keydown", "wheel", "input"];
    for (const event of events) window.addEventListener(event, moved, { passive: true });
    return () => events.forEach((event) => window.removeEventListener(event, moved));
  }, []);
  useEffect(() => {
    if (!isReady) return;
    let isGone = false;
    moved();
    const draw = async () => {
      for (const scene of scenes) {
        if (scene.kind !== "figure" || kept.has(nameOf(scene.id))) continue;
        await untilIdle(() => isGone);
        if (isGone) return;
        // a picture that cannot be made leaves its place empty; the scene itself says why when it is opened
        const content = await client.fetchQuery(figureQuery(run, scene.id, { theme })).catch(() => null);
        const picture = content && !isGone ? await drawThumbnail(content, THUMBNAIL).catch(() => null) : null;
        if (picture) kept.set(nameOf(scene.id), picture);
        again((count) => count + 1);
      }
    };
    void draw();
    return () => void (isGone = true);
  }, [ids, theme, isReady]);
  return new Map(scenes.flatMap(({ id }): [string, string][] => (kept.has(nameOf(id)) ? [[id, kept.get(nameOf(id)) ?? ""]] : [])));
}
