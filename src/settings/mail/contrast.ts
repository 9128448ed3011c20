/** Minimum contrast of legible text (WCAG 2.2, 1.4.3). */
const READABLE = 4.5;

/** Returns whether a color contrasts with white, as background or text. */
export function isReadableWithWhite(color: string): boolean {
  return 1.05 / (luminance(color) + 0.05) >= READABLE;
}

/** Returns the relative luminance of `#rrggbb` (WCAG 2.2): 0 for black, 1 for white. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
