// What a panel says when it has nothing to draw: a sentence, and the next step where there is one.
import type { ReactNode } from "react";
import { Refused } from "../api/client";

export function Sentence({ children }: { children: ReactNode }) {
  return <p className="sentence">{children}</p>;
}

/** An error in words: what, and what to do. */
export function Trouble({ reason }: { reason: unknown }) {
  const text = reason instanceof Error ? reason.message : String(reason);
  return (
    <p className="sentence" role="status">
      {text} {reason instanceof Refused ? reason.next : ""}
    </p>
  );
}
