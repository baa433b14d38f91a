// The keys of a run may be 10⁴: each is looked at once, by hand, for what KeyInfo says; nothing is copied.
import { z } from "zod";
import type { KeyInfo } from "./schema";

const isNumberOrNull = (held: unknown) => held === null || typeof held === "number";
const isTextOrNull = (held: unknown) => held === null || typeof held === "string";

function isKey(held: unknown): held is KeyInfo {
  if (typeof held !== "object" || held === null) return false;
  if (!("key" in held && "kind" in held && "count" in held && "last" in held && "last_step" in held && "ranks" in held && "unit" in held && "x" in held && "hidden" in held)) return false;
  const isNamed = typeof held.key === "string" && typeof held.kind === "string" && typeof held.count === "number";
  const ranks: unknown = held.ranks;
  return isNamed && isNumberOrNull(held.last_step) && isTextOrNull(held.unit) && isTextOrNull(held.x) && typeof held.hidden === "boolean" && Array.isArray(ranks) && ranks.every((rank) => typeof rank === "number");
}

export const KeyList = z.object({
  keys: z.custom<KeyInfo[]>((held) => Array.isArray(held) && held.every(isKey), "one of the keys lacks a name, a kind or a count"),
});
