document.body.style.margin = '0';
Redoc.init('openapi.json', {}, document.getElementById('redoc'));
