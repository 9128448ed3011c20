document.body.style.margin = '0';
const redoc = document.getElementById('redoc');
Redoc.init('openapi.json', {}, redoc);

/** Adds what screen readers need to what ReDoc has drawn; it keeps attributes that are not its own. */
function annotate() {
  for (const menu of redoc.querySelectorAll('.menu-content')) {
    menu.role = 'navigation';
    menu.ariaLabel = 'Routes';
  }
  for (const content of redoc.querySelectorAll('.api-content')) content.role = 'main';
  // They follow those of the second level.
  for (const heading of redoc.querySelectorAll('h5')) heading.ariaLevel = 3;
  for (const code of redoc.querySelectorAll('pre')) code.tabIndex = 0; // can be scrolled
}
new MutationObserver(annotate).observe(redoc, { childList: true, subtree: true });
