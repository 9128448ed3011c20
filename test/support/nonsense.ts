/** Texts that are no JSON, or JSON that nobody expects. */
export const nonsense = [
  ...['', ' ', 'null', 'true', '1', '"x"', '[]', '[null]', '{}', '{"a":', 'x', '<h1>', '\u0000', '\ud800'],
  ...[
    '{"alg":null}',
    '[[[[',
    '['.repeat(100_000),
    '{"__proto__":{"typ":"at+jwt"}}',
    '{"kid":{},"typ":"at+jwt"}',
  ],
  ...['"\ud800"', '1e999', '{"value":1,"salt":2,"algorithm":3,"hashIterations":"4"}', '[{"config":[]}]'],
];
