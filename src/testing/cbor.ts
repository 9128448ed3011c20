/** Values of CBOR (RFC 8949) that occur in passkeys. */
export type CborValue = number | string | Uint8Array | Map<CborValue, CborValue> | CoseKey;

/** Key in COSE format (RFC 9052, 7), by label. */
export type CoseKey = Map<number, number | Uint8Array>;

/** Encodes a value as CBOR, with heads as short as possible. Maps keep the order of their entries. */
export function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (value instanceof Map)
    return Buffer.concat([
      head(5, value.size),
      ...[...value].flatMap(([key, entry]) => [cbor(key), cbor(entry)]),
    ]);
  return Buffer.concat([head(2, value.length), value]);
}

/** Returns a major type with its argument of at most 65,535 (RFC 8949, 3), which is enough for passkeys. */
function head(type: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(type << 5) | argument]);
  if (argument < 256) return Buffer.from([(type << 5) | 24, argument]);
  return Buffer.from([(type << 5) | 25, argument >> 8, argument & 255]);
}
