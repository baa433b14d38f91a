// Keys that work everywhere: / to search, ? for help.
import { useEffect } from "react";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

/** The search of what is in front: the last one on the page that is visible. */
function focusSearch(): void {
  const all = [...document.querySelectorAll<HTMLInputElement>("input[data-search]")].filter((input) => input.offsetParent !== null);
  const last = all.at(-1);
  last?.focus();
  last?.select();
}

export function usePageKeys({ onHelp }: { onHelp: () => void }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "/") focusSearch();
      else if (event.key === "?") onHelp();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onHelp]);
}
