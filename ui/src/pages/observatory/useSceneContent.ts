// What is drawn of a scene at the chosen options: a figure from the server, or a kept thing as a cloud.
import { useComputedColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import type { RunRef } from "../../api/client";
import { useFigure } from "../../api/queries";
import type { SceneContent } from "../../charts/moves";
import { asked } from "../OptionFields";
import type { Place } from "../place";
import type { Scene } from "./scenes";
import { useThing } from "./useThing";

const TYPING_MS = 300;

export function useSceneContent(run: RunRef, scene: Scene | undefined, place: Place) {
  const theme = useComputedColorScheme();
  const [wanted] = useDebouncedValue(place.options, TYPING_MS);
  const info = scene?.kind === "figure" ? scene.info : undefined;
  const options = useMemo(() => (info ? { ...asked(info, wanted), ...(place.twin === 1 ? info.twin : {}) } : {}), [info, wanted, place.twin]);
  const { data, error, isPlaceholderData } = useFigure(run, info?.id ?? "", { ...options, theme }, info !== undefined);
  const thing = useThing(run, scene?.kind === "thing" ? scene.key : undefined);
  const content: SceneContent | undefined = scene?.kind === "thing" ? thing.content : data;
  const isOld = scene?.kind === "figure" && isPlaceholderData;
  return { content, options, theme, isOld, error: scene?.kind === "thing" ? thing.error : error };
}
