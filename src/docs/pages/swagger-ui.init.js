// Without persistAuthorization, tokens stay in the page's memory: any script of the origin could read localStorage.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  showExtensions: true,
  showCommonExtensions: true,
});
