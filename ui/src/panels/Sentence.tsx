// What a panel says when it has nothing to draw: a sentence, and the next step where there is one.
import type { ReactNode } from "react";
import { Refused } from "../api/client";

export function Sentence({ children }: { children: ReactNode }) {
  return <p className="sentence">{children}</p>;
}

/** "no such run" as a sentence: "No such run." */
function sentence(text: string): string {
  const whole = text.trim();
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}${/[.?!…:]$/.test(whole) || !whole ? "" : "."}`;
}

/** An error in words: what, and what to do. */
export function Trouble({ reason }: { reason: unknown }) {
  const text = reason instanceof Error ? reason.message : String(reason);
  return (
    <p className="sentence" role="status">
      {sentence(text)} {reason instanceof Refused ? sentence(reason.next) : ""}
    </p>
  );
}
