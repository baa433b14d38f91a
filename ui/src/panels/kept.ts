// Where the content of a kept thing lies: a record names it by its hash, and by the suffix that tells its type.
import { z } from "zod";
import { fileAddress, type RunRef } from "../api/client";

const Kept = z.object({ sha256: z.string().min(1), suffix: z.string().optional(), path: z.string().optional() });
const Foreign = z.union([z.object({ path: z.string() }), z.object({ wandb: z.unknown() })]);

/** The address of a record's file, null when it names none. Without a suffix its path tells it, as with W&B's cells. */
export function keptAddress(run: RunRef, record: unknown): string | null {
  const kept = Kept.safeParse(record);
  if (!kept.success) return null;
  const { sha256, suffix, path = "" } = kept.data;
  return fileAddress(run, sha256, suffix ?? /\.\w{1,12}$/.exec(path)?.[0].toLowerCase() ?? "");
}

/** Whether the file comes on its own way, behind the record: then a missing one may still arrive. */
export function mayArrive(record: Record<string, unknown>): boolean {
  return Foreign.safeParse(record).success;
}
