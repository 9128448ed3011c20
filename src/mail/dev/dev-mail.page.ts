import { hash } from 'node:crypto';
import { Eta } from 'eta/core';
import type { KeptMessage } from './dev-mailbox.js';

const style = `
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1d2129; background: #f4f5f7; }
article { margin: 0 0 1.5rem; padding: 1rem 1.25rem; background: #fff; border: 1px solid #d5d8de; border-radius: 8px; }
h1 { font-size: 1.4rem; } h2 { margin: 0; font-size: 1.1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0; font-size: .9rem; }
dt { color: #4a5160; } dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .95rem/1.5 ui-monospace, monospace; }
iframe { width: 100%; height: 34rem; border: 1px solid #d5d8de; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8ec; background: #14171c; }
  article { background: #1e222a; border-color: #3a404b; }
  dt { color: #b4bac6; }
  a { color: #9db8ff; }
}
`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Messages (<%= it.messages.length %>)</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Messages</h1>
<p>Messages sent since this process started, newest first, up to 200. Reload the page to see new ones.</p>
<% if (it.messages.length === 0) { %>
<p>No messages have been sent yet.</p>
<% } %>
<% it.messages.forEach((mail, index) => { %>
<article>
<h2><%= mail.subject %></h2>
<dl>
<dt>To</dt><dd><%= mail.to %></dd>
<dt>From</dt><dd><%= mail.from %></dd>
<dt>Sent</dt><dd><time><%= mail.sentAt.toISOString() %></time></dd>
<dt>Message-ID</dt><dd><%= mail.messageId %></dd>
</dl>
<pre><% for (const part of mail.parts) { %><% if (part.isLink) { %><a href="<%= part.text %>" target="_blank" rel="noreferrer"><%= part.text %></a><% } else { %><%= part.text %><% } %><% } %></pre>
<details open>
<summary>HTML</summary>
<iframe title="<%= mail.subject %>" src="mail/<%= mail.key %>" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
</details>
</article>
<% }) %>
</main>
</body>
</html>
`;

const eta = new Eta({ autoEscape: true });
eta.loadTemplate('@page', page);

/** CSP of the page: only its own style, and frames with messages. */
export const pageSecurity = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** CSP of a message as HTML, which needs inline styles for mail programs: runs and loads nothing. */
export const messageSecurity =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/** Renders the page with all messages. */
export function renderMailbox(messages: readonly KeptMessage[]): string {
  return eta.render('@page', {
    messages: messages.map((mail) => ({
      ...mail,
      key: keyOf(mail),
      parts: mail.text.split(/(https?:\/\/\S+)/).map((text, index) => ({ text, isLink: index % 2 === 1 })),
    })),
  });
}

/** Renders a message as HTML. Its links open a new page. */
export function renderMessage({ html }: KeptMessage): string {
  return html.replace('<head>', '<head><base target="_blank">');
}

/** Returns the key of a message in its URL. */
export function keyOf({ messageId }: KeptMessage): string {
  return messageId.slice(1).split('@', 1)[0];
}
