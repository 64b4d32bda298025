/** How large a page is shown: as wide as there is room, or as parts of its true size. */
export const zooms = { fit: 0, "100": 1, "150": 1.5 } as const;
export type Zoom = keyof typeof zooms;

export const zoomWords = [
  ["fit", "Fit"],
  ["100", "100%"],
  ["150", "150%"],
] as const satisfies readonly (readonly [Zoom, string])[];
