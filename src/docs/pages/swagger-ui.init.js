// Tokens stay in the page's memory (no persistAuthorization): what is in localStorage, any script of the origin can read.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  showExtensions: true,
  showCommonExtensions: true,
});
