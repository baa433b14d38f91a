// All panels, found by their file names.
import type { PanelDefinition } from "./panel";

const found = Object.values(import.meta.glob<PanelDefinition>("./*.panel.tsx", { eager: true, import: "panel" }));

/** The panel for a kind of key. */
export function panelFor(kind: string): PanelDefinition {
  const definition = found.find((each) => each.kinds.includes(kind)) ?? found.find((each) => each.kinds.includes("*"));
  if (!definition) throw new Error(`no panel shows the kind ${kind}; add one as ui/src/panels/${kind}.panel.tsx`);
  return definition;
}
