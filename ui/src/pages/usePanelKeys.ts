// Arrow keys move between panels as they lie on the page.
import { useCallback } from "react";

type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

function isDirection(key: string): key is Direction {
  return ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key);
}

/** The panel nearest to `from` in the direction, by the distance of their upper left corners. */
function neighbour(from: Element, all: HTMLElement[], direction: Direction): HTMLElement | undefined {
  const here = from.getBoundingClientRect();
  const isSideways = direction === "ArrowLeft" || direction === "ArrowRight";
  const sign = direction === "ArrowLeft" || direction === "ArrowUp" ? -1 : 1;
  const ranked = all
    .map((panel) => {
      const box = panel.getBoundingClientRect();
      const [along, across] = isSideways ? [box.left - here.left, box.top - here.top] : [box.top - here.top, box.left - here.left];
      return { panel, along: along * sign, across: Math.abs(across) };
    })
    .filter(({ along, across }) => along > 4 && (!isSideways || across < here.height));
  return ranked.sort((a, b) => a.along + 2 * a.across - (b.along + 2 * b.across))[0]?.panel;
}

export function usePanelKeys() {
  return useCallback((event: React.KeyboardEvent) => {
    const { target, key } = event;
    if (!isDirection(key) || !(target instanceof HTMLElement) || !target.dataset.panel) return;
    const all = [...document.querySelectorAll<HTMLElement>("[data-panel]")];
    const next = neighbour(target, all, key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }, []);
}
