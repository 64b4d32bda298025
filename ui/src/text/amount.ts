// Amounts of money as people type them.

/** "3", "$3", "3,50", "US$ 0.25" -> the number; `undefined`: nothing was typed; `null`: that is no amount. */
export function typedAmount(words: string): number | null | undefined {
  const bare = words
    .trim()
    .replace(/^(?:us)?\s*\$|\$$|\s*usd$/i, "")
    .trim();
  if (words.trim() === "") return undefined;
  return /^(?:\d+[.,]?\d*|[.,]\d+)$/.test(bare) ? Number(bare.replace(",", ".")) : null;
}
