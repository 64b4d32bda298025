/** Plumb's logo, a plumb bob. */
export function Brand({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size * 0.8}
      height={size}
      viewBox="0 0 16 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d="M8 0v6M3 6h10l-1.2 6L8 19 4.2 12z" />
    </svg>
  );
}
