// How the panel search matches names.

/** Every word of the search is somewhere in the name. */
export function matchesSearch(key: string, search: string): boolean {
  const name = key.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => name.includes(word));
}
