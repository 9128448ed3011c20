// The end of a visit to a provider: tells the page that has begun it, and closes this window.

const result = Object.fromEntries(new URLSearchParams(location.search));
// Worthless without the verifier of that page, but not for the history either.
history.replaceState(null, '', location.pathname);
const channel = new BroadcastChannel(`astra-visit-${result.visit}`);
channel.addEventListener('message', () => close());
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
channel.postMessage(result);
