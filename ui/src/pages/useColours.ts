// Colours of the runs in one view; a change of one's colour reaches every chart.
import { useEffect, useMemo, useState } from "react";
import { COLOURS_CHANGED, paletteColour, places, readChosen } from "../charts/colours";

export function useColours(names: string[]): Map<string, string> {
  const [chosen, setChosen] = useState(readChosen);
  useEffect(() => {
    const onChange = () => setChosen(readChosen());
    window.addEventListener(COLOURS_CHANGED, onChange);
    return () => window.removeEventListener(COLOURS_CHANGED, onChange);
  }, []);
  const joined = names.join("\n");
  return useMemo(() => {
    const found = places(joined.split("\n"), chosen);
    return new Map([...found].map(([name, place]) => [name, paletteColour(place)]));
  }, [joined, chosen]);
}
