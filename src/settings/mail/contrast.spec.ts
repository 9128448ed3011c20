import { isReadableWithWhite } from './contrast.js';

// The contrasts are those of webaim.org/resources/contrastchecker.
it.each([
  ['#000000', '21', true],
  ['#1f4fd8', '6.85', true],
  ['#767676', '4.54', true],
  ['#777777', '4.48', false],
  ['#C0FFEE', '1.12', false],
  ['#ffffff', '1', false],
])(
  'finds of %s, whose contrast with white is %s, that the one is readable on the other: %s',
  (color, _, is) => {
    expect(isReadableWithWhite(color)).toBe(is);
  },
);
