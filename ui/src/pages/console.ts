// Console text as a terminal would leave it.
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** One line without colour codes; of a progress bar that overwrote itself the last state. */
export function plainLine(text: string): string {
  const bare = text.replace(ESCAPES, "").replace(/[\r\n]+$/, "");
  return bare.slice(bare.lastIndexOf("\r") + 1);
}
