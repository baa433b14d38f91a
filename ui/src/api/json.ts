// JSON as other programs write it: NaN and Infinity may stand bare between the values.
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const MARK = "\u0000number:"; // no text that was logged begins so

function marked(token: string): string {
  return token.startsWith('"') ? token : JSON.stringify(MARK + token);
}

function restored(_key: string, held: unknown): unknown {
  return typeof held === "string" && held.startsWith(MARK) ? Number(held.slice(MARK.length)) : held;
}

/** What a JSON text says; numbers that are not finite are numbers. Throws SyntaxError where it is no JSON at all. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (reason) {
    const replaced = text.replace(TOKENS, marked);
    if (replaced === text) throw reason;
    return JSON.parse(replaced, restored);
  }
}
