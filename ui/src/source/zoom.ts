/** Zoom factors of a page. `fit` fills the width of the pane. */
export const zooms = { fit: 0, "100": 1, "150": 1.5 } as const;
export type Zoom = keyof typeof zooms;

export const zoomWords = [
  ["fit", "Fit"],
  ["100", "100%"],
  ["150", "150%"],
] as const satisfies readonly (readonly [Zoom, string])[];
