// Amounts of money, as typed.

/** Reads "3", "$3", "3,50" or "US$ 0.25" in US dollars. `undefined` if empty, `null` if it is not an amount. */
export function typedAmount(words: string): number | null | undefined {
  const bare = words
    .trim()
    .replace(/^(?:us)?\s*\$|\$$|\s*usd$/i, "")
    .trim();
  if (words.trim() === "") return undefined;
  return /^(?:\d+[.,]?\d*|[.,]\d+)$/.test(bare) ? Number(bare.replace(",", ".")) : null;
}
